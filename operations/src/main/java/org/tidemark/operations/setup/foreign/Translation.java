// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.setup.foreign;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.config.Configuration.HostSettings;
import org.tidemark.config.SecretMask;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The configuration of another program, translated. Nothing is guessed where a guess could delete a backup too early:
 * what has no exact counterpart is a remark. Secrets are neither read nor repeated.
 *
 * @param program whose configuration it was
 * @param toml a configuration of Tidemark, with a repository of its own: the other program's is in another format
 * @param remarks what a person has to decide, in the order of the file
 */
public record Translation(String program, String toml, List<Remark> remarks) {
    private static final long MOST_BYTES = 1L << 20;
    private static final int MOST_FILES = 1_000;

    /**
     * What was not translated.
     *
     * @param setting where it was: {@code [main] encryption}
     * @param text what to do, a whole sentence
     */
    public record Remark(String setting, String text) {}

    /**
     * Reads a file of pgBackRest, or one of Barman with those that it includes.
     *
     * @throws UserFacingException if it cannot be read, or belongs to neither
     */
    public static Translation of(Path file) {
        IniFile read = IniFile.parse(text(file));
        if (read.sections().contains(BarmanTranslation.GLOBAL)) {
            List<IniFile> all = new ArrayList<>(List.of(read));
            read.value(BarmanTranslation.GLOBAL, BarmanTranslation.INCLUDED)
                    .ifPresent(directory ->
                            all.addAll(included(file.toAbsolutePath().resolveSibling(directory))));
            return new BarmanTranslation(IniFile.together(all)).translation();
        }
        if (PgBackRestTranslation.isOne(read)) {
            return new PgBackRestTranslation(read).translation();
        }
        throw new UserFacingException(
                ExitCode.USAGE,
                "'" + file + "' is neither a configuration of Barman, which has a section [barman], nor one of"
                        + " pgBackRest, which has settings such as pg1-path",
                "Name the main file, such as /etc/barman.conf or /etc/pgbackrest/pgbackrest.conf.");
    }

    private static List<IniFile> included(Path directory) {
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(directory, "*.conf")) {
                found.forEach(files::add);
            } catch (IOException e) {
                throw unreadable(directory, e);
            }
        }
        return files.stream()
                .sorted()
                .limit(MOST_FILES)
                .map(each -> IniFile.parse(text(each)))
                .toList();
    }

    private static String text(Path file) {
        try {
            if (Files.size(file) > MOST_BYTES) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "'" + file + "' is larger than 1 MiB",
                        "Name the configuration of Barman or pgBackRest.");
            }
            return Files.readString(file);
        } catch (MalformedInputException e) {
            try {
                return Files.readString(file, StandardCharsets.ISO_8859_1);
            } catch (IOException again) {
                throw unreadable(file, again);
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static UserFacingException unreadable(Path file, IOException e) {
        return new UserFacingException(
                ExitCode.LOCAL_FILES,
                "cannot read '" + file + "': " + e,
                "Run the command as a user who may read it.",
                e);
    }

    /**
     * A conninfo without its passwords, in either of libpq's forms.
     *
     * @return empty if one may be left
     */
    static Optional<String> withoutPasswords(String conninfo) {
        String without = conninfo.replaceAll("(?i)(^|\\s)(?:ssl)?password\\s*=\\s*(?:'(?:[^'\\\\]|\\\\.)*'|\\S+)", "$1")
                .replaceAll("(://[^/@:]*):[^/@]*@", "$1@")
                .replaceAll("(?i)([?&])(?:ssl)?password=[^&]*&?", "$1")
                .replaceAll("[?&]$", "")
                .strip();
        return Optional.of(without).filter(text -> !SecretMask.hasSecret(text));
    }

    /** A number of jobs that Tidemark accepts. */
    static Optional<String> jobs(Optional<String> number) {
        return number.filter(text -> text.matches("[0-9]{1,4}"))
                .map(text -> Integer.toString(Math.min(Integer.parseInt(text), HostSettings.MAX_JOBS)));
    }

    /** The tables of clusters, each with a name of its own. */
    static final class Names {
        private static final int MOST = 60;

        private final Map<String, String> tables = new LinkedHashMap<>();

        /** What a name may not have becomes a hyphen. */
        String cluster(String name) {
            String known = tables.get(name);
            if (known != null) {
                return known;
            }
            String clean = name.replaceAll("[^A-Za-z0-9_-]", "-").replaceFirst("^[^A-Za-z0-9]+", "");
            String table = "cluster." + (clean.isEmpty() ? "main" : clean.substring(0, Math.min(clean.length(), MOST)));
            String free = tables.containsValue(table) ? table + "-" + (tables.size() + 1) : table;
            tables.put(name, free);
            return free;
        }
    }

    /** A table of the configuration, and its keys in order. */
    static final class Table {
        private final StringBuilder text = new StringBuilder();

        Table(String name) {
            text.append('[').append(name).append("]\n");
        }

        Table put(String key, String value) {
            return raw(key, quoted(value));
        }

        Table put(String key, Optional<String> value) {
            value.ifPresent(each -> put(key, each));
            return this;
        }

        /** A number, a boolean or a list. */
        Table raw(String key, String value) {
            text.append(key).append(" = ").append(value).append('\n');
            return this;
        }

        Table raw(String key, Optional<String> value) {
            value.ifPresent(each -> raw(key, each));
            return this;
        }

        /** Empty if nothing was put. */
        String text() {
            return text.indexOf("\n") == text.length() - 1 ? "" : "\n" + text;
        }

        static String quoted(String value) {
            return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\t", "\\t") + '"';
        }
    }
}
