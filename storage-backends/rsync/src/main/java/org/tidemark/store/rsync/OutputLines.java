// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.function.Predicate;

/** The output of a program by lines of bounded length, whatever the program prints. */
final class OutputLines {
    /** Longer than any line about a key; what goes beyond is dropped. */
    private static final int MAX_LINE = 8 * 1024;

    private OutputLines() {}

    /**
     * Reads to the end, or until a line is not wanted.
     *
     * @param wanted whether to read on
     * @return whether the end was reached
     */
    static boolean read(InputStream output, Predicate<String> wanted) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(output, StandardCharsets.ISO_8859_1));
        StringBuilder line = new StringBuilder();
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (c != '\n') {
                if (line.length() < MAX_LINE) {
                    line.append((char) c);
                }
            } else {
                if (!wanted.test(line.toString())) {
                    return false;
                }
                line.setLength(0);
            }
        }
        return line.isEmpty() || wanted.test(line.toString());
    }
}
