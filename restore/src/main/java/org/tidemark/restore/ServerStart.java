// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;

/**
 * How the restored server is started on this host, so that it opens the restored directory and no other. Immutable.
 *
 * @param pgCtl the program, with its path where the package of the backup's version is installed
 * @param port that the configuration in the backup sets
 * @param namesDirectory whether that configuration sets data_directory, which would be opened instead
 * @param outside where the backup has no postgresql.conf
 */
public record ServerStart(
        String pgCtl, OptionalInt port, boolean namesDirectory, Optional<OutsideConfiguration> outside) {
    /** Configuration in the data directory, programs on the PATH. */
    public static final ServerStart PLAIN = new ServerStart("pg_ctl", OptionalInt.empty(), false, Optional.empty());

    private static final int DEFAULT_PORT = 5432;
    private static final List<String> PROGRAMS = List.of("usr/lib/postgresql/%s/bin/pg_ctl", "usr/pgsql-%s/bin/pg_ctl");

    /**
     * A configuration that is kept outside of the data directory, as Debian does.
     *
     * @param file postgresql.conf; where it would usually be, if it was not found
     * @param original the data directory that it names
     * @param port for the restored server: another one than the original's while that runs
     */
    public record OutsideConfiguration(
            Path file, boolean found, Path hbaFile, Path identFile, Optional<Path> original, int port) {}

    /**
     * Looks for programs and configurations.
     *
     * @param root below which to look
     * @param files the text of the settings files of the backup, in the order in which PostgreSQL reads them
     */
    static ServerStart find(Path root, int major, Map<String, String> files, Path directory) {
        String pgCtl = PROGRAMS.stream()
                .map(program -> root.resolve(program.replace("%s", Integer.toString(major))))
                .filter(Files::isExecutable)
                .map(Path::toString)
                .findFirst()
                .orElse("pg_ctl");
        boolean inside = files.containsKey(OutsideSettings.CONF);
        Optional<String> port = value(files, "port");
        return new ServerStart(
                pgCtl,
                inside ? port.map(ServerStart::number).orElse(OptionalInt.empty()) : OptionalInt.empty(),
                value(files, "data_directory").isPresent(),
                inside ? Optional.empty() : Optional.of(outside(root, major, directory)));
    }

    private static OutsideConfiguration outside(Path root, int major, Path directory) {
        Path clusters = root.resolve("etc/postgresql").resolve(Integer.toString(major));
        Path usual = clusters.resolve("main/postgresql.conf");
        Path file = usual;
        if (!Files.isReadable(usual) && Files.isDirectory(clusters)) {
            try (DirectoryStream<Path> found = Files.newDirectoryStream(clusters)) {
                for (Path each : found) {
                    Path conf = each.resolve("postgresql.conf");
                    if (Files.isReadable(conf)) {
                        file = conf;
                    }
                }
            } catch (IOException e) {
                file = usual;
            }
        }
        Map<String, String> settings = Map.of();
        try {
            if (Files.isReadable(file)) {
                settings = Map.of(file.toString(), SettingsFile.read(file).text());
            }
        } catch (IOException e) {
            // Then its settings stay as they are usually.
            settings = Map.of();
        }
        Optional<Path> original = value(settings, "data_directory").map(Path::of);
        int port = value(settings, "port")
                .map(ServerStart::number)
                .orElse(OptionalInt.empty())
                .orElse(DEFAULT_PORT);
        boolean runs = original.isPresent()
                && !original.get().equals(directory)
                && Files.exists(original.get().resolve("postmaster.pid"));
        return new OutsideConfiguration(
                file,
                !settings.isEmpty(),
                value(settings, "hba_file").map(Path::of).orElse(file.resolveSibling("pg_hba.conf")),
                value(settings, "ident_file").map(Path::of).orElse(file.resolveSibling("pg_ident.conf")),
                original,
                runs ? port + 1 : port);
    }

    private static Optional<String> value(Map<String, String> files, String name) {
        Optional<String> found = Optional.empty();
        for (Map.Entry<String, String> file : files.entrySet()) {
            try {
                Optional<String> value =
                        SettingsFile.parse(file.getValue(), file.getKey()).value(name);
                found = value.isPresent() ? value : found;
            } catch (CorruptFileException e) {
                // What came before it counts; OutsideSettings reports the file.
            }
        }
        return found.filter(value -> !value.isEmpty());
    }

    private static OptionalInt number(String text) {
        return text.matches("[0-9]{1,5}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** The line for a shell that starts the server in {@code directory}. */
    String command(Path directory) {
        List<String> options = new ArrayList<>();
        outside.ifPresent(of -> options.add("config_file=" + of.file()));
        if (outside.isPresent() || namesDirectory) {
            options.add("data_directory=" + directory);
        }
        outside.ifPresent(of -> options.addAll(List.of(
                "hba_file=" + of.hbaFile(),
                "ident_file=" + of.identFile(),
                "external_pid_file=",
                "port=" + of.port())));
        // pg_ctl hands the options to a shell once more.
        List<String> words =
                options.stream().map(option -> "-c " + quoted(option)).toList();
        return quoted(pgCtl) + " -D " + quoted(directory.toString())
                + (words.isEmpty() ? "" : " -o " + quoted(String.join(" ", words))) + " start";
    }

    /** The line that says whether the server in {@code directory} runs. */
    String status(Path directory) {
        return quoted(pgCtl) + " -D " + quoted(directory.toString()) + " status";
    }

    /** The line for a shell that asks the server. */
    String psql(String sql) {
        OptionalInt of = outside.isPresent() ? OptionalInt.of(outside.get().port()) : port;
        return "psql " + (of.isPresent() ? "-p " + of.getAsInt() + " " : "") + "-d postgres -c " + quoted(sql);
    }

    /** One word of a shell. */
    static String quoted(String word) {
        return word.matches("[A-Za-z0-9_./:@+=-]+") ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
