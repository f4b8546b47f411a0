// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tidemark.config.ConfigurationException.ConfigurationProblems;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;

/**
 * Settings from variables: {@code TIDEMARK_CLUSTER_MAIN_CHECK_BACKUP_AGE} sets {@code cluster.main.check.backup-age}.
 * The name in the middle stands for the configured name with the same spelling in capitals and underscores, otherwise
 * for a new name in lower case.
 */
final class VariableSettings {
    private static final String PREFIX = "TIDEMARK_";
    private static final String REPOSITORY = PREFIX + "REPOSITORY_";

    private VariableSettings() {}

    static List<Setting> read(Environment environment, List<Setting> fromFiles, ConfigurationProblems problems) {
        List<Setting> settings = new ArrayList<>();
        for (Map.Entry<String, String> variable : new TreeMap<>(environment.variables()).entrySet()) {
            String name = variable.getKey();
            if (isSetting(name)) {
                read(environment, name, variable.getValue(), fromFiles, settings, problems);
            }
        }
        return settings;
    }

    static boolean isSetting(String variable) {
        // Other TIDEMARK_ variables are the launcher's, or made by Kubernetes for a service of that name.
        return variable.startsWith("TIDEMARK_HOST_")
                || variable.startsWith(REPOSITORY)
                || variable.startsWith("TIDEMARK_CLUSTER_");
    }

    private static void read(
            Environment environment,
            String variable,
            String value,
            List<Setting> fromFiles,
            List<Setting> settings,
            ConfigurationProblems problems) {
        Origin origin = Origin.variable(variable);
        List<String> best = List.of();
        String bestName = "";
        boolean bestKnown = false;
        for (List<String> pattern : patterns(variable.startsWith(REPOSITORY))) {
            boolean named = pattern.get(1).equals("*");
            String before = PREFIX + shout(pattern.getFirst()) + "_";
            String after = shout(String.join("_", pattern.subList(named ? 2 : 1, pattern.size())));
            if (!named && variable.equals(before + after)) {
                settings.add(new Setting(new SettingKey(pattern), value, origin));
                return;
            }
            boolean fits = named
                    && variable.startsWith(before)
                    && variable.endsWith("_" + after)
                    && variable.length() > before.length() + 1 + after.length();
            if (!fits) {
                continue;
            }
            String shouted = variable.substring(before.length(), variable.length() - 1 - after.length());
            Set<String> names = configuredNames(pattern.getFirst(), shouted, fromFiles);
            if (names.size() > 1) {
                problems.add(
                        origin,
                        "may mean " + String.join(" or ", names) + ": expected names that differ in "
                                + "more than dots, hyphens and capital letters");
                return;
            }
            // MAIN_AUTH_URL ends with AUTH_URL and with URL: other settings decide; without them the longer name is
            // meant.
            String address = before + shouted + "_URL";
            boolean known = !names.isEmpty()
                    || (!address.equals(variable) && environment.variables().containsKey(address));
            boolean longer = shouted.length() > bestName.length();
            if (best.isEmpty() || (known && !bestKnown) || (known == bestKnown && longer)) {
                best = pattern;
                bestKnown = known;
                bestName = names.isEmpty()
                        ? shouted.toLowerCase(Locale.ROOT)
                        : names.iterator().next();
            }
        }
        if (best.isEmpty()) {
            problems.add(origin, UnknownVariable.problem(variable, patterns(true)));
            return;
        }
        List<String> parts = new ArrayList<>(best);
        parts.set(1, bestName);
        settings.add(new Setting(new SettingKey(parts), value, origin));
    }

    /**
     * The parts of every key; the second one is {@code *} where a name belongs.
     *
     * @param ofStores whether with the options that the stores declare: loading all of them costs a WAL command
     *     milliseconds
     */
    static List<List<String>> patterns(boolean ofStores) {
        List<List<String>> patterns = new ArrayList<>();
        for (KnownKey known : KnownKey.values()) {
            patterns.add(known.parts());
        }
        if (ofStores) {
            for (String option : StoreDeclarations.options().keySet()) {
                patterns.add(List.of("repository", "*", option));
            }
        }
        return patterns;
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

    /** The variable of a key; {@code *} stays where a name belongs. */
    static String of(List<String> pattern) {
        return PREFIX + shout(String.join("_", pattern));
    }

    static String shout(String text) {
        return text.toUpperCase(Locale.ROOT).replace('-', '_').replace('.', '_');
    }
}
