// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A file that is locked against every other process of this host, until it is closed or the process ends. To close a
 * file gives up every lock that the process has on it: a process opens a file that it has locked nowhere else.
 */
public final class LockedFile implements AutoCloseable {
    /** Those of this process: to open one a second time, and to close it, would give up its lock. */
    private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

    private final FileChannel channel;
    private final Optional<Object> identity;

    private LockedFile(FileChannel channel, Optional<Object> identity) {
        this.channel = channel;
        this.identity = identity;
        identity.ifPresent(HELD::add);
    }

    /**
     * Locks a file; empty if another process, or another thread of this one, has locked it.
     *
     * @param options how it is opened, for writing at least
     */
    public static Optional<LockedFile> take(Path file, OpenOption... options) throws IOException {
        Optional<Object> present = identity(file);
        if (present.isPresent() && HELD.contains(present.get())) {
            return Optional.empty();
        }
        FileChannel channel = FileChannel.open(file, options);
        boolean taken = false;
        try {
            taken = channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            // Another thread of this process has taken it a moment ago.
        } finally {
            if (!taken) {
                channel.close();
            }
        }
        return taken ? Optional.of(new LockedFile(channel, identity(file))) : Optional.empty();
    }

    /** Device and inode, which no other file has as long as this one is open; empty if it does not exist. */
    private static Optional<Object> identity(Path file) {
        try {
            return Optional.ofNullable(
                    Files.readAttributes(file, BasicFileAttributes.class).fileKey());
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Its content from the first byte on. The stream is not closed, and not read after the file was written. */
    public InputStream content() throws IOException {
        return Channels.newInputStream(channel.position(0));
    }

    /** Keeps so many bytes of it, and no more; {@link #append} adds after them. */
    public void cut(long bytes) throws IOException {
        channel.truncate(bytes).position(bytes);
    }

    /** Adds to its end. Not synced: it may be lost in a crash of the machine. */
    public void append(byte[] content) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(content);
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Replaces its content. Not synced: it may be lost in a crash of the machine. */
    public void write(byte[] content) throws IOException {
        cut(0);
        append(content);
    }

    /** Gives up the lock. */
    @Override
    public void close() throws IOException {
        identity.ifPresent(HELD::remove);
        channel.close();
    }
}
