// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPOutputStream;

/** Gzip members. */
record GzipCodec(int level) implements Codec {
    static final int DEFAULT_LEVEL = 6;
    static final int HIGHEST_LEVEL = 9;

    private static final int BUFFER_BYTES = 64 << 10;

    @Override
    public String id() {
        return "gzip";
    }

    @Override
    public OutputStream compress(OutputStream to) throws IOException {
        return new LevelledOutput(to, level);
    }

    @Override
    public InputStream decompress(InputStream from) {
        return new GzipInput(from);
    }

    @Override
    public String toString() {
        return "gzip:" + level;
    }

    private static final class LevelledOutput extends GZIPOutputStream {
        LevelledOutput(OutputStream to, int level) throws IOException {
            super(to, BUFFER_BYTES);
            def.setLevel(level);
        }
    }
}
