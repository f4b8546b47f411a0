// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.IntConsumer;
import org.tidemark.core.BlockInputStream;

/**
 * The bytes of one part of a base backup, read from the connection. {@code read} throws an unchecked exception if the
 * connection fails or the server reports an error. Not thread-safe.
 */
final class PartStream extends BlockInputStream {
    private final CopyParts parts;
    private final MessageReader messages;
    private final IntConsumer counted;
    private int zerosToAppend;
    private boolean atEnd;
    private boolean closed;

    /**
     * @param zerosAtEnd the number of zero bytes to add after the server's bytes
     * @param counted receives the number of bytes of each read from the server
     */
    PartStream(CopyParts parts, MessageReader messages, int zerosAtEnd, IntConsumer counted) {
        this.parts = parts;
        this.messages = messages;
        this.zerosToAppend = zerosAtEnd;
        this.counted = counted;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        if (closed) {
            throw new IOException("this part of the base backup was closed");
        }
        if (length == 0) {
            return 0;
        }
        while (!atEnd) {
            int count = messages.read(bytes, offset, length);
            if (count > 0) {
                counted.accept(count);
                return count;
            }
            atEnd = !parts.nextPiece();
        }
        return readZeros(bytes, offset, length);
    }

    @Override
    public void close() {
        closed = true;
    }

    /** Reads and discards the rest, so that the next part can be read. */
    void finish() {
        closed = true;
        while (!atEnd) {
            counted.accept(messages.remaining());
            atEnd = !parts.nextPiece();
        }
    }

    private int readZeros(byte[] bytes, int offset, int length) {
        int count = Math.min(length, zerosToAppend);
        Arrays.fill(bytes, offset, offset + count, (byte) 0);
        zerosToAppend -= count;
        return count == 0 ? -1 : count;
    }
}
