// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Gzip members up to the end of the input (RFC 1952). Unlike {@link java.util.zip.GZIPInputStream} it takes bytes
 * behind a member that are no member for an error. Not thread-safe.
 */
final class GzipInput extends InputStream {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int EXTRA = 4;
    private static final int NAME = 8;
    private static final int COMMENT = 16;
    private static final int HEADER_CHECKSUM = 2;

    private final InputStream from;
    private final Inflater inflater = new Inflater(true);
    private final CRC32 checksum = new CRC32();
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int next;
    private int end;
    private State state = State.BEFORE_FIRST;

    private enum State {
        BEFORE_FIRST,
        IN_MEMBER,
        AT_END
    }

    GzipInput(InputStream from) {
        this.from = from;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (state == State.BEFORE_FIRST) {
            readHeader();
        }
        while (state == State.IN_MEMBER) {
            int count = inflate(to, offset, length);
            if (count > 0) {
                checksum.update(to, offset, count);
                return count;
            }
            if (inflater.finished()) {
                endMember();
            }
        }
        return -1;
    }

    private int inflate(byte[] to, int offset, int length) throws IOException {
        try {
            int count = inflater.inflate(to, offset, length);
            if (count == 0 && inflater.needsDictionary()) {
                throw new IOException("the gzip data asks for a dictionary");
            }
            if (count == 0 && inflater.needsInput() && !inflater.finished()) {
                if (!fill()) {
                    throw truncated();
                }
                inflater.setInput(buffer, next, end - next);
                next = end;
            }
            return count;
        } catch (DataFormatException e) {
            throw new IOException("not gzip data: " + e.getMessage(), e);
        }
    }

    private void endMember() throws IOException {
        next = end - inflater.getRemaining();
        long size = inflater.getBytesWritten() & 0xFFFF_FFFFL;
        if (readLittleEndian(4) != checksum.getValue() || readLittleEndian(4) != size) {
            throw new IOException("the gzip checksum or size does not match the data");
        }
        if (next == end && !fill()) {
            state = State.AT_END;
        } else {
            readHeader();
        }
    }

    private void readHeader() throws IOException {
        if (readLittleEndian(2) != 0x8B1F || readByte() != 8) {
            throw new IOException("not a gzip member");
        }
        int flags = readByte();
        // Modification time, extra flags and operating system say nothing of the data.
        readLittleEndian(6);
        if ((flags & EXTRA) != 0) {
            readLittleEndian((int) readLittleEndian(2));
        }
        if ((flags & NAME) != 0) {
            skipText();
        }
        if ((flags & COMMENT) != 0) {
            skipText();
        }
        if ((flags & HEADER_CHECKSUM) != 0) {
            readLittleEndian(2);
        }
        inflater.reset();
        checksum.reset();
        inflater.setInput(buffer, next, end - next);
        next = end;
        state = State.IN_MEMBER;
    }

    private void skipText() throws IOException {
        while (readByte() != 0) {
            // The text is of no use here.
        }
    }

    /** Reads {@code count} bytes; the value makes sense for up to 8. */
    private long readLittleEndian(int count) throws IOException {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) readByte() << (8 * i);
        }
        return value;
    }

    private int readByte() throws IOException {
        if (next == end && !fill()) {
            throw truncated();
        }
        return buffer[next++] & 0xFF;
    }

    private boolean fill() throws IOException {
        next = 0;
        end = Math.max(0, from.read(buffer, 0, buffer.length));
        return end > 0;
    }

    private static EOFException truncated() {
        return new EOFException("the gzip data ends within a member");
    }

    @Override
    public void close() throws IOException {
        inflater.end();
        from.close();
    }
}
