// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Private keys as {@code age-keygen} writes them: one a line, between empty lines and comments that begin with #. */
public final class IdentityFile {
    private IdentityFile() {}

    /**
     * Reads the keys.
     *
     * @param content the caller overwrites it
     * @throws IllegalArgumentException with the number of the line that is not a key, or if there are no keys; no
     *     message holds anything of the content
     */
    public static List<AgeIdentity> parse(byte[] content) {
        List<AgeIdentity> identities = new ArrayList<>();
        int number = 0;
        for (int begin = 0; begin < content.length; ) {
            number++;
            int end = begin;
            while (end < content.length && content[end] != '\n') {
                end++;
            }
            byte[] line = stripped(content, begin, end);
            if (line.length > 0 && line[0] != '#') {
                try {
                    identities.add(AgeIdentity.parse(line));
                } catch (IllegalArgumentException e) {
                    throw new IllegalArgumentException(
                            "line " + number + " is not a private key: " + e.getMessage(), e);
                }
            }
            Arrays.fill(line, (byte) 0);
            begin = end + 1;
        }
        if (identities.isEmpty()) {
            throw new IllegalArgumentException("there is no private key in it");
        }
        return List.copyOf(identities);
    }

    private static byte[] stripped(byte[] content, int begin, int end) {
        int first = begin;
        int behind = end;
        while (first < behind && content[first] <= ' ' && content[first] >= 0) {
            first++;
        }
        while (behind > first && content[behind - 1] <= ' ' && content[behind - 1] >= 0) {
            behind--;
        }
        return Arrays.copyOfRange(content, first, behind);
    }
}
