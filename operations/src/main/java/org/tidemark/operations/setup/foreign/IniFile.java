// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup.foreign;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Sections with settings, as Barman and pgBackRest write them. What was asked for is remembered, so that the rest can
 * be named. Not thread-safe.
 */
final class IniFile {
    private final Map<String, Map<String, String>> sections = new LinkedHashMap<>();
    private final Set<String> asked = new LinkedHashSet<>();

    private IniFile() {}

    /** A line that is no setting, such as a comment, is passed over. The last of several settings counts. */
    static IniFile parse(String text) {
        IniFile file = new IniFile();
        String section = "";
        for (String line : text.lines().map(String::strip).toList()) {
            int equals = line.indexOf('=');
            if (line.startsWith("[") && line.endsWith("]")) {
                section = line.substring(1, line.length() - 1).strip();
                file.sections.computeIfAbsent(section, _ -> new LinkedHashMap<>());
            } else if (equals > 0 && !line.startsWith("#") && !line.startsWith(";")) {
                file.sections
                        .computeIfAbsent(section, _ -> new LinkedHashMap<>())
                        .put(
                                line.substring(0, equals).strip(),
                                line.substring(equals + 1).strip());
            }
        }
        return file;
    }

    /** Later files add sections and settings. */
    static IniFile together(Collection<IniFile> files) {
        IniFile all = new IniFile();
        for (IniFile file : files) {
            file.sections.forEach((name, settings) -> all.sections
                    .computeIfAbsent(name, _ -> new LinkedHashMap<>())
                    .putAll(settings));
        }
        return all;
    }

    List<String> sections() {
        return List.copyOf(sections.keySet());
    }

    Set<String> keys(String section) {
        return sections.getOrDefault(section, Map.of()).keySet();
    }

    /** Empty also for a setting without a value. */
    Optional<String> value(String section, String key) {
        asked.add(place(section, key));
        return Optional.ofNullable(sections.getOrDefault(section, Map.of()).get(key))
                .filter(value -> !value.isEmpty());
    }

    /** As a sentence names it. */
    static String place(String section, String key) {
        return "[" + section + "] " + key;
    }

    /** The settings of a section that nobody has asked for, in its order. */
    List<String> rest(String section) {
        List<String> rest = new ArrayList<>(keys(section));
        rest.removeIf(key -> asked.contains(place(section, key)));
        return rest;
    }
}
