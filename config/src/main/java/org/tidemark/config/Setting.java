// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;

/**
 * One value that somebody set. Immutable.
 *
 * @param value as text; the elements of a list are joined by commas
 */
public record Setting(SettingKey key, String value, Origin origin) {

    /**
     * Where a setting comes from, as messages name it. Immutable.
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
}
