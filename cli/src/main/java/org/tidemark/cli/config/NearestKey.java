// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.config;

import java.util.ArrayList;
import java.util.List;

/** Finds the known key that an unknown one was probably meant to be, by the number of letters to change. */
final class NearestKey {
    private NearestKey() {}

    static SettingKey to(SettingKey unknown) {
        SettingKey nearest = unknown;
        int least = Integer.MAX_VALUE;
        for (KnownKey known : KnownKey.values()) {
            SettingKey candidate = withNameOf(unknown, known);
            int distance = distance(unknown.toString(), candidate.toString());
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    private static SettingKey withNameOf(SettingKey unknown, KnownKey known) {
        List<String> parts = new ArrayList<>(known.parts());
        if (known.isNamed()) {
            parts.set(1, unknown.parts().size() > 2 ? unknown.parts().get(1) : "NAME");
        }
        return new SettingKey(parts);
    }

    /** Levenshtein's distance. */
    static int distance(String from, String to) {
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
