// SPDX-License-Identifier: Apache-2.0
package org.tidemark.ssh.sftp;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.PathBytes;
import org.tidemark.ssh.sftp.Sftp.Abilities;

/** The answer to one request. Only one of the parsing methods may be called, once. Not thread-safe. */
public final class Reply {
    private static final int STATUS = 101;
    private static final int HANDLE = 102;
    private static final int DATA = 103;
    private static final int NAMES = 104;
    private static final int ATTRIBUTES = 105;
    private static final int EXTENDED = 201;

    private final int type;
    private final ByteBuffer body;

    /** @param body the bytes after the request's number */
    Reply(int type, ByteBuffer body) {
        this.type = type;
        this.body = body;
    }

    /**
     * One entry of a directory.
     *
     * @param attributes of the entry itself, without following a symbolic link
     */
    public record Entry(String name, Attributes attributes) {}

    /**
     * Checks that the request is done.
     *
     * @throws SftpStatusException if the server refused it
     */
    public void done() throws IOException {
        if (type != STATUS) {
            throw unexpected();
        }
        SftpStatusException status = status();
        if (status.status() != SftpStatusException.OK) {
            throw status;
        }
    }

    public byte[] handle() throws IOException {
        return parsed(HANDLE, Reply::bytes);
    }

    public Attributes attributes() throws IOException {
        return parsed(ATTRIBUTES, Attributes::read);
    }

    public Disk disk() throws IOException {
        return parsed(EXTENDED, Disk::read);
    }

    /** Adds the server's limits. */
    Abilities limits(Abilities abilities) throws IOException {
        return parsed(EXTENDED, abilities::withLimits);
    }

    /** The bytes of a file; empty at the end of the file. */
    public Optional<ByteBuffer> data() throws IOException {
        return unlessAtEnd(DATA, Reply::slice);
    }

    /** Some entries of a directory, including itself and its parent; empty after the last entry. */
    public Optional<List<Entry>> names() throws IOException {
        return unlessAtEnd(NAMES, bytes -> {
            List<Entry> entries = new ArrayList<>();
            for (int count = bytes.getInt(); count > 0; count--) {
                String name = text(bytes);
                text(bytes);
                entries.add(new Entry(name, Attributes.read(bytes)));
            }
            return entries;
        });
    }

    private <T> Optional<T> unlessAtEnd(int expected, Parser<T> parser) throws IOException {
        if (type == STATUS) {
            SftpStatusException status = status();
            if (status.status() == SftpStatusException.END_OF_FILE) {
                return Optional.empty();
            }
            throw status;
        }
        return Optional.of(parsed(expected, parser));
    }

    /** One path, which comes with a count and without attributes. */
    public String path() throws IOException {
        return parsed(NAMES, bytes -> {
            bytes.getInt();
            return text(bytes);
        });
    }

    private <T> T parsed(int expected, Parser<T> parser) throws IOException {
        if (type == STATUS) {
            throw status();
        }
        if (type != expected) {
            throw unexpected();
        }
        return whole(parser);
    }

    private SftpStatusException status() throws IOException {
        return whole(bytes -> new SftpStatusException(bytes.getInt(), bytes.hasRemaining() ? text(bytes) : ""));
    }

    private <T> T whole(Parser<T> parser) throws IOException {
        try {
            return parser.parse(body);
        } catch (BufferUnderflowException e) {
            throw new IOException("an answer of type " + type + " is too short", e);
        }
    }

    private IOException unexpected() {
        return new IOException("an answer of type " + type + " does not match its request");
    }

    /** A text, which may be the name of a file: in the form of {@link PathBytes}. */
    static String text(ByteBuffer bytes) {
        return PathBytes.decode(bytes(bytes));
    }

    private static byte[] bytes(ByteBuffer from) {
        ByteBuffer slice = slice(from);
        byte[] bytes = new byte[slice.remaining()];
        slice.get(bytes);
        return bytes;
    }

    private static ByteBuffer slice(ByteBuffer from) {
        int length = from.getInt();
        if (length < 0 || length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        ByteBuffer slice = from.slice(from.position(), length);
        from.position(from.position() + length);
        return slice;
    }

    private interface Parser<T> {
        T parse(ByteBuffer bytes) throws IOException;
    }

    /**
     * The state of a file system, from {@code statvfs@openssh.com}. Immutable.
     *
     * @param id of the file system; 0 if it has none
     * @param freeFiles the number of free inodes; 0, as {@code allFiles}, if the file system does not count them
     */
    public record Disk(long freeBytes, long allFiles, long freeFiles, long id, boolean readOnly) {
        /** If less space than this is free, a failed write without a reason counts as "full". */
        private static final long NO_ROOM_BYTES = 1024 * 1024;

        private static final long READ_ONLY = 0x1;

        static Disk read(ByteBuffer bytes) {
            bytes.getLong();
            long fragmentBytes = bytes.getLong();
            bytes.getLong();
            bytes.getLong();
            long freeFragments = bytes.getLong();
            long allFiles = bytes.getLong();
            bytes.getLong();
            long freeFiles = bytes.getLong();
            long id = bytes.getLong();
            long flags = bytes.getLong();
            long freeBytes = Long.MAX_VALUE / Math.max(fragmentBytes, 1) < freeFragments
                    ? Long.MAX_VALUE
                    : freeFragments * fragmentBytes;
            return new Disk(freeBytes, allFiles, freeFiles, id, (flags & READ_ONLY) != 0);
        }

        public boolean isFull() {
            return freeBytes < NO_ROOM_BYTES || (allFiles > 0 && freeFiles == 0);
        }
    }
}
