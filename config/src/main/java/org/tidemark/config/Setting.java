// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One value that somebody set. Immutable.
 *
 * @param value as text; the elements of a list are joined by commas
 */
public record Setting(SettingKey key, String value, Origin origin) {

    /**
     * The source of a setting, in the words of messages. Immutable.
     *
     * @param text such as {@code /etc/tidemark/tidemark.toml:12}
     */
    public record Origin(String text) {
        /** A line of a file, counted from 1. */
        public static Origin line(Path file, int line) {
            return new Origin(file + ":" + line);
        }

        public static Origin file(Path file) {
            return new Origin(file.toString());
        }

        public static Origin variable(String name) {
            return new Origin("variable " + name);
        }

        public static Origin option(String name) {
            return new Origin("option " + name);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * The path to a setting: {@code repository.local.url}. Parts are kept apart, because a name may contain dots.
     * Immutable.
     */
    public record SettingKey(List<String> parts) {
        public SettingKey {
            parts = List.copyOf(parts);
        }

        public static SettingKey of(String... parts) {
            return new SettingKey(List.of(parts));
        }

        /** A key as {@link #toString} writes it. No WAL command calls this. */
        public static SettingKey parse(String text) {
            return new SettingKey(Pattern.compile("\\.(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)") // not within quotes
                    .splitAsStream(text)
                    .map(part -> part.replace("\"", ""))
                    .toList());
        }

        /** Whether it has the form of an option of a repository, {@code repository.NAME.OPTION}. */
        boolean isRepositoryOption() {
            return parts.size() == 3 && parts.getFirst().equals("repository");
        }

        // By hand: what a record brings costs ten milliseconds the first time, and a key is looked up before every
        // segment.
        @Override
        public boolean equals(Object other) {
            return other instanceof SettingKey key && parts.equals(key.parts);
        }

        @Override
        public int hashCode() {
            return parts.hashCode();
        }

        /**
         * Returns the key in the form of TOML: parts with other characters than letters, digits, - and _ are quoted.
         */
        @Override
        public String toString() {
            StringBuilder text = new StringBuilder();
            for (String part : parts) {
                text.append(text.isEmpty() ? "" : ".").append(isBare(part) ? part : '"' + part + '"');
            }
            return text.toString();
        }

        private static boolean isBare(String part) {
            for (int i = 0; i < part.length(); i++) {
                char c = part.charAt(i);
                if (!Character.isLetterOrDigit(c) && c != '-' && c != '_') {
                    return false;
                }
            }
            return !part.isEmpty();
        }
    }
}
