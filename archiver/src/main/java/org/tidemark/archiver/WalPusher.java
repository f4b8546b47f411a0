// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.EncodedObject;
import org.tidemark.catalog.ObjectEncoder;
import org.tidemark.catalog.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.store.StorageException;

/** Takes one file into every repository. Not thread-safe. */
public final class WalPusher {
    private final List<PushTarget> targets;
    private final Path workDirectory;

    /**
     * A pusher.
     *
     * @param targets all of them must hold the file before it is acknowledged; at least one
     * @param workDirectory where what does not fit into memory is kept meanwhile
     */
    public WalPusher(List<PushTarget> targets, Path workDirectory) {
        if (targets.isEmpty()) {
            throw new IllegalArgumentException("no repository to push to");
        }
        this.targets = List.copyOf(targets);
        this.workDirectory = workDirectory;
    }

    /**
     * When this returns, every repository holds the file durably: it was stored now, or the same content was there
     * before.
     *
     * @throws org.tidemark.postgres.WalRefusedException if the file is not what its name says, or of another cluster
     * @throws org.tidemark.catalog.WalConflictException if other content is archived under this name
     * @throws UserFacingException for everything else that an operator can act on
     * @throws StorageException if a store did not take it; those that did, keep it
     */
    public void push(PushRequest request) throws IOException {
        PushContent content = read(request);
        Map<String, EncodedObject> encodings = new HashMap<>();
        Exception first = null;
        try {
            for (PushTarget target : targets) {
                // One repository that fails must not keep the others from getting what they can.
                try {
                    pushTo(target, request, content, encodings);
                } catch (IOException | UserFacingException e) {
                    if (first == null) {
                        first = e;
                    } else {
                        first.addSuppressed(e);
                    }
                }
            }
        } finally {
            for (EncodedObject encoded : encodings.values()) {
                encoded.close();
            }
        }
        switch (first) {
            case null -> {}
            case UserFacingException known -> throw known;
            case IOException store -> throw store;
            default -> throw new IllegalStateException(first);
        }
    }

    private void pushTo(
            PushTarget target, PushRequest request, PushContent content, Map<String, EncodedObject> encodings)
            throws IOException {
        ClusterArchive archive = target.opening().open(request.control().system());
        refuseOtherCluster(request, archive);
        EncodedObject encoded = encodings.get(target.codec().toString());
        if (encoded == null) {
            encoded = ObjectEncoder.encode(
                    request.file() instanceof WalFile.TimelineHistoryFile ? ContainerKind.HISTORY : ContainerKind.WAL,
                    request.file().name(),
                    request.control().system(),
                    target.codec(),
                    content.source(),
                    workDirectory);
            encodings.put(target.codec().toString(), encoded);
        }
        WalArchive wal = archive.wal();
        switch (request.file()) {
            case WalFile.Segment segment -> wal.put(segment, encoded);
            case WalFile.PartialSegment partial -> wal.put(partial, content.endOfContent(), encoded);
            case WalFile.TimelineHistoryFile history -> wal.put(history, encoded);
            case WalFile.BackupHistoryFile backup -> wal.put(backup, encoded);
        }
    }

    private static PushContent read(PushRequest request) throws IOException {
        try {
            return PushContent.of(request);
        } catch (StorageException e) {
            throw e;
        } catch (NoSuchFileException e) {
            throw unreadable(request.path(), "there is no such file", e);
        } catch (IOException e) {
            throw unreadable(request.path(), String.valueOf(e.getMessage()), e);
        }
    }

    private static UserFacingException unreadable(Path path, String problem, IOException cause) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "cannot read '" + path + "': " + problem,
                "archive_command must pass %p, and run as the owner of the data directory.",
                cause);
    }

    private static void refuseOtherCluster(PushRequest request, ClusterArchive archive) {
        if (!archive.identity().walSegmentSize().equals(request.control().walSegmentSize())) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster has WAL segments of " + request.control().walSegmentSize() + ", but "
                            + archive.identity().walSegmentSize() + " is registered for '"
                            + archive.identity().cluster() + "'",
                    "Was the segment size changed by pg_resetwal? Such a cluster needs an archive of its own.");
        }
        if (archive.identity().postgresMajor() != request.control().postgresMajor()) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the cluster is of PostgreSQL " + request.control().postgresMajor() + ", but "
                            + archive.identity().postgresMajor() + " is registered for '"
                            + archive.identity().cluster() + "'",
                    "Is this another cluster with a copied system identifier? It needs an archive of its own.");
        }
    }
}
