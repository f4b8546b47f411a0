// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.core.BlockInputStream;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectSource;

/**
 * The bytes of an object in blocks of memory. First one thread writes them, then any thread may read them, and at the
 * end the blocks go back to the pool.
 */
final class ObjectBytes extends OutputStream implements ObjectSource {
    private static final int BLOCK_BYTES = BlockPool.BLOCK_BYTES;

    private final BlockPool pool;
    private final List<byte[]> blocks = new ArrayList<>();
    private long size;

    ObjectBytes(BlockPool pool) {
        this.pool = pool;
    }

    /** The number of bytes in a block: each is full but the last one. */
    private int used(int block) {
        return (int) Math.min(BLOCK_BYTES, size - (long) block * BLOCK_BYTES);
    }

    @Override
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        int done = 0;
        while (done < length) {
            int used = (int) (size % BLOCK_BYTES);
            if (used == 0) {
                blocks.add(pool.take());
            }
            int count = Math.min(length - done, BLOCK_BYTES - used);
            System.arraycopy(bytes, offset + done, blocks.getLast(), used, count);
            done += count;
            size += count;
        }
    }

    /** The checksum of {@code length} bytes from {@code offset}. */
    int crc32c(long offset, int length) {
        CRC32C crc = new CRC32C();
        long at = offset;
        while (at < offset + length) {
            int inBlock = (int) (at % BLOCK_BYTES);
            int count = (int) Math.min(offset + length - at, BLOCK_BYTES - inBlock);
            crc.update(blocks.get((int) (at / BLOCK_BYTES)), inBlock, count);
            at += count;
        }
        return (int) crc.getValue();
    }

    /** Size and digest. */
    StoredObject stored() {
        MessageDigest digest = Sha256.newDigest();
        for (int block = 0; block < blocks.size(); block++) {
            digest.update(blocks.get(block), 0, used(block));
        }
        return new StoredObject(size, Sha256.finish(digest));
    }

    /** Writes everything to {@code out}, and returns each block to the pool when it is written. */
    void moveTo(OutputStream out) throws IOException {
        ArrayDeque<byte[]> rest = new ArrayDeque<>(blocks);
        for (int block = 0; !rest.isEmpty(); block++) {
            byte[] bytes = rest.remove();
            out.write(bytes, 0, used(block));
            pool.giveBack(bytes);
        }
        forget();
    }

    /** Returns the blocks to the pool: nobody may read from here on. */
    void giveBack() {
        blocks.forEach(pool::giveBack);
        forget();
    }

    private void forget() {
        blocks.clear();
        size = 0;
    }

    @Override
    public long sizeBytes() {
        return size;
    }

    @Override
    public InputStream open() {
        return new Reading();
    }

    private final class Reading extends BlockInputStream {
        private long position;

        @Override
        public int read(byte[] to, int offset, int length) {
            int done = 0;
            while (done < length && position < size) {
                int block = (int) (position / BLOCK_BYTES);
                int inBlock = (int) (position % BLOCK_BYTES);
                int count = Math.min(length - done, used(block) - inBlock);
                System.arraycopy(blocks.get(block), inBlock, to, offset + done, count);
                done += count;
                position += count;
            }
            return done == 0 && length > 0 ? -1 : done;
        }
    }
}
