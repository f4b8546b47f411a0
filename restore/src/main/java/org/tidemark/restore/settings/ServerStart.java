// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.core.ShellWord;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.EffectiveSettings;
import org.tidemark.postgres.EffectiveSettings.UncertainSettingException;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.server.ServerPrograms;

/**
 * How the restored server is started on this host, so that it opens the restored directory and no other. Immutable.
 *
 * @param pgCtl the program, with its path where the package of the backup's version is installed
 * @param namesDirectory whether the configuration in the backup sets data_directory, which would be opened instead
 * @param outside where the backup has no postgresql.conf
 * @param moved settings of files that the restore puts elsewhere, each with its value
 */
public record ServerStart(
        String pgCtl,
        boolean namesDirectory,
        Optional<OutsideConfiguration> outside,
        ServerPort listening,
        List<String> moved) {
    /** The log that the start command names, in the data directory. */
    public static final String LOG = "start.log";

    private static final String PACKAGED_SOCKETS = "/var/run/postgresql";

    /** Configuration in the data directory, programs on the PATH. */
    public static final ServerStart PLAIN = new ServerStart(
            "pg_ctl",
            false,
            Optional.empty(),
            new ServerPort(ServerPort.DEFAULT_PORT, false, ServerPort.DEFAULT_PORT, PACKAGED_SOCKETS, false),
            List.of());

    public ServerStart {
        moved = List.copyOf(moved);
    }

    /**
     * A configuration that is kept outside of the data directory, as Debian does.
     *
     * @param file postgresql.conf; a placeholder if it was not found, as are the next two
     * @param original the data directory that it names
     * @param settings its text by its path; empty if it was not found
     */
    public record OutsideConfiguration(
            Path file,
            Origin origin,
            Path hbaFile,
            Path identFile,
            Optional<Path> original,
            Map<String, String> settings) {
        private static final OutsideConfiguration UNKNOWN = new OutsideConfiguration(
                Path.of("FILE"),
                Origin.UNKNOWN,
                Path.of("HBA_FILE"),
                Path.of("IDENT_FILE"),
                Optional.empty(),
                Map.of());

        public OutsideConfiguration {
            settings = Collections.unmodifiableMap(new LinkedHashMap<>(settings));
        }

        public boolean found() {
            return origin != Origin.UNKNOWN;
        }

        /**
         * The same where the links in a directory lead: a restore that moves the directory away takes the links along.
         */
        private OutsideConfiguration outOf(Path directory) {
            return new OutsideConfiguration(
                    outOf(file, directory),
                    origin,
                    outOf(hbaFile, directory),
                    outOf(identFile, directory),
                    original,
                    settings);
        }

        private static Path outOf(Path file, Path directory) {
            try {
                Path parent = file.getParent();
                return parent != null && Files.isSymbolicLink(file) && isSame(parent, directory)
                        ? file.toRealPath()
                        : file;
            } catch (IOException e) {
                return file;
            }
        }

        /** The same, with the files that a command line names. */
        private OutsideConfiguration naming(Optional<Path> hba, Optional<Path> ident, Path directory) {
            return new OutsideConfiguration(
                    file, origin, hba.orElse(hbaFile), ident.orElse(identFile), Optional.of(directory), settings);
        }
    }

    /** Where a configuration comes from. */
    public enum Origin {
        UNKNOWN,
        /** It is this host's. */
        HOST,
        /** A restore put it beside the data directory, where no service looks for it. */
        BESIDE
    }

    /**
     * The data directories by which the cluster's own configuration is recognized.
     *
     * @param target the restored one
     * @param configured that of the cluster in Tidemark's configuration
     */
    public record Directories(Path target, Optional<Path> configured) {}

    /**
     * Looks for programs and configurations.
     *
     * @param root below which to look
     * @param files the text of the settings files of the backup, in the order in which PostgreSQL reads them
     */
    public static ServerStart find(Path root, int major, Map<String, String> files, Directories directories) {
        return find(
                root,
                major,
                files,
                files.containsKey(ExternalSettings.CONF)
                        ? Optional.empty()
                        : Optional.of(outside(root, major, directories)),
                List.of());
    }

    /** With the configuration of the backup, where the restore puts it. */
    public static ServerStart with(
            ConfigurationPlan plan, Path directory, Path root, int major, Map<String, String> files) {
        Optional<Path> conf = plan.place(Setting.CONFIG_FILE);
        if (conf.isEmpty()) {
            List<String> moved = new ArrayList<>();
            for (Setting setting : List.of(Setting.HBA_FILE, Setting.IDENT_FILE)) {
                plan.place(setting).ifPresent(place -> moved.add(setting + "=" + place));
            }
            return find(root, major, files, Optional.empty(), moved);
        }
        Map<String, String> settings = Map.of(conf.get().toString(), plan.effective());
        return find(
                root,
                major,
                files,
                Optional.of(new OutsideConfiguration(
                        conf.get(),
                        plan.isBeside() ? Origin.BESIDE : Origin.HOST,
                        plan.place(Setting.HBA_FILE).orElseGet(() -> within(directory, settings, "hba_file")),
                        plan.place(Setting.IDENT_FILE).orElseGet(() -> within(directory, settings, "ident_file")),
                        value(settings, "data_directory").map(Path::of),
                        settings)),
                List.of());
    }

    /** What the server had in its data directory, by the name that it had there. */
    private static Path within(Path directory, Map<String, String> settings, String name) {
        String file = value(settings, name).orElse("pg_" + name.replace("_file", ".conf"));
        return directory.resolve(file.substring(file.lastIndexOf('/') + 1));
    }

    /** The same, which takes none of these ports unless its configuration gives it that one. */
    public ServerStart besides(Set<Integer> ports) {
        return new ServerStart(pgCtl, namesDirectory, outside, listening.besides(ports), moved);
    }

    private static ServerStart find(
            Path root,
            int major,
            Map<String, String> files,
            Optional<OutsideConfiguration> outside,
            List<String> moved) {
        Optional<String> pgCtl = ServerPrograms.find(root, major, "pg_ctl").map(Path::toString);
        Map<String, String> settings = all(outside, files);
        return new ServerStart(
                pgCtl.orElse("pg_ctl"),
                value(files, "data_directory").isPresent(),
                outside,
                ServerPort.find(
                        value(settings, "port").map(ServerStart::number).orElse(OptionalInt.empty()),
                        last(settings, "unix_socket_directories"),
                        pgCtl.map(packaged -> PACKAGED_SOCKETS)),
                moved);
    }

    /**
     * Takes no other cluster's configuration: its port and its access rules are that cluster's, and to edit it would
     * harm that cluster.
     */
    private static OutsideConfiguration outside(Path root, int major, Directories directories) {
        List<Path> named = configurations(root.resolve("etc/postgresql").resolve(Integer.toString(major)));
        return only(named, directories.target())
                .flatMap(ServerStart::read)
                .or(() -> directories.configured().flatMap(ServerStart::lastRead))
                .or(() -> directories
                        .configured()
                        .flatMap(configured -> only(named, configured))
                        .flatMap(ServerStart::read))
                .map(found -> found.outOf(directories.target()))
                .orElse(OutsideConfiguration.UNKNOWN);
    }

    /** What the cluster's server read when it was last started on this host: its command line names the files. */
    private static Optional<OutsideConfiguration> lastRead(Path configured) {
        try {
            EffectiveSettings last = new EffectiveSettings(configured, Map.of());
            Optional<Path> hba = last.onCommandLine("hba_file").map(Path::of);
            Optional<Path> ident = last.onCommandLine("ident_file").map(Path::of);
            return Optional.of(last.configurationFile())
                    .filter(Files::isReadable)
                    .flatMap(ServerStart::read)
                    .map(found -> found.naming(hba, ident, configured));
        } catch (UncertainSettingException e) {
            return Optional.empty();
        }
    }

    private static List<Path> configurations(Path clusters) {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(clusters)) {
            try (DirectoryStream<Path> each = Files.newDirectoryStream(clusters)) {
                each.forEach(cluster -> found.add(cluster.resolve("postgresql.conf")));
            } catch (IOException | DirectoryIteratorException e) {
                return List.of();
            }
        }
        return found;
    }

    /** The one of these files whose data_directory is {@code directory}; empty if several are. */
    private static Optional<Path> only(List<Path> files, Path directory) {
        List<Path> naming = files.stream()
                .filter(file -> read(file)
                        .flatMap(OutsideConfiguration::original)
                        .filter(original -> isSame(original, directory))
                        .isPresent())
                .toList();
        return naming.size() == 1 ? Optional.of(naming.getFirst()) : Optional.empty();
    }

    /** Whether two names are of one directory. */
    public static boolean isSame(Path one, Path other) {
        try {
            return one.equals(other) || Files.isSameFile(one, other);
        } catch (IOException e) {
            return false;
        }
    }

    private static Optional<OutsideConfiguration> read(Path file) {
        if (!Files.isReadable(file)) {
            return Optional.empty();
        }
        Map<String, String> settings;
        try {
            settings = Map.of(file.toString(), SettingsFile.read(file).text());
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(new OutsideConfiguration(
                file,
                ConfigurationPlan.isBeside(file) ? Origin.BESIDE : Origin.HOST,
                value(settings, "hba_file").map(Path::of).orElse(file.resolveSibling("pg_hba.conf")),
                value(settings, "ident_file").map(Path::of).orElse(file.resolveSibling("pg_ident.conf")),
                value(settings, "data_directory").map(Path::of),
                settings));
    }

    private static Optional<String> value(Map<String, String> files, String name) {
        return last(files, name).filter(value -> !value.isEmpty());
    }

    /** The value that counts; it may be empty. */
    private static Optional<String> last(Map<String, String> files, String name) {
        return Optional.ofNullable(values(files).get(name));
    }

    /** The values that count, by names in small letters. */
    private static Map<String, String> values(Map<String, String> files) {
        Map<String, String> values = new LinkedHashMap<>();
        files.forEach((file, text) -> {
            try {
                SettingsFile.parse(text, file)
                        .settings()
                        .forEach(each -> values.put(each.name().toLowerCase(Locale.ROOT), each.value()));
            } catch (CorruptFileException e) {
                // What came before it counts; ExternalSettings reports the file.
            }
        });
        return values;
    }

    /** Those of the backup after those outside of it. */
    private static Map<String, String> all(Optional<OutsideConfiguration> outside, Map<String, String> files) {
        Map<String, String> all = new LinkedHashMap<>();
        outside.ifPresent(of -> all.putAll(of.settings()));
        all.putAll(files);
        return all;
    }

    /** The values that count, of the configuration in the backup and of the one outside. */
    public Map<String, String> configured(Map<String, String> files) {
        return values(all(outside, files));
    }

    private static OptionalInt number(String text) {
        return text.matches("[0-9]{1,5}") ? OptionalInt.of(Integer.parseInt(text)) : OptionalInt.empty();
    }

    /** Which of the libraries of a setting are not where this host's PostgreSQL looks; none if that is unknown. */
    List<String> librariesMissing(String setting) {
        Path bin = Path.of(pgCtl).getParent();
        if (bin == null) {
            return List.of();
        }
        Path libraries = bin.resolveSibling("lib");
        List<String> missing = new ArrayList<>();
        for (String name : setting.split(",", -1)) {
            String plain = name.strip().replace("\"", "").replace("$libdir/", "");
            if (!plain.isEmpty()
                    && !Files.exists(libraries.resolve(plain + ".so"))
                    && !Files.exists(libraries.resolve(plain))) {
                missing.add(plain);
            }
        }
        return Files.isDirectory(libraries) ? missing : List.of();
    }

    /** The line for a shell that starts the server in {@code directory}, beside every server that runs now. */
    public String command(Path directory) {
        List<String> own = new ArrayList<>();
        outside.ifPresent(of -> own.add("external_pid_file=" + directory.resolve("external.pid")));
        own.addAll(listening.settings());
        return command(directory, own);
    }

    /** As its configuration says: in the place of the original, whose service looks for its external_pid_file. */
    public String commandForGood(Path directory) {
        return command(directory, List.of());
    }

    /**
     * The same with these settings alone, which come last, and so decide.
     *
     * @param own each with its value
     */
    public String command(Path directory, List<String> own) {
        List<String> options = new ArrayList<>();
        outside.ifPresent(of -> options.add("config_file=" + of.file()));
        if (outside.isPresent() || namesDirectory) {
            options.add("data_directory=" + directory);
        }
        outside.ifPresent(of -> options.addAll(List.of("hba_file=" + of.hbaFile(), "ident_file=" + of.identFile())));
        options.addAll(moved);
        options.addAll(own);
        // pg_ctl hands the options to a shell once more.
        List<String> words =
                options.stream().map(option -> "-c " + ShellWord.quote(option)).toList();
        return ShellWord.quote(pgCtl) + " -D " + ShellWord.quote(directory.toString())
                + (words.isEmpty() ? "" : " -o " + ShellWord.quote(String.join(" ", words)))
                // Without -l the server would write to the terminal, and hold it open.
                + " -l " + ShellWord.quote(directory.resolve(LOG).toString()) + " start";
    }

    /** The line that says whether the server in {@code directory} runs. */
    public String status(Path directory) {
        return ShellWord.quote(pgCtl) + " -D " + ShellWord.quote(directory.toString()) + " status";
    }

    /** The line that stops the server in {@code directory}. */
    public String stop(Path directory) {
        return ShellWord.quote(pgCtl) + " -D " + ShellWord.quote(directory.toString()) + " stop";
    }

    /** The line for a shell that asks the server. */
    public String psql(String sql) {
        return "psql " + listening.options() + " -d postgres -c " + ShellWord.quote(sql);
    }
}
