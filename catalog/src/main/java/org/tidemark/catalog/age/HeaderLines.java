// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Reads lines of printable ASCII, not a byte beyond the last one, and keeps them. Not thread-safe. */
final class HeaderLines {
    /** A recipient takes about 100 bytes; a longer text is not a header. */
    static final int MAX_HEADER_BYTES = 64 << 10;

    private final InputStream from;
    private final ByteArrayOutputStream read = new ByteArrayOutputStream(512);

    HeaderLines(InputStream from) {
        this.from = from;
    }

    /** Without its line feed. */
    String next() throws IOException {
        int begin = read.size();
        for (int next = from.read(); next != '\n'; next = from.read()) {
            if (next < ' ' || next > '~' || read.size() >= MAX_HEADER_BYTES) {
                throw new AgeFormatException(
                        next < 0
                                ? "it ends within its age header"
                                : "it has no age header: it does not begin with lines of text");
            }
            read.write(next);
        }
        read.write('\n');
        byte[] bytes = read.toByteArray();
        return new String(bytes, begin, bytes.length - 1 - begin, StandardCharsets.US_ASCII);
    }

    byte[] bytes() {
        return read.toByteArray();
    }
}
