// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A file that is locked against every other process of this host, until it is closed or the process ends. To close a
 * file gives up every lock that the process has on it: what may be locked by this process is read by {@link #text}.
 */
public final class LockedFile implements AutoCloseable {
    /** Those of this process: to open one a second time, and to close it, would give up its lock. */
    private static final Map<Object, LockedFile> HELD = new HashMap<>();

    private final FileChannel channel;
    private final Optional<Object> identity;

    private LockedFile(FileChannel channel, Optional<Object> identity) {
        this.channel = channel;
        this.identity = identity;
    }

    /**
     * Locks a file; empty if another process, or another thread of this one, has locked it.
     *
     * @param options how it is opened, for writing at least
     */
    public static Optional<LockedFile> take(Path file, OpenOption... options) throws IOException {
        Set<OpenOption> all = new HashSet<>(Set.of(options));
        all.add(StandardOpenOption.READ);
        synchronized (HELD) {
            if (held(file).isPresent()) {
                return Optional.empty();
            }
            FileChannel channel = FileChannel.open(file, all);
            boolean taken = false;
            try {
                taken = channel.tryLock() != null;
            } finally {
                if (!taken) {
                    channel.close();
                }
            }
            if (!taken) {
                return Optional.empty();
            }
            LockedFile locked = new LockedFile(channel, identity(file));
            locked.identity.ifPresent(each -> HELD.put(each, locked));
            return Optional.of(locked);
        }
    }

    /**
     * The content of a small file that another process, or this one, may have locked.
     *
     * @throws IOException as {@link Files#readString(Path)} does
     */
    public static String text(Path file) throws IOException {
        synchronized (HELD) {
            Optional<LockedFile> own = held(file);
            return own.isPresent() ? own.get().text() : Files.readString(file, StandardCharsets.UTF_8);
        }
    }

    private static Optional<LockedFile> held(Path file) {
        return identity(file).flatMap(each -> Optional.ofNullable(HELD.get(each)));
    }

    private String text() throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(channel.size()));
        while (bytes.hasRemaining() && channel.read(bytes, bytes.position()) >= 0) {
            // It goes on.
        }
        return new String(bytes.array(), 0, bytes.position(), StandardCharsets.UTF_8);
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
        synchronized (HELD) {
            identity.ifPresent(HELD::remove);
            channel.close();
        }
    }
}
