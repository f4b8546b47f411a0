// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;
import org.tidemark.catalog.format.Codec.NotEmptyInput;
import org.tidemark.core.BlockInputStream;

/**
 * How stored bytes are made from plain ones. What is written can be read by the tool of the same name. Immutable and
 * thread-safe; the streams are not.
 */
public interface Codec {
    /**
     * The word in a container's header, which is all that decompressing needs: {@code zstd}, {@code lz4}, {@code gzip},
     * {@code none}.
     */
    String id();

    /** Writes one frame, which {@code close} ends; it closes {@code to} as well. */
    OutputStream compress(OutputStream to) throws IOException;

    /**
     * The plain bytes of one or more frames up to the end of {@code from}. Input that ends within a frame, bytes that
     * are no frame, and input that would need more than some MiB of memory end with an {@link IOException}. Closing it
     * closes {@code from}.
     */
    InputStream decompress(InputStream from) throws IOException;

    /** Room for a frame of so many bytes of data, whatever they are and whichever the codec. */
    static int maxFrameBytes(int dataBytes) {
        return dataBytes + dataBytes / 128 + 1024;
    }

    /**
     * Makes one frame of a part of an array, at the beginning of {@code to}, and returns its length.
     *
     * @param to of {@link #maxFrameBytes} or more
     */
    default int compressFrame(byte[] data, int offset, int length, byte[] to) throws IOException {
        ArrayOutput frame = new ArrayOutput(to);
        try (OutputStream compressing = compress(frame)) {
            compressing.write(data, offset, length);
        }
        return frame.used;
    }

    /** Fills an array. Not thread-safe. */
    final class ArrayOutput extends OutputStream {
        private final byte[] to;
        private int used;

        private ArrayOutput(byte[] to) {
            this.to = to;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            if (length > to.length - used) {
                throw new IOException("a frame is longer than " + to.length + " bytes");
            }
            System.arraycopy(bytes, offset, to, used, length);
            used += length;
        }
    }

    /**
     * The data of a frame that is in a part of an array.
     *
     * @throws IOException also if there are more than {@code limit} bytes of data
     */
    default byte[] decompressFrame(byte[] frame, int offset, int length, int limit) throws IOException {
        try (InputStream decompressing = decompress(new ByteArrayInputStream(frame, offset, length))) {
            byte[] data = decompressing.readNBytes(limit);
            if (data.length == limit && decompressing.read() >= 0) {
                throw new IOException("the frame holds more than " + limit + " bytes");
            }
            return data;
        }
    }

    /**
     * Writes the data of a frame that is in a part of an array to the beginning of {@code to}, and returns how many
     * bytes it has.
     *
     * @throws IOException also if {@code to} is too short
     */
    default int decompressFrame(byte[] frame, int offset, int length, byte[] to) throws IOException {
        try (InputStream decompressing = decompress(new ByteArrayInputStream(frame, offset, length))) {
            int size = decompressing.readNBytes(to, 0, to.length);
            if (size == to.length && decompressing.read() >= 0) {
                throw new IOException("the frame holds more than " + to.length + " bytes");
            }
            return size;
        }
    }

    /**
     * Reads an operator's choice: {@code zstd}, {@code zstd:3}, {@code lz4}, {@code gzip}, {@code gzip:9},
     * {@code none}.
     *
     * @throws IllegalArgumentException if it is not one of these
     */
    static Codec parse(String text) {
        int colon = text.indexOf(':');
        String id = colon < 0 ? text : text.substring(0, colon);
        return switch (id) {
            case "zstd" -> new ZstdCodec(level(text, colon, ZstdCodec.DEFAULT_LEVEL, ZstdCodec.HIGHEST_LEVEL));
            case "gzip" -> new GzipCodec(level(text, colon, GzipCodec.DEFAULT_LEVEL, GzipCodec.HIGHEST_LEVEL));
            case "lz4" -> withoutLevel(new Lz4Codec(), text, colon);
            case "none" -> withoutLevel(new PlainCodec(), text, colon);
            default -> throw unknown(text);
        };
    }

    /**
     * The codec that a header names; its level is the default.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    static Codec ofId(String id) {
        return switch (id) {
            case "zstd" -> new ZstdCodec(ZstdCodec.DEFAULT_LEVEL);
            case "gzip" -> new GzipCodec(GzipCodec.DEFAULT_LEVEL);
            case "lz4" -> new Lz4Codec();
            case "none" -> new PlainCodec();
            default -> throw unknown(id);
        };
    }

    private static int level(String text, int colon, int otherwise, int highest) {
        if (colon < 0) {
            return otherwise;
        }
        try {
            int level = Integer.parseInt(text, colon + 1, text.length(), 10);
            if (level >= 1 && level <= highest) {
                return level;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException(wrongLevel(text, highest), e);
        }
        throw new IllegalArgumentException(wrongLevel(text, highest));
    }

    private static String wrongLevel(String text, int highest) {
        return "not a compression: '" + text + "' (expected a level from 1 to " + highest + ")";
    }

    private static Codec withoutLevel(Codec codec, String text, int colon) {
        if (colon >= 0) {
            throw new IllegalArgumentException(
                    "not a compression: '" + text + "' ('" + codec.id() + "' takes no level)");
        }
        return codec;
    }

    private static IllegalArgumentException unknown(String text) {
        return new IllegalArgumentException(
                "not a compression: '" + text + "' (expected zstd, zstd:LEVEL, lz4, gzip, gzip:LEVEL or none)");
    }

    /**
     * Fails where its input has no bytes at all, which the libraries take for the end of no frames. Not thread-safe.
     */
    final class NotEmptyInput extends BlockInputStream.Filter {
        private boolean empty = true;

        NotEmptyInput(InputStream from) {
            super(from);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            int read = in.read(buffer, offset, length);
            if (read < 0 && empty) {
                throw new EOFException("there are no bytes to decompress");
            }
            empty = false;
            return read;
        }
    }

    /** The bytes as they are. */
    record PlainCodec() implements Codec {
        @Override
        public String id() {
            return "none";
        }

        @Override
        public OutputStream compress(OutputStream to) {
            return to;
        }

        @Override
        public InputStream decompress(InputStream from) {
            return from;
        }

        @Override
        public String toString() {
            return id();
        }
    }

    /** LZ4 frames of independent blocks with a content checksum. A block holds 4 MiB at most, by the format itself. */
    record Lz4Codec() implements Codec {
        @Override
        public String id() {
            return "lz4";
        }

        @Override
        public OutputStream compress(OutputStream to) throws IOException {
            return new LZ4FrameOutputStream(
                    to, BLOCKSIZE.SIZE_1MB, FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
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

    /**
     * Zstandard frames with a content checksum. The native library is unpacked from its jar at first use, unless the
     * system property {@code ZstdNativePath} names it.
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
        public int compressFrame(byte[] data, int offset, int length, byte[] to) throws IOException {
            return ZstdFrames.compress(data, offset, length, to, level);
        }

        @Override
        public int decompressFrame(byte[] frame, int offset, int length, byte[] to) throws IOException {
            return ZstdFrames.decompress(frame, offset, length, to);
        }

        @Override
        public String toString() {
            return "zstd:" + level;
        }
    }

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
}
