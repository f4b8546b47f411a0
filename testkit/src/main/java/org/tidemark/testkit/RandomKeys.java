// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.util.NavigableSet;
import java.util.Random;

/** Keys of few characters, so that they are neighbours in many ways. */
final class RandomKeys {
    private static final String CHARACTERS = "-.0Aa_";

    private RandomKeys() {}

    /**
     * Adds a key, unless it is a directory of another key in the set or is below one: no repository has such keys, and
     * a store of directories cannot hold them.
     */
    static void addTo(NavigableSet<String> keys, Random random) {
        String key = next(random);
        if (keys.stream().noneMatch(other -> other.startsWith(key + "/") || key.startsWith(other + "/"))) {
            keys.add(key);
        }
    }

    private static String next(Random random) {
        StringBuilder key = new StringBuilder();
        for (int depth = random.nextInt(3); depth >= 0; depth--) {
            key.append(key.isEmpty() ? "" : "/").append("Aa0-".charAt(random.nextInt(4)));
            for (int length = random.nextInt(3); length > 0; length--) {
                key.append(CHARACTERS.charAt(random.nextInt(CHARACTERS.length())));
            }
        }
        return key.toString();
    }
}
