// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that a misspelt one was probably meant to be, by the number of letters to change. Pure. */
public final class NearestWord {
    private NearestWord() {}

    /** Empty if none is near: more than two letters, or a third of them, would have to change. */
    public static Optional<String> of(String misspelt, Collection<String> known) {
        return known.stream()
                .filter(each -> distance(misspelt, each) <= Math.max(2, each.length() / 3))
                .min(Comparator.comparingInt((String each) -> distance(misspelt, each))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance. */
    public static int distance(String from, String to) {
        int[] previous = new int[to.length() + 1];
        for (int j = 0; j <= to.length(); j++) {
            previous[j] = j;
        }
        for (int i = 1; i <= from.length(); i++) {
            int[] current = new int[to.length() + 1];
            current[0] = i;
            for (int j = 1; j <= to.length(); j++) {
                int replaced = previous[j - 1] + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
                current[j] = Math.min(replaced, 1 + Math.min(previous[j], current[j - 1]));
            }
            previous = current;
        }
        return previous[to.length()];
    }
}
