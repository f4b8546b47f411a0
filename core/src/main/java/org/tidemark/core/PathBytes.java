// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Paths as text, whatever their bytes are: names of files need not be UTF-8. Each byte that does not belong to valid
 * UTF-8 stands in the text as the lone surrogate U+DC00 plus that byte, so text and bytes give each other back.
 */
public final class PathBytes {
    private static final int FIRST_ESCAPE = 0xDC80;
    private static final int LAST_ESCAPE = 0xDCFF;

    private PathBytes() {}

    /** The text of any bytes. */
    public static String decode(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        for (CoderResult result = decoder.decode(in, out, true);
                result.isError();
                result = decoder.decode(in, out, true)) {
            for (int i = 0; i < result.length(); i++) {
                out.put((char) (FIRST_ESCAPE - 0x80 + (in.get() & 0xFF)));
            }
            decoder.reset();
        }
        return out.flip().toString();
    }

    /** The bytes of a text of {@link #decode}. */
    public static byte[] encode(String path) {
        if (isUtf8(path)) {
            return path.getBytes(StandardCharsets.UTF_8);
        }
        ByteBuffer bytes = ByteBuffer.allocate(3 * path.length());
        int start = 0;
        for (int i = 0; i < path.length(); i++) {
            if (isEscape(path, i)) {
                bytes.put(path.substring(start, i).getBytes(StandardCharsets.UTF_8));
                bytes.put((byte) path.charAt(i));
                start = i + 1;
            }
        }
        bytes.put(path.substring(start).getBytes(StandardCharsets.UTF_8));
        byte[] encoded = new byte[bytes.position()];
        bytes.flip().get(encoded);
        return encoded;
    }

    /** Whether the bytes are UTF-8. */
    public static boolean isUtf8(String path) {
        for (int i = 0; i < path.length(); i++) {
            if (isEscape(path, i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether it is the text of any bytes. */
    public static boolean isText(String path) {
        return decode(encode(path)).equals(path);
    }

    private static boolean isEscape(String path, int at) {
        char c = path.charAt(at);
        return c >= FIRST_ESCAPE && c <= LAST_ESCAPE && (at == 0 || !Character.isHighSurrogate(path.charAt(at - 1)));
    }
}
