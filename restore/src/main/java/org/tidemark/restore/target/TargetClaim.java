// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LockedFile;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.host.FileOwner;

/**
 * Every directory that a restore fills, marked and locked, so that no other restore writes there: two data directories
 * may want the same place for a tablespace. Closing gives up the locks; the markers stay until {@link #release}.
 */
public final class TargetClaim implements AutoCloseable {
    private final TargetTree tree;
    private final FileOwner owner;
    private final RestoreMarker marker;
    private final List<RestoreLock> locks = new ArrayList<>();

    private TargetClaim(TargetTree tree, FileOwner owner, RestoreMarker marker) {
        this.tree = tree;
        this.owner = owner;
        this.marker = marker;
    }

    /**
     * Makes the directories that are missing, marks and locks all of them. Durable on return.
     *
     * @throws UserFacingException {@link ExitCode#RESTORE_REFUSED} if one holds anything but a restore of the same
     *     backup that was cut off, if another restore is at work, or if two of them are the same directory under two
     *     names
     */
    public static TargetClaim take(TargetTree tree, FileOwner owner, RestoreMarker marker) throws IOException {
        List<Path> real = new ArrayList<>();
        for (Path root : tree.roots()) {
            if (!Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
                owner.makeDirectory(root);
            }
            requireApart(real, root);
        }
        TargetClaim claim = new TargetClaim(tree, owner, marker);
        boolean taken = false;
        try {
            for (Path root : tree.roots()) {
                claim.mark(root);
                claim.locks.add(RestoreLock.take(root));
            }
            taken = true;
        } finally {
            if (!taken) {
                claim.close();
            }
        }
        return claim;
    }

    /** A plan compares names; only now that all directories exist can it be seen where links above them lead. */
    private static void requireApart(List<Path> others, Path root) throws IOException {
        Path place = root.toRealPath();
        for (Path other : others) {
            if (place.startsWith(other) || other.startsWith(place)) {
                throw new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        "'" + root + "' is '" + place + "', but another part of the backup belongs in '" + other + "'",
                        "Put the tablespace elsewhere with --tablespace NAME=DIR.");
            }
        }
        others.add(place);
    }

    private void mark(Path root) throws IOException {
        Optional<RestoreMarker> found = RestoreMarker.find(root);
        if (found.isEmpty()) {
            marker.write(root, owner);
            if (!marker.isDelta()) {
                requireNothingElse(root);
            }
        } else if (marker.isDelta() && found.get().system().equals(marker.system())) {
            // Whatever a restore of this cluster has left, a delta goes over it; but not while that one is at work.
            locks.add(RestoreLock.take(root));
            marker.replace(root, owner);
        } else if (!found.get().isOfTheSameBackup(marker)) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "'" + root + "' holds a restore of backup " + found.get().backupId() + " of system "
                            + found.get().system() + " that was cut off",
                    "Remove the directory, or restore into another one.");
        }
    }

    /** A marker is for an empty directory; in any other it would claim files that no restore made. */
    private static void requireNothingElse(Path root) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
            for (Path entry : entries) {
                String name = String.valueOf(entry.getFileName());
                if (!name.equals(RestoreMarker.NAME) && !name.endsWith(DurableFile.TEMPORARY)) {
                    RestoreMarker.remove(root);
                    throw new UserFacingException(
                            ExitCode.RESTORE_REFUSED,
                            "'" + root + "' is not empty any more: it holds '" + name + "'",
                            "Does somebody else use this directory? Restore into a new one.");
                }
            }
        }
    }

    /** Every file is as in the backup: from here on, the restore goes on as one into an empty directory does. */
    public void complete() throws IOException {
        for (Path root : tree.roots()) {
            marker.complete().replace(root, owner);
            locks.add(RestoreLock.take(root));
        }
    }

    /** Takes the markers away, that of the data directory last. Durable on return. */
    public void release() throws IOException {
        for (Path each : tree.roots().reversed()) {
            RestoreMarker.remove(each);
        }
    }

    @Override
    public void close() throws IOException {
        for (RestoreLock lock : locks) {
            lock.close();
        }
    }

    /** Keeps a second restore out of a directory: a lock on its marker, which ends with the process at the latest. */
    public record RestoreLock(LockedFile marker) implements AutoCloseable {
        /**
         * Takes the lock.
         *
         * @throws UserFacingException {@link ExitCode#RESTORE_REFUSED} if another restore is at work
         */
        public static RestoreLock take(Path directory) throws IOException {
            Path marker = directory.resolve(RestoreMarker.NAME);
            Optional<LockedFile> lock = LockedFile.take(
                    marker, StandardOpenOption.READ, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
            // Who held the lock may have come to its end, and removed the marker.
            if (lock.isPresent() && Files.exists(marker, LinkOption.NOFOLLOW_LINKS)) {
                return new RestoreLock(lock.get());
            }
            if (lock.isPresent()) {
                lock.get().close();
            }
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "another restore into '" + directory + "' is under way, or has just ended",
                    "Wait until it has ended, or restore into another directory.");
        }

        @Override
        public void close() throws IOException {
            marker.close();
        }
    }
}
