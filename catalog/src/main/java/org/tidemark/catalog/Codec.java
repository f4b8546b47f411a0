// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

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

    /** One frame of a part of an array. */
    default byte[] compressFrame(byte[] data, int offset, int length) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream(length / 2 + 64);
        try (OutputStream compressing = compress(frame)) {
            compressing.write(data, offset, length);
        }
        return frame.toByteArray();
    }

    /**
     * The data of a frame that lies in a part of an array.
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
}
