// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.sftp;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What the server answered to one request. Each of its methods may be called once. Not thread-safe. */
final class Reply {
    private static final int STATUS = 101;
    private static final int HANDLE = 102;
    private static final int DATA = 103;
    private static final int NAMES = 104;
    private static final int ATTRIBUTES = 105;
    private static final int EXTENDED = 201;

    private final int type;
    private final ByteBuffer body;

    /** @param body what follows the request's number */
    Reply(int type, ByteBuffer body) {
        this.type = type;
        this.body = body;
    }

    /**
     * One name in a directory.
     *
     * @param attributes those of the name itself, also where it is a symbolic link
     */
    record Entry(String name, Attributes attributes) {}

    /** Throws unless the server did what was asked. */
    void done() throws IOException {
        if (type != STATUS) {
            throw unexpected();
        }
        SftpStatusException status = status();
        if (status.status() != SftpStatusException.OK) {
            throw status;
        }
    }

    byte[] handle() throws IOException {
        return parsed(HANDLE, Reply::bytes);
    }

    Attributes attributes() throws IOException {
        return parsed(ATTRIBUTES, Attributes::read);
    }

    Disk disk() throws IOException {
        return parsed(EXTENDED, Disk::read);
    }

    /** How long messages may be, added to what is known of the server. */
    Abilities limits(Abilities abilities) throws IOException {
        return parsed(EXTENDED, abilities::withLimits);
    }

    /** Bytes of a file; empty at its end. */
    Optional<ByteBuffer> data() throws IOException {
        return unlessAtEnd(DATA, Reply::slice);
    }

    /** Some names of a directory, its own and its parent's among them; empty when there are no more. */
    Optional<List<Entry>> names() throws IOException {
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
        return new IOException("an answer of type " + type + " does not belong to its request");
    }

    static String text(ByteBuffer bytes) {
        return new String(bytes(bytes), StandardCharsets.UTF_8);
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
}
