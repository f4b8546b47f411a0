// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

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

    /** For people: {@code caf\\xe9.txt}, as $'…' of a shell takes it, where the bytes are not UTF-8. */
    public static String printable(String path) {
        if (isUtf8(path)) {
            return path;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            if (isEscape(path, i)) {
                text.append("\\x").append(HexFormat.of().toHexDigits((byte) path.charAt(i)));
            } else {
                text.append(path.charAt(i));
            }
        }
        return text.toString();
    }

    /** The text of a path, in whatever locale this Java runs. It opens a file of any name, but prints only some. */
    public static String text(Path path) {
        String text = path.toString();
        return isAscii(text) ? text : decode(bytes(path));
    }

    // Only the URI of a path shows its bytes, each special one as %xx. It is absolute.
    private static byte[] bytes(Path path) {
        Path absolute = path.isAbsolute() ? path : Path.of("/").resolve(path);
        String uri = absolute.toUri().getRawPath();
        ByteBuffer bytes = ByteBuffer.allocate(uri.length());
        for (int at = path.isAbsolute() ? 0 : 1; at < uri.length(); at++) {
            if (uri.charAt(at) == '%') {
                bytes.put((byte) HexFormat.fromHexDigits(uri, at + 1, at + 3));
                at += 2;
            } else {
                bytes.put((byte) uri.charAt(at));
            }
        }
        // The URI of a directory ends with a slash.
        int end = bytes.position();
        return Arrays.copyOf(bytes.array(), end > 1 && bytes.get(end - 1) == '/' ? end - 1 : end);
    }

    /** The path of a text, absolute or relative, in whatever locale this Java runs. */
    public static Path path(String path) {
        if (isAscii(path)) {
            return Path.of(path);
        }
        return path.startsWith("/") ? Path.of("/").resolve(relative(path.substring(1))) : relative(path);
    }

    private static Path relative(String path) {
        StringBuilder uri = new StringBuilder("file:///");
        for (byte each : encode(path)) {
            uri.append(each == '/' ? "/" : "%" + HexFormat.of().toHexDigits(each));
        }
        Path absolute = Path.of(URI.create(uri.toString()));
        return absolute.subpath(0, absolute.getNameCount());
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) >= 0x7F) {
                return false;
            }
        }
        return true;
    }

    private static boolean isEscape(String path, int at) {
        char c = path.charAt(at);
        return c >= FIRST_ESCAPE && c <= LAST_ESCAPE && (at == 0 || !Character.isHighSurrogate(path.charAt(at - 1)));
    }
}
