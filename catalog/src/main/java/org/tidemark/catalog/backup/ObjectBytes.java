// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tidemark.catalog.Sha256;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ObjectSource;

/**
 * The bytes of an object in memory, as a list of arrays, so that none is copied when it grows. First it is written by
 * one thread, then it is read by any.
 */
final class ObjectBytes extends OutputStream implements ObjectSource {
    private static final int BLOCK_BYTES = 1 << 20;

    private final List<byte[]> arrays = new ArrayList<>();
    private byte[] block = new byte[0];
    private int used;
    private long size;

    /** Adds {@code bytes} as it is: nobody may change it any more. */
    void keep(byte[] bytes) {
        endBlock();
        arrays.add(bytes);
        size += bytes.length;
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        int done = 0;
        while (done < length) {
            if (used == block.length) {
                endBlock();
                block = new byte[BLOCK_BYTES];
            }
            int count = Math.min(length - done, block.length - used);
            System.arraycopy(bytes, offset + done, block, used, count);
            used += count;
            done += count;
        }
        size += length;
    }

    private void endBlock() {
        if (used > 0) {
            arrays.add(used == block.length ? block : Arrays.copyOf(block, used));
        }
        block = new byte[0];
        used = 0;
    }

    /** Ends the writing. */
    @Override
    public void close() {
        endBlock();
    }

    /** Size and digest; after {@link #close}. */
    StoredObject stored() {
        MessageDigest digest = Sha256.newDigest();
        arrays.forEach(digest::update);
        return new StoredObject(size, Sha256.finish(digest));
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    /** After {@link #close}. */
    @Override
    public InputStream open() {
        return new Reading();
    }

    private final class Reading extends BlockInputStream {
        private int array;
        private int position;

        @Override
        public int read(byte[] to, int offset, int length) {
            int done = 0;
            while (done < length && array < arrays.size()) {
                byte[] from = arrays.get(array);
                int count = Math.min(length - done, from.length - position);
                System.arraycopy(from, position, to, offset + done, count);
                done += count;
                position += count;
                if (position == from.length) {
                    array++;
                    position = 0;
                }
            }
            return done == 0 && length > 0 ? -1 : done;
        }
    }
}
