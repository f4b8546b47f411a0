// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.tidemark.core.BlockInputStream;

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
    public InputStream decompress(InputStream from) throws IOException {
        return new Members(new CountingInput(from));
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

    /** {@link GZIPInputStream} ignores bytes after the last member that are not a member; this throws. */
    private static final class Members extends GZIPInputStream {
        /** The checksum and the size of the data. */
        private static final int TRAILER_BYTES = 8;

        private final CountingInput from;
        private long countAtFill;

        Members(CountingInput from) throws IOException {
            super(from, BUFFER_BYTES);
            this.from = from;
        }

        @Override
        protected void fill() throws IOException {
            super.fill();
            countAtFill = from.count;
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            if (read < 0 && inf.getRemaining() + (from.count - countAtFill) != TRAILER_BYTES) {
                throw new IOException("bytes follow the last gzip member");
            }
            return read;
        }
    }

    private static final class CountingInput extends BlockInputStream.Filter {
        private long count;

        CountingInput(InputStream in) {
            super(in);
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            int read = super.read(bytes, offset, length);
            count += Math.max(read, 0);
            return read;
        }
    }
}
