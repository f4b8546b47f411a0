// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitHooks;

/**
 * The private directory of this store, which no other user can read. It is created on first use and deleted when the
 * store is closed or the JVM ends. The next process deletes the directory of a killed process. Thread-safe.
 */
final class WorkDirectory implements AutoCloseable {
    private static final String PREFIX = "tidemark-rsync-";

    /**
     * The directories of this process, which it must not check: closing any channel of a file releases the file's lock.
     */
    private static final String OWN_PREFIX =
            PREFIX + Integer.toHexString(ThreadLocalRandom.current().nextInt()) + "-";

    /** The file that is locked while the directory is in use. */
    private static final String LOCK = "lock";

    /** A younger directory may not be locked yet. */
    private static final Duration MIN_AGE = Duration.ofMinutes(10);

    private final Path parent;
    private final Thread atExit = new Thread(this::remove);
    private @Nullable Path directory;
    private @Nullable FileChannel lock;

    WorkDirectory(Path parent) {
        this.parent = parent;
    }

    /** The directory; created again if another program has removed it. */
    synchronized Path path() throws IOException {
        if (directory == null) {
            registerAtExit();
        }
        if (directory == null || !Files.isDirectory(directory)) {
            closeLock();
            Path made = Files.createTempDirectory(parent, OWN_PREFIX);
            lock = lock(made);
            directory = made;
            removeAbandoned(made);
        }
        return directory;
    }

    private void registerAtExit() throws IOException {
        try {
            ExitHooks.add(atExit);
        } catch (IllegalStateException e) {
            throw new IOException("this process is ending", e);
        }
    }

    /** Creates a subdirectory. */
    Path newDirectory(String prefix) throws IOException {
        return Files.createTempDirectory(path(), prefix);
    }

    private static FileChannel lock(Path made) throws IOException {
        FileChannel channel =
                FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException("'" + made + "' is locked by another process");
        }
        return channel;
    }

    private void removeAbandoned(Path own) throws IOException {
        UserPrincipal user = Files.getOwner(own);
        Instant latest = Files.getLastModifiedTime(own).toInstant().minus(MIN_AGE);
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : others) {
                if (!other.getFileName().toString().startsWith(OWN_PREFIX) && isAbandoned(other, user, latest)) {
                    deleteTree(other);
                }
            }
        }
    }

    private static boolean isAbandoned(Path other, UserPrincipal user, Instant latest) {
        try {
            if (!Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(user)
                    || Files.getLastModifiedTime(other).toInstant().isAfter(latest)) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(other.resolve(LOCK), StandardOpenOption.WRITE)) {
                return channel.tryLock() != null;
            }
        } catch (IOException | OverlappingFileLockException e) {
            // The directory was removed, or its state is unknown.
            return false;
        }
    }

    @Override
    public void close() {
        remove();
        try {
            ExitHooks.remove(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook runs.
        }
    }

    private synchronized void remove() {
        if (directory != null) {
            deleteTree(directory);
            closeLock();
            directory = null;
        }
    }

    private synchronized void closeLock() {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                // The system releases the lock when the process ends.
            }
            lock = null;
        }
    }

    /** Deletes a directory tree as far as possible; does not follow links. */
    static void deleteTree(Path tree) {
        try {
            Files.walkFileTree(tree, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult visitFileFailed(Path file, IOException error) {
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException error)
                        throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (IOException e) {
            // The next process deletes the remaining files.
        }
    }
}
