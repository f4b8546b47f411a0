// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import java.io.EOFException;
import java.io.IOException;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Zstandard frames from array to array. A context has some MiB of native memory, and to make one costs as much as to
 * compress 100 KiB: so each is used again, by one thread at a time. There are never more than the threads that were at
 * work at the same time.
 */
final class ZstdFrames {
    private static final Queue<ZstdCompressCtx> COMPRESSORS = new ConcurrentLinkedQueue<>();
    private static final Queue<ZstdDecompressCtx> DECOMPRESSORS = new ConcurrentLinkedQueue<>();

    private ZstdFrames() {}

    /** As {@link Codec#compressFrame}, with a content checksum. */
    static int compress(byte[] data, int offset, int length, byte[] to, int level) throws IOException {
        ZstdCompressCtx idle = COMPRESSORS.poll();
        ZstdCompressCtx context = idle == null ? new ZstdCompressCtx().setChecksum(true) : idle;
        int size;
        try {
            size = context.setLevel(level).compressByteArray(to, 0, to.length, data, offset, length);
        } catch (ZstdException e) {
            context.close();
            throw new IOException(e.getMessage(), e);
        }
        COMPRESSORS.add(context);
        return size;
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
