// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * A directory of this store's own that nobody else can read, made when it is first needed and deleted when the store is
 * closed or the JVM ends. What a killed process left behind is deleted by the next one. Thread-safe.
 */
final class WorkDirectory implements AutoCloseable {
    private static final String PREFIX = "tidemark-rsync-";

    /**
     * Those of this process, which it never looks at: the system forgets the lock of a file that it closes anywhere.
     */
    private static final String OWN_PREFIX =
            PREFIX + Integer.toHexString(ThreadLocalRandom.current().nextInt()) + "-";

    /** Held as long as the directory is used. */
    private static final String LOCK = "lock";

    /** A directory that is younger may have no lock yet. */
    private static final Duration YOUNG = Duration.ofMinutes(10);

    private final Path parent;
    private final Thread atExit = new Thread(this::remove);
    private @Nullable Path directory;
    private @Nullable FileChannel lock;

    WorkDirectory(Path parent) {
        this.parent = parent;
    }

    /** The directory; it is there, also if something that cleans up has removed it since. */
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
            Runtime.getRuntime().addShutdownHook(atExit);
        } catch (IllegalStateException e) {
            throw new IOException("this process is ending", e);
        }
    }

    /** A new directory in it. */
    Path newDirectory(String prefix) throws IOException {
        return Files.createTempDirectory(path(), prefix);
    }

    private static FileChannel lock(Path made) throws IOException {
        FileChannel channel =
                FileChannel.open(made.resolve(LOCK), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        if (channel.tryLock() == null) {
            channel.close();
            throw new IOException("'" + made + "' is locked by somebody else");
        }
        return channel;
    }

    private void removeAbandoned(Path own) throws IOException {
        UserPrincipal user = Files.getOwner(own);
        Instant young = Files.getLastModifiedTime(own).toInstant().minus(YOUNG);
        try (DirectoryStream<Path> others = Files.newDirectoryStream(parent, PREFIX + "*")) {
            for (Path other : others) {
                if (!other.getFileName().toString().startsWith(OWN_PREFIX) && isAbandoned(other, user, young)) {
                    DirectoryTree.delete(other);
                }
            }
        }
    }

    private static boolean isAbandoned(Path other, UserPrincipal user, Instant young) {
        try {
            if (!Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(user)
                    || Files.getLastModifiedTime(other).toInstant().isAfter(young)) {
                return false;
            }
            try (FileChannel channel = FileChannel.open(other.resolve(LOCK), StandardOpenOption.WRITE)) {
                return channel.tryLock() != null;
            }
        } catch (IOException | OverlappingFileLockException e) {
            // Gone meanwhile, or not ours to judge.
            return false;
        }
    }

    @Override
    public void close() {
        remove();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending already, and the hook runs.
        }
    }

    private synchronized void remove() {
        if (directory != null) {
            DirectoryTree.delete(directory);
            closeLock();
            directory = null;
        }
    }

    private synchronized void closeLock() {
        if (lock != null) {
            try {
                lock.close();
            } catch (IOException e) {
                // The system gives it back when the process ends.
            }
            lock = null;
        }
    }
}
