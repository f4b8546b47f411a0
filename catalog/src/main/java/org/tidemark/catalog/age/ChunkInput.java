// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.age.ChunkCipher.Place;
import org.tidemark.core.BlockInputStream;

/** The plain bytes of successive chunks, each authenticated before a byte of it is given. Not thread-safe. */
final class ChunkInput extends BlockInputStream {
    private final InputStream from;
    private final ChunkCipher cipher;
    private final long lastChunk;
    private final int lastStoredBytes;
    private final byte[] stored = new byte[ChunkCipher.STORED_BYTES];
    private final byte[] plain = new byte[ChunkCipher.PLAIN_BYTES];
    private final long behind;
    private long number;
    private int skip;
    private int next;
    private int end;

    /**
     * A part of an age file.
     *
     * @param from stands at the beginning of chunk {@code first}
     * @param first the first chunk that is read
     * @param behind the chunk behind the last one that is read
     * @param lastChunk the number of the file's last chunk
     * @param lastStoredBytes its length
     * @param skip so many plain bytes of the first chunk are left out
     */
    ChunkInput(
            InputStream from,
            ChunkCipher cipher,
            long first,
            long behind,
            long lastChunk,
            int lastStoredBytes,
            int skip) {
        this.from = from;
        this.cipher = cipher;
        this.number = first;
        this.behind = behind;
        this.lastChunk = lastChunk;
        this.lastStoredBytes = lastStoredBytes;
        this.skip = skip;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int count = Math.min(length, end - next);
        System.arraycopy(plain, next, buffer, offset, count);
        next += count;
        return count;
    }

    /** Whether there is a byte to be given. */
    private boolean fill() throws IOException {
        while (next == end && number < behind) {
            boolean last = number == lastChunk;
            int length = last ? lastStoredBytes : stored.length;
            if (from.readNBytes(stored, 0, length) < length) {
                throw new AgeFormatException("it ends within its age file");
            }
            end = cipher.decrypt(number, last ? Place.LAST : Place.BEFORE_THE_LAST, stored, length, plain);
            next = skip;
            skip = 0;
            number++;
        }
        return next < end;
    }

    @Override
    public void close() throws IOException {
        from.close();
    }
}
