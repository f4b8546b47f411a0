// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.core.NearestWord;

/**
 * Settings from variables: {@code TIDEMARK_CLUSTER_MAIN_CHECK_BACKUP_AGE} sets {@code cluster.main.check.backup-age}.
 * The name in the middle means the configured one that reads the same in capital letters with underscores, else a new
 * one in small letters.
 */
final class VariableSettings {
    private static final String PREFIX = "TIDEMARK_";

    private VariableSettings() {}

    static List<Setting> read(Environment environment, List<Setting> fromFiles, ConfigurationProblems problems) {
        List<Setting> settings = new ArrayList<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(environment.variables()).entrySet()) {
            String name = variable.getKey();
            if (isSetting(name)) {
                read(name, variable.getValue(), fromFiles, settings, problems);
            }
        }
        return settings;
    }

    private static boolean isSetting(String variable) {
        // Other TIDEMARK_ variables are the launcher's, or made by Kubernetes for a service of that name.
        return variable.startsWith("TIDEMARK_HOST_")
                || variable.startsWith("TIDEMARK_REPOSITORY_")
                || variable.startsWith("TIDEMARK_CLUSTER_");
    }

    private static void read(
            String variable,
            String value,
            List<Setting> fromFiles,
            List<Setting> settings,
            ConfigurationProblems problems) {
        Origin origin = Origin.variable(variable);
        for (KnownKey known : KnownKey.values()) {
            List<String> parts = known.parts();
            String before = PREFIX + shout(parts.getFirst());
            String after = "_" + shout(String.join("_", parts.subList(known.isNamed() ? 2 : 1, parts.size())));
            if (!known.isNamed() && variable.equals(before + after)) {
                settings.add(new Setting(new SettingKey(parts), value, origin));
                return;
            }
            if (known.isNamed()
                    && variable.startsWith(before + "_")
                    && variable.endsWith(after)
                    && variable.length() > before.length() + 1 + after.length()) {
                String shouted = variable.substring(before.length() + 1, variable.length() - after.length());
                Set<String> names = configuredNames(parts.getFirst(), shouted, fromFiles);
                if (names.size() > 1) {
                    problems.add(
                            origin,
                            "may mean " + String.join(" or ", names) + ": expected names that differ in "
                                    + "more than dots, hyphens and capital letters");
                    return;
                }
                String name = names.isEmpty()
                        ? shouted.toLowerCase(Locale.ROOT)
                        : names.iterator().next();
                settings.add(new Setting(known.key(name), value, origin));
                return;
            }
        }
        problems.add(origin, "unknown variable: did you mean '" + nearest(variable) + "'?");
    }

    private static Set<String> configuredNames(String table, String shouted, List<Setting> fromFiles) {
        Set<String> names = new LinkedHashSet<>();
        for (Setting setting : fromFiles) {
            List<String> parts = setting.key().parts();
            if (parts.size() > 2
                    && parts.getFirst().equals(table)
                    && shout(parts.get(1)).equals(shouted)) {
                names.add(parts.get(1));
            }
        }
        return names;
    }

    private static String nearest(String variable) {
        String nearest = variable;
        int least = Integer.MAX_VALUE;
        for (KnownKey known : KnownKey.values()) {
            String candidate = PREFIX + shout(known.pattern()).replace("*", "NAME");
            int distance = NearestWord.distance(variable, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        return nearest;
    }

    private static String shout(String text) {
        return text.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }
}
