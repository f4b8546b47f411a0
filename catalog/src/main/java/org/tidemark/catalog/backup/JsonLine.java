// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonText;
import org.tidemark.core.PathBytes;

/** The JSON of manifests and indexes: an object on each line. */
final class JsonLine {
    private static final String HEX = "-hex";

    private JsonLine() {}

    /** An object without any white space, closed by a line feed. */
    static byte[] write(Map<String, Object> members) {
        return (JsonText.of(members) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /**
     * Cuts bytes that were verified already into lines, each of which a line feed closes.
     *
     * @throws IllegalArgumentException if the last line is not closed, or {@code parser} refuses one
     */
    static <T> List<T> parseAll(byte[] bytes, Function<JsonObject, T> parser) {
        List<T> all = new ArrayList<>();
        lines(bytes, bytes.length, parser).forEachRemaining(all::add);
        return all;
    }

    /**
     * The same of an array up to a limit, each line parsed when it is asked for: then the iterator throws what
     * {@link #parseAll} does. Many lines at once would outlive the collector's young generation, and its old one would
     * grow by all that were ever read.
     */
    static <T> Iterator<T> lines(byte[] bytes, int limit, Function<JsonObject, T> parser) {
        return new Iterator<>() {
            private int start;

            @Override
            public boolean hasNext() {
                return start < limit;
            }

            @Override
            public T next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                int end = start;
                while (end < limit && bytes[end] != '\n') {
                    end++;
                }
                if (end == limit) {
                    throw new IllegalArgumentException("the last line is cut off");
                }
                JsonObject line = JsonObject.parse(new String(bytes, start, end - start, StandardCharsets.UTF_8));
                start = end + 1;
                return parser.apply(line);
            }
        };
    }

    /** Adds the member of a path: {@code path-hex} where its bytes are not UTF-8. */
    static void putPath(Map<String, Object> members, String name, String path) {
        if (PathBytes.isUtf8(path)) {
            members.put(name, path);
        } else {
            members.put(name + HEX, HexFormat.of().formatHex(PathBytes.encode(path)));
        }
    }

    /** @throws IllegalArgumentException if there is no such member, or it is not of one of the two forms */
    static String path(JsonObject members, String name) {
        return members.has(name + HEX)
                ? members.value(
                        name + HEX, hex -> PathBytes.decode(HexFormat.of().parseHex(hex)))
                : members.text(name);
    }

    /** A checksum as eight digits: lower case, most significant first. */
    static String hex(int crc32c) {
        return HexFormat.of().toHexDigits(crc32c);
    }

    /** @throws IllegalArgumentException if {@code text} is not eight digits */
    static int crc32c(String text) {
        return (int) digits(text, 8);
    }

    /**
     * A number of exactly {@code count} lower-case hexadecimal digits, at most 16.
     *
     * @throws IllegalArgumentException if {@code text} is anything else
     */
    static long digits(String text, int count) {
        if (text.length() != count || !isLowerCaseHex(text)) {
            throw new IllegalArgumentException("not a checksum: '" + text + "' (expected " + count + " digits 0-9a-f)");
        }
        return HexFormat.fromHexDigitsToLong(text);
    }

    private static boolean isLowerCaseHex(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return false;
            }
        }
        return true;
    }
}
