// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Arrays;

/**
 * Zstandard frames with a content checksum. The native library is unpacked from its jar at first use, unless the system
 * property {@code ZstdNativePath} names it.
 */
record ZstdCodec(int level) implements Codec {
    static final int DEFAULT_LEVEL = 1;

    /** The levels above need windows of up to 128 MiB for reading as well. */
    static final int HIGHEST_LEVEL = 19;

    /** 8 MiB, the window of level 19: a frame that asks for more is not ours. */
    private static final int WINDOW_LOG_LIMIT = 23;

    @Override
    public String id() {
        return "zstd";
    }

    @Override
    public OutputStream compress(OutputStream to) throws IOException {
        return new ZstdOutputStreamNoFinalizer(to, level).setChecksum(true);
    }

    @Override
    public InputStream decompress(InputStream from) throws IOException {
        return new ZstdInputStreamNoFinalizer(new NotEmptyInput(from)).setLongMax(WINDOW_LOG_LIMIT);
    }

    @Override
    public byte[] compressFrame(byte[] data, int offset, int length) {
        try (ZstdCompressCtx context = new ZstdCompressCtx().setLevel(level).setChecksum(true)) {
            byte[] frame = new byte[(int) Zstd.compressBound(length)];
            int size = context.compressByteArray(frame, 0, frame.length, data, offset, length);
            return Arrays.copyOf(frame, size);
        }
    }

    @Override
    public String toString() {
        return "zstd:" + level;
    }
}
