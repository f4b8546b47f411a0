// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerMessage;

/**
 * The simple query protocol on a socket on which the driver has logged in. The WAL sender's commands need it, because
 * the driver does not support result sets before and after a copy. Not thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-flow.html">message flow</a>
 */
final class ProtocolSession {
    static final char ROW_DESCRIPTION = 'T';
    static final char DATA_ROW = 'D';
    static final char COMMAND_COMPLETE = 'C';
    static final char COPY_OUT = 'H';
    static final char COPY_BOTH = 'W';
    private static final char COPY_IN = 'G';
    static final char COPY_DATA = 'd';
    static final char COPY_DONE = 'c';
    static final char ERROR = 'E';
    static final char READY = 'Z';
    private static final char NOTICE = 'N';
    private static final char PARAMETER_STATUS = 'S';
    private static final char QUERY = 'Q';
    private static final int COPY_BYTES = 64 << 10;

    private final Wire wire;
    private final MessageReader messages;
    private Consumer<ServerMessage> notices = _ -> {};

    ProtocolSession(Wire wire) {
        this.wire = wire;
        this.messages = new MessageReader(wire);
    }

    /** Sets the receiver of the server's notices. */
    void onNotice(Consumer<ServerMessage> receiver) {
        notices = receiver;
    }

    /** Sets the limit of the next waits, and the name of what is awaited. */
    void await(String what, Duration limit) {
        wire.await(what, limit);
    }

    void send(String command) {
        byte[] text = command.getBytes(StandardCharsets.UTF_8);
        wire.write(ByteBuffer.allocate(1 + 4 + text.length + 1)
                .put((byte) QUERY)
                .putInt(4 + text.length + 1)
                .put(text)
                .put((byte) 0)
                .array());
    }

    /** Goes to the next message of the command's answer; the caller reads its fields from {@link #messages}. */
    char next() {
        while (true) {
            char type = messages.next();
            switch (type) {
                case NOTICE -> notices.accept(readMessage());
                case PARAMETER_STATUS -> {}
                default -> {
                    return type;
                }
            }
        }
    }

    /** Works like {@link #next}, but is empty if no message arrives within a time. */
    Optional<Character> poll(Duration wait) {
        long end = System.nanoTime() + wait.toNanos();
        while (messages.arrives(Duration.ofNanos(Math.max(0, end - System.nanoTime())))) {
            char type = messages.next();
            switch (type) {
                case NOTICE -> notices.accept(readMessage());
                case PARAMETER_STATUS -> {}
                default -> {
                    return Optional.of(type);
                }
            }
        }
        return Optional.empty();
    }

    /** Sends a message of the copy protocol. */
    void send(char type, byte[] content) {
        wire.write(ByteBuffer.allocate(1 + 4 + content.length)
                .put((byte) type)
                .putInt(4 + content.length)
                .put(content)
                .array());
    }

    MessageReader messages() {
        return messages;
    }

    /** Goes to the next message, which must have this type; throws an error of the server. */
    void expect(char type) {
        require(next(), type);
    }

    /** Requires that the current message has this type; throws an error of the server. */
    void require(char found, char type) {
        if (found == ERROR) {
            throw wire.refused(readMessage());
        }
        if (found != type) {
            throw unexpected(found);
        }
    }

    /** Reads one complete result set: description, rows, completion. Throws an error of the server at once. */
    List<ResultRow> result() {
        expect(ROW_DESCRIPTION);
        return rows();
    }

    /** The rest of a result set whose description was read. */
    List<ResultRow> rows() {
        List<ResultRow> rows = new ArrayList<>();
        while (true) {
            char type = next();
            switch (type) {
                case DATA_ROW -> rows.add(readRow());
                case COMMAND_COMPLETE -> {
                    return rows;
                }
                default -> {
                    require(type, DATA_ROW);
                }
            }
        }
    }

    /** Runs a command that returns one result set. The session stays usable, even if the server refuses. */
    List<ResultRow> query(String command, String what, Duration limit) {
        try {
            return query(command, what, limit, _ -> {
                throw unexpected(COPY_IN);
            });
        } catch (IOException e) {
            throw new IllegalStateException("nothing was to be sent", e);
        }
    }

    /**
     * Runs a command that is followed by a copy to the server. The session stays usable, even if the server refuses.
     *
     * @throws IOException only if {@code content} throws it: then the session is in the middle of the copy
     */
    void copyIn(String command, String what, Duration limit, CopyContent content) throws IOException {
        query(command, what, limit, content);
    }

    /** Writes what is copied to the server. */
    @FunctionalInterface
    interface CopyContent {
        void writeTo(OutputStream out) throws IOException;
    }

    private List<ResultRow> query(String command, String what, Duration limit, CopyContent content) throws IOException {
        wire.await(what, limit);
        send(command);
        List<ResultRow> rows = new ArrayList<>();
        Optional<PostgresException> refusal = Optional.empty();
        while (true) {
            char type = next();
            switch (type) {
                case ROW_DESCRIPTION, COMMAND_COMPLETE -> {}
                case DATA_ROW -> rows.add(readRow());
                case COPY_IN -> {
                    try (OutputStream out = new BufferedOutputStream(new CopyStream(), COPY_BYTES)) {
                        content.writeTo(out);
                    }
                    send(COPY_DONE, new byte[0]);
                }
                case ERROR -> {
                    ServerMessage message = readMessage();
                    PostgresException failure = wire.refused(message);
                    if (!message.severity().equals("ERROR")) {
                        // No message follows a FATAL error.
                        throw failure;
                    }
                    refusal = Optional.of(failure);
                }
                case READY -> {
                    if (refusal.isPresent()) {
                        throw refusal.get();
                    }
                    return rows;
                }
                default -> throw unexpected(type);
            }
        }
    }

    /** Each write is a message. */
    private final class CopyStream extends OutputStream {
        @Override
        public void write(int b) {
            send(COPY_DATA, new byte[] {(byte) b});
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            send(COPY_DATA, Arrays.copyOfRange(bytes, offset, offset + length));
        }
    }

    /** Reads the fields of an error or a notice. */
    ServerMessage readMessage() {
        String severity = "";
        String state = "";
        String text = "";
        String detail = "";
        String hint = "";
        String routine = "";
        for (int field = messages.readByte(); field != 0; field = messages.readByte()) {
            String value = messages.readText();
            switch (field) {
                case 'V' -> severity = value;
                case 'C' -> state = value;
                case 'M' -> text = value;
                case 'D' -> detail = value;
                case 'H' -> hint = value;
                case 'R' -> routine = value;
                default -> {}
            }
        }
        return new ServerMessage(severity, state, text, detail, hint, routine);
    }

    /** The server ended what was under way, and told the reason. */
    PostgresException ended(String reason) {
        return wire.ended(reason);
    }

    PostgresException violated(String what) {
        return wire.violated(what);
    }

    PostgresException unexpected(char type) {
        return violated("message '" + type + "'");
    }

    private ResultRow readRow() {
        int columns = messages.readShort();
        List<Optional<byte[]>> fields = new ArrayList<>();
        for (int i = 0; i < columns; i++) {
            int length = messages.readInt();
            fields.add(length < 0 ? Optional.empty() : Optional.of(messages.readBytes(length)));
        }
        return new ResultRow(fields);
    }

    /** One row of a simple query: the bytes of each field, empty for NULL. Immutable by convention. */
    record ResultRow(List<Optional<byte[]>> fields) {
        Optional<byte[]> bytes(int column) {
            return column < fields.size() ? fields.get(column) : Optional.empty();
        }

        Optional<String> text(int column) {
            return bytes(column).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        }
    }
}
