// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.IOException;
import java.io.InputStream;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher;
import org.tidemark.catalog.age.ChaChaCipher.ChunkCipher.Place;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ByteRange;

/**
 * The chunks of an age file that is in an object: any part of the plain bytes is read by a range of whole chunks.
 * Thread-safe.
 */
public final class AgeChunks {
    private final FileKey key;
    private final byte[] nonce;
    private final long begin;
    private final long end;
    private final long chunks;
    private final long plainSize;

    private AgeChunks(FileKey key, byte[] nonce, long begin, long end) {
        this.key = key;
        this.nonce = nonce;
        this.begin = begin;
        this.end = end;
        this.chunks = Math.ceilDiv(end - begin, ChunkCipher.STORED_BYTES);
        this.plainSize = end - begin - chunks * ChaChaCipher.TAG_BYTES;
    }

    /**
     * The chunks of a file whose end is that of the object.
     *
     * @param from a stream that stands after the age header, and is left at the first chunk
     * @param offset of the byte after the age header in the object
     * @param end the size of the object
     * @throws AgeFormatException if no age file can be of that size
     */
    public static AgeChunks of(InputStream from, FileKey key, long offset, long end) throws IOException {
        byte[] nonce = from.readNBytes(FileKey.NONCE_BYTES);
        AgeChunks chunks = new AgeChunks(key, nonce, offset + nonce.length, end);
        // Only the one chunk of a file without a byte is empty.
        boolean lastIsWhole = chunks.chunks == 1
                ? chunks.plainSize >= 0
                : chunks.plainSize > (chunks.chunks - 1) * ChunkCipher.PLAIN_BYTES;
        if (nonce.length < FileKey.NONCE_BYTES || end <= chunks.begin || !lastIsWhole) {
            throw new AgeFormatException("its age file is cut off");
        }
        return chunks;
    }

    public long plainSize() {
        return plainSize;
    }

    /** The stored bytes that {@link #open} needs. */
    public ByteRange stored(long offset, long length) {
        requireWithin(offset, length);
        long first = first(offset);
        long from = begin + first * ChunkCipher.STORED_BYTES;
        long to = Math.min(begin + chunksTo(offset, length) * ChunkCipher.STORED_BYTES, end);
        return new ByteRange(from, to - from);
    }

    /**
     * Plain bytes from {@code offset} on to the end of the chunk in which {@code length} bytes end, each authenticated
     * before it is given. Closing the stream closes the other one.
     *
     * @param stored begins with the first byte of {@link #stored}
     */
    public InputStream open(InputStream stored, long offset, long length) {
        requireWithin(offset, length);
        long last = chunks - 1;
        int lastStored = Math.toIntExact(end - begin - last * ChunkCipher.STORED_BYTES);
        return new ChunkInput(
                stored, new ChunkCipher(key, nonce), first(offset), chunksTo(offset, length), last, lastStored, (int)
                        (offset % ChunkCipher.PLAIN_BYTES));
    }

    private static long first(long offset) {
        return offset / ChunkCipher.PLAIN_BYTES;
    }

    /** The number of chunks up to the end of the range; even an empty file has one, which is authenticated. */
    private static long chunksTo(long offset, long length) {
        return Math.max(1, Math.ceilDiv(offset + length, ChunkCipher.PLAIN_BYTES));
    }

    private void requireWithin(long offset, long length) {
        boolean all = offset == 0 && length == plainSize;
        if (!all && (offset < 0 || length < 1 || offset + length > plainSize)) {
            throw new IllegalArgumentException(
                    "there are no " + length + " bytes from " + offset + " on in " + plainSize);
        }
    }

    /** The plain bytes of successive chunks, each authenticated before a byte of it is given. Not thread-safe. */
    private static final class ChunkInput extends BlockInputStream {
        private final InputStream from;
        private final ChunkCipher cipher;
        private final long lastChunk;
        private final int lastStoredBytes;
        private final byte[] stored = new byte[ChunkCipher.STORED_BYTES];
        private final byte[] plain = new byte[ChunkCipher.PLAIN_BYTES];
        private final long endChunk;
        private long number;
        private int skip;
        private int next;
        private int end;

        /**
         * A part of an age file.
         *
         * @param from stands at the beginning of chunk {@code first}
         * @param first the first chunk that is read
         * @param endChunk the chunk after the last one that is read
         * @param lastChunk the number of the file's last chunk
         * @param lastStoredBytes its length
         * @param skip how many plain bytes of the first chunk are left out
         */
        ChunkInput(
                InputStream from,
                ChunkCipher cipher,
                long first,
                long endChunk,
                long lastChunk,
                int lastStoredBytes,
                int skip) {
            this.from = from;
            this.cipher = cipher;
            this.number = first;
            this.endChunk = endChunk;
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
            while (next == end && number < endChunk) {
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
}
