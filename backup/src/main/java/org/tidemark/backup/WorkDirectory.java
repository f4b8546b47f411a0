// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.tidemark.core.LockedFile;
import org.tidemark.core.SystemUser;

/**
 * A directory for temporary files that is removed at the end. What a killed process left behind is removed by the next
 * one: the kernel gave up its lock. Nothing in it is ever needed again, so nothing is synced. Not thread-safe.
 */
final class WorkDirectory implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(WorkDirectory.class.getName());
    private static final String PREFIX = "tidemark-backup-";
    private static final String LOCK = "lock";

    private final Path path;
    private final LockedFile lock;

    private WorkDirectory(Path path, LockedFile lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Makes a new one in {@code parent}, which must exist; only the owner may read it. */
    static WorkDirectory create(Path parent) throws IOException {
        removeAbandoned(parent);
        Path path = Files.createTempDirectory(
                parent,
                ownPrefix(),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        return new WorkDirectory(
                path,
                LockedFile.take(path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)
                        .orElseThrow(() -> new IOException("cannot lock '" + path.resolve(LOCK) + "'")));
    }

    private static String ownPrefix() {
        return PREFIX + ProcessHandle.current().pid() + "-";
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        remove(path);
        lock.close();
    }

    /** A directory that cannot be removed is left for another time; the backup goes on. */
    private static void removeAbandoned(Path parent) throws IOException {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : others) {
                try {
                    if (isOurs(other) && isAbandoned(other)) {
                        remove(other);
                    }
                } catch (IOException e) {
                    LOG.log(System.Logger.Level.DEBUG, "cannot remove '" + other + "'", e);
                }
            }
        }
    }

    /** In a directory that every user may write to, another user's link or directory must not lead elsewhere. */
    private static boolean isOurs(Path other) {
        return Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS) && SystemUser.owns(other);
    }

    private static boolean isAbandoned(Path other) throws IOException {
        // To close a file gives up every lock that this process has on it, so those of other threads are not opened.
        // Without a lock file it has just been made, or just been emptied.
        if (String.valueOf(other.getFileName()).startsWith(ownPrefix()) || !Files.isWritable(other.resolve(LOCK))) {
            return false;
        }
        Optional<LockedFile> lock = LockedFile.take(other.resolve(LOCK), StandardOpenOption.WRITE);
        if (lock.isPresent()) {
            lock.get().close();
        }
        return lock.isPresent();
    }

    private static void remove(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                if (!file.endsWith(LOCK)) {
                    Files.deleteIfExists(file);
                }
            }
        }
        // The lock goes last: a removal that was cut off is taken up again.
        Files.deleteIfExists(directory.resolve(LOCK));
        Files.deleteIfExists(directory);
    }
}
