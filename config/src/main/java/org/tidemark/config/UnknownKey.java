// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.NearestWord;

/** What to say of a key that no table has. Pure. */
final class UnknownKey {
    /** More keys are read better on their page. */
    private static final int MOST_KEYS = 12;

    private UnknownKey() {}

    /**
     * Says what was probably meant: a key that is written almost so, the same word elsewhere, or a key of the table.
     */
    static String problem(SettingKey unknown, List<List<String>> patterns) {
        List<SettingKey> known =
                patterns.stream().map(each -> named(each, unknown)).toList();
        String said = "unknown key '" + unknown + "'";
        return near(unknown, known)
                .or(() -> sameWord(unknown, known))
                .map(key -> said + ": did you mean '" + key + "'?")
                .orElseGet(() -> said + ": " + table(unknown, known));
    }

    /** A pattern with the name that the unknown key has at its place. */
    private static SettingKey named(List<String> pattern, SettingKey unknown) {
        List<String> parts = new ArrayList<>(pattern);
        int name = parts.indexOf("*");
        if (name > 0) {
            boolean isOfThisTable = unknown.parts().size() > name + 1
                    && unknown.parts().subList(0, name).equals(pattern.subList(0, name));
            parts.set(name, isOfThisTable ? unknown.parts().get(name) : "NAME");
        }
        return new SettingKey(parts);
    }

    private static Optional<SettingKey> near(SettingKey unknown, List<SettingKey> known) {
        int most = Math.max(2, unknown.parts().getLast().length() / 3);
        return known.stream()
                .filter(each -> distance(unknown, each) <= most)
                .min(Comparator.comparingInt(each -> distance(unknown, each)));
    }

    private static int distance(SettingKey one, SettingKey other) {
        return NearestWord.distance(one.toString(), other.toString());
    }

    private static Optional<SettingKey> sameWord(SettingKey unknown, List<SettingKey> known) {
        return known.stream()
                .filter(each -> each.parts().getLast().equals(unknown.parts().getLast()))
                .min(Comparator.comparingInt(each -> distance(unknown, each)));
    }

    private static String table(SettingKey unknown, List<SettingKey> known) {
        List<String> table = unknown.parts().subList(0, unknown.parts().size() - 1);
        TreeSet<String> keys = new TreeSet<>();
        for (SettingKey each : known) {
            if (each.parts().size() > table.size()
                    && each.parts().subList(0, table.size()).equals(table)) {
                keys.add(each.parts().get(table.size()));
            }
        }
        if (keys.isEmpty()) {
            return "there is no table '" + String.join(".", table) + "'";
        }
        return keys.size() > MOST_KEYS
                ? "docs/reference/configuration.md has the keys of '" + String.join(".", table) + "'"
                : "'" + String.join(".", table) + "' has " + String.join(", ", keys);
    }
}
