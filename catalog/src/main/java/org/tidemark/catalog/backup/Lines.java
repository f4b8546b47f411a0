// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.ArrayList;
import java.util.List;

/** Cuts bytes that were verified already into lines, each of which a line feed closes. */
final class Lines {
    /** Reads the line of {@code length} bytes from {@code offset}, the line feed left out. */
    interface Parser<T> {
        T parse(byte[] bytes, int offset, int length);
    }

    private Lines() {}

    /** @throws IllegalArgumentException if the last line is not closed, or {@code parser} refuses one */
    static <T> List<T> parse(byte[] bytes, Parser<T> parser) {
        List<T> lines = new ArrayList<>();
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                lines.add(parser.parse(bytes, start, i - start));
                start = i + 1;
            }
        }
        if (start != bytes.length) {
            throw new IllegalArgumentException("the last line is cut off");
        }
        return lines;
    }
}
