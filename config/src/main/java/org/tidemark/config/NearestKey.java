// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.NearestWord;

/** Finds the known key that an unknown one was probably meant to be, by the number of letters to change. */
final class NearestKey {
    private NearestKey() {}

    static SettingKey to(SettingKey unknown) {
        SettingKey nearest = unknown;
        int least = Integer.MAX_VALUE;
        for (List<String> pattern : VariableSettings.patterns()) {
            SettingKey candidate = withNameOf(unknown, pattern);
            int distance = NearestWord.distance(unknown.toString(), candidate.toString());
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    private static SettingKey withNameOf(SettingKey unknown, List<String> pattern) {
        List<String> parts = new ArrayList<>(pattern);
        if (parts.get(1).equals("*")) {
            parts.set(1, unknown.parts().size() > 2 ? unknown.parts().get(1) : "NAME");
        }
        return new SettingKey(parts);
    }
}
