// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;

/** LZ4 frames of independent blocks with a content checksum. A block holds 4 MiB at most, by the format itself. */
record Lz4Codec() implements Codec {
    @Override
    public String id() {
        return "lz4";
    }

    @Override
    public OutputStream compress(OutputStream to) throws IOException {
        return new LZ4FrameOutputStream(to, BLOCKSIZE.SIZE_1MB, FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
    }

    @Override
    public InputStream decompress(InputStream from) throws IOException {
        return new LZ4FrameInputStream(new NotEmptyInput(from));
    }

    @Override
    public String toString() {
        return id();
    }
}
