// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.util.Arrays;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Zstandard frames from array to array. A context has some MiB of native memory, and to make one costs as much as to
 * compress 100 KiB: so each is used again, by one thread at a time. There are never more than the threads that were at
 * work at the same time.
 */
final class ZstdFrames {
    private static final Queue<Compressor> COMPRESSORS = new ConcurrentLinkedQueue<>();
    private static final Queue<ZstdDecompressCtx> DECOMPRESSORS = new ConcurrentLinkedQueue<>();

    private ZstdFrames() {}

    /** Not thread-safe. */
    private static final class Compressor {
        private final ZstdCompressCtx context = new ZstdCompressCtx().setChecksum(true);
        private byte[] room = new byte[0];

        byte[] compress(byte[] data, int offset, int length, int level) {
            int bound = (int) Zstd.compressBound(length);
            if (room.length < bound) {
                room = new byte[bound];
            }
            context.setLevel(level);
            int size = context.compressByteArray(room, 0, room.length, data, offset, length);
            return Arrays.copyOf(room, size);
        }
    }

    /** One frame with a content checksum. */
    static byte[] compress(byte[] data, int offset, int length, int level) {
        Compressor idle = COMPRESSORS.poll();
        Compressor compressor = idle == null ? new Compressor() : idle;
        byte[] frame;
        try {
            frame = compressor.compress(data, offset, length, level);
        } catch (ZstdException | OutOfMemoryError e) {
            compressor.context.close();
            throw e;
        }
        COMPRESSORS.add(compressor);
        return frame;
    }

    /** As {@link Codec#decompressFrame(byte[], int, int, byte[])}. */
    static int decompress(byte[] frame, int offset, int length, byte[] to) throws IOException {
        if (length == 0) {
            throw new EOFException("there are no bytes to decompress");
        }
        ZstdDecompressCtx idle = DECOMPRESSORS.poll();
        ZstdDecompressCtx context = idle == null ? new ZstdDecompressCtx() : idle;
        int size;
        try {
            size = context.decompressByteArray(to, 0, to.length, frame, offset, length);
        } catch (ZstdException e) {
            context.close();
            throw new IOException(e.getMessage(), e);
        }
        DECOMPRESSORS.add(context);
        return size;
    }
}
