// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/**
 * Parses the server's messages: a type, a length, and fields within that length. Large contents are read from the
 * socket directly into the caller's array. Not thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-message-formats.html">message formats</a>
 */
final class MessageReader {
    // The largest messages are copy data, in pieces of up to 128 KiB; history files have a few KiB.
    private static final int MAX_MESSAGE_BYTES = 64 << 20;
    private static final int LENGTH_BYTES = 4;

    private final Wire wire;
    private final byte[] buffer = new byte[128 << 10];
    private final ByteBuffer view = ByteBuffer.wrap(buffer);
    private int position;
    private int limit;
    private int remaining;

    MessageReader(Wire wire) {
        this.wire = wire;
    }

    /** Goes to the next message and discards the rest of the current one. */
    char next() {
        skipRest();
        fill(1 + LENGTH_BYTES);
        char type = (char) (buffer[position] & 0xFF);
        position++;
        int length = bufferedInt();
        if (length < LENGTH_BYTES || length > MAX_MESSAGE_BYTES) {
            throw wire.violated(
                    String.format(Locale.ROOT, "a message of type 0x%02X and length %d", (int) type, length));
        }
        remaining = length - LENGTH_BYTES;
        return type;
    }

    /** Whether the next message begins to arrive within a time. The rest of the current one is discarded. */
    boolean arrives(Duration wait) {
        skipRest();
        if (position == limit) {
            position = 0;
            limit = 0;
            limit = wire.poll(buffer, 0, buffer.length, wait);
        }
        return position < limit;
    }

    /** Whether bytes after the current message, which was read to its end, have been read from the socket. */
    boolean hasBuffered() {
        return position < limit;
    }

    /** The number of unread bytes of the message. */
    int remaining() {
        return remaining;
    }

    int readByte() {
        take(1);
        return buffer[position++] & 0xFF;
    }

    int readShort() {
        take(2);
        int value = view.getShort(position) & 0xFFFF;
        position += 2;
        return value;
    }

    int readInt() {
        take(4);
        return bufferedInt();
    }

    long readLong() {
        long high = readInt();
        return high << 32 | (readInt() & 0xFFFF_FFFFL);
    }

    byte[] readBytes(int count) {
        if (count < 0 || count > remaining) {
            throw wire.violated("a field of " + count + " bytes where " + remaining + " are left");
        }
        byte[] bytes = new byte[count];
        readFully(bytes, count);
        return bytes;
    }

    /** Reads {@code count} bytes, which must remain, to the beginning of an array. */
    void readFully(byte[] bytes, int count) {
        for (int done = 0; done < count; ) {
            done += read(bytes, done, count - done);
        }
    }

    /** Reads a text that ends with a zero byte. */
    String readText() {
        byte[] bytes = new byte[64];
        int length = 0;
        for (int next = readByte(); next != 0; next = readByte()) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) next;
        }
        return new String(bytes, 0, length, StandardCharsets.UTF_8);
    }

    /** Reads bytes of the message: at least one if any remain and {@code length} is positive. */
    int read(byte[] bytes, int offset, int length) {
        int wanted = Math.min(length, remaining);
        if (wanted == 0) {
            return 0;
        }
        int count;
        if (position < limit) {
            count = Math.min(wanted, limit - position);
            System.arraycopy(buffer, position, bytes, offset, count);
            position += count;
        } else if (wanted >= buffer.length / 4) {
            count = wire.read(bytes, offset, wanted);
        } else {
            fill(1);
            return read(bytes, offset, length);
        }
        remaining -= count;
        return count;
    }

    /** Discards the rest of the message. */
    void skipRest() {
        while (remaining > 0) {
            fill(1);
            int step = Math.min(remaining, limit - position);
            position += step;
            remaining -= step;
        }
    }

    private void take(int count) {
        if (count > remaining) {
            throw wire.violated("a message that ends within a field");
        }
        remaining -= count;
        fill(count);
    }

    private int bufferedInt() {
        int value = view.getInt(position);
        position += 4;
        return value;
    }

    /** Reads into the buffer until it has at least {@code count} bytes, which must be few. */
    private void fill(int count) {
        if (limit - position >= count) {
            return;
        }
        System.arraycopy(buffer, position, buffer, 0, limit - position);
        limit -= position;
        position = 0;
        while (limit < count) {
            limit += wire.read(buffer, limit, buffer.length - limit);
        }
    }
}
