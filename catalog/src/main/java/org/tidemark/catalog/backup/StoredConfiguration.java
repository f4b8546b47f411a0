// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.StoredObject;

/**
 * The configuration of a backup as {@code backup.json} lists it: files that PostgreSQL read outside of its data
 * directory. Immutable.
 *
 * @param object holds them all
 */
public record StoredConfiguration(StoredObject object, List<File> files) {
    /** So many files at most. */
    public static final int MAX_FILES = 200;

    /** What PostgreSQL reads a file as. */
    public enum Kind {
        /** Like postgresql.conf. */
        SETTINGS("settings"),
        /** Like pg_hba.conf and pg_ident.conf, and lists of names. */
        ACCESS("access"),
        /** PostgreSQL does not read it; a script that starts it does. */
        OTHER("other");

        private final String text;

        Kind(String text) {
            this.text = text;
        }

        /** This version does not act on a kind that it does not know. */
        static Kind of(String text) {
            return List.of(values()).stream()
                    .filter(each -> each.text.equals(text))
                    .findFirst()
                    .orElse(OTHER);
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /** The settings that name a file of their own. */
    public enum Setting {
        CONFIG_FILE("config_file"),
        HBA_FILE("hba_file"),
        IDENT_FILE("ident_file");

        private final String text;

        Setting(String text) {
            this.text = text;
        }

        /** Empty for another one. */
        static Optional<Setting> of(String text) {
            return List.of(values()).stream()
                    .filter(each -> each.text.equals(text))
                    .findFirst();
        }

        @Override
        public String toString() {
            return text;
        }
    }

    /**
     * One file.
     *
     * @param path absolute, on the host of the server
     * @param setting the one that named it; empty if another file included it
     * @param withoutPasswords what holds no password here, although it holds one in the file: a name and the number of
     *     a line
     */
    public record File(
            String path, Kind kind, Optional<Setting> setting, long sizeBytes, List<String> withoutPasswords) {
        public File {
            ConfigurationFile.checkPath(path);
            withoutPasswords = List.copyOf(withoutPasswords);
        }
    }

    public StoredConfiguration {
        files = List.copyOf(files);
        if (files.isEmpty() || files.size() > MAX_FILES) {
            throw new IllegalArgumentException("not a configuration of " + files.size() + " files");
        }
    }

    /** What is said of the file with this path; empty if it is not one of these. */
    public Optional<File> file(String path) {
        return files.stream().filter(each -> each.path().equals(path)).findFirst();
    }

    /** Where the server read what a setting named; empty if that was in the data directory. */
    public Optional<String> path(Setting setting) {
        return files.stream()
                .filter(each -> each.setting().equals(Optional.of(setting)))
                .map(File::path)
                .findFirst();
    }
}
