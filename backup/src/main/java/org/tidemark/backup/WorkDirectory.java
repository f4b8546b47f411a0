// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * A directory for temporary files that is removed at the end. What a killed process left behind is removed by the next
 * one: the kernel gave up its lock. Nothing in it is ever needed again, so nothing is synced. Not thread-safe.
 */
final class WorkDirectory implements AutoCloseable {
    private static final String PREFIX = "tidemark-backup-";
    private static final String LOCK = "lock";

    private final Path path;
    private final FileChannel channel;

    private WorkDirectory(Path path, FileChannel channel) {
        this.path = path;
        this.channel = channel;
    }

    /** Makes a new one in {@code parent}, which must exist; only the owner may read it. */
    static WorkDirectory create(Path parent) throws IOException {
        removeAbandoned(parent);
        Path path = Files.createTempDirectory(
                parent, PREFIX, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        FileChannel channel =
                FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        FileLock lock = channel.lock();
        if (!lock.isValid()) {
            throw new IOException("cannot lock '" + path.resolve(LOCK) + "'");
        }
        return new WorkDirectory(path, channel);
    }

    Path path() {
        return path;
    }

    @Override
    public void close() throws IOException {
        remove(path);
        channel.close();
    }

    private static void removeAbandoned(Path parent) throws IOException {
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : others) {
                if (isAbandoned(other)) {
                    remove(other);
                }
            }
        }
    }

    private static boolean isAbandoned(Path other) throws IOException {
        // Without a lock file it has just been made, or just been emptied.
        if (!Files.isWritable(other.resolve(LOCK))) {
            return false;
        }
        try (FileChannel channel = FileChannel.open(other.resolve(LOCK), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
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
