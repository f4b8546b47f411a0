// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.postgres.SettingsFile.Setting;

/**
 * The values of settings that a running PostgreSQL read when it started. The command line takes precedence over
 * postgresql.auto.conf, and that over postgresql.conf and its included files (ProcessConfigFileInternal() in
 * src/backend/utils/misc/guc.c). PostgreSQL writes {@code postmaster.opts} when it starts; a file that is newer may
 * have been changed since PostgreSQL read it. Immutable.
 *
 * @param dataDirectory the absolute path of a running server's data directory
 * @param environment the environment of the server, which its commands inherit
 */
public record EffectiveSettings(Path dataDirectory, Map<String, String> environment) {
    /** PostgreSQL's CONF_FILE_MAX_DEPTH in src/include/utils/conffiles.h. */
    private static final int MAX_INCLUDE_DEPTH = 10;

    public EffectiveSettings {
        environment = Map.copyOf(environment);
    }

    /** The value that PostgreSQL read is unknown; the message names the file and the reason. */
    public static final class UncertainSettingException extends IOException {
        private static final long serialVersionUID = 1L;

        UncertainSettingException(String message) {
            super(message);
        }
    }

    /**
     * The text of the value that PostgreSQL read; empty if nothing sets it.
     *
     * @throws UncertainSettingException if the value is uncertain
     */
    public Optional<String> value(String name) throws UncertainSettingException {
        try {
            Path options = dataDirectory.resolve(ServerOptions.FILE);
            ServerOptions started = ServerOptions.parse(Files.readString(options));
            Optional<String> onCommandLine = started.value(name);
            if (onCommandLine.isPresent()) {
                return onCommandLine;
            }
            Reading reading = new Reading(name, Optional.of(Files.getLastModifiedTime(options)));
            reading.read(mainFile(started), 0);
            reading.readIfThere(dataDirectory.resolve(SettingsFile.AUTO_CONF), 0);
            return reading.found;
        } catch (IOException e) {
            throw notTold(e);
        }
    }

    /**
     * The value that the command line and the files give now, even if PostgreSQL has not read them yet. This is for
     * settings that PostgreSQL reads again at a reload. Empty if nothing sets the value.
     *
     * @throws UncertainSettingException if the value is uncertain
     */
    public Optional<String> valueAsWritten(String name) throws UncertainSettingException {
        try {
            ServerOptions started = ServerOptions.parse(Files.readString(dataDirectory.resolve(ServerOptions.FILE)));
            Optional<String> onCommandLine = started.value(name);
            if (onCommandLine.isPresent()) {
                return onCommandLine;
            }
            Reading written = new Reading(name, Optional.empty());
            written.readIfThere(dataDirectory.resolve(SettingsFile.AUTO_CONF), 0);
            if (written.found.isEmpty()) {
                written.read(mainFile(started), 0);
            }
            return written.found;
        } catch (IOException e) {
            throw notTold(e);
        }
    }

    /**
     * The main configuration file that the server read when it was last started; the file may be outside of the data
     * directory.
     *
     * @throws UncertainSettingException if the file is uncertain
     */
    public Path configurationFile() throws UncertainSettingException {
        try {
            return mainFile(ServerOptions.parse(Files.readString(dataDirectory.resolve(ServerOptions.FILE))));
        } catch (IOException e) {
            throw notTold(e);
        }
    }

    /** What the command line of the last start gave a setting; empty if it did not. */
    public Optional<String> onCommandLine(String name) throws UncertainSettingException {
        try {
            return ServerOptions.parse(Files.readString(dataDirectory.resolve(ServerOptions.FILE)))
                    .value(name);
        } catch (IOException e) {
            throw notTold(e);
        }
    }

    private static UncertainSettingException notTold(IOException e) {
        if (e instanceof UncertainSettingException known) {
            return known;
        }
        return new UncertainSettingException(
                e instanceof NoSuchFileException missing
                        ? "'" + missing.getFile() + "' is not there"
                        : String.valueOf(e.getMessage()));
    }

    /** The main configuration file, which the command line may name if it is not in the data directory. */
    private Path mainFile(ServerOptions started) throws UncertainSettingException {
        Optional<String> file = started.value("config_file");
        if (file.isPresent()) {
            return known(Path.of(file.get()), dataDirectory.resolve("postgresql.conf"));
        }
        Optional<String> directory = started.directory().or(() -> Optional.ofNullable(environment.get("PGDATA")));
        if (directory.isEmpty()) {
            throw new UncertainSettingException("the directory of postgresql.conf is unknown");
        }
        return known(Path.of(directory.get()), dataDirectory).resolve("postgresql.conf");
    }

    /** Resolves a path; a relative one depends on an unknown directory, so it must match {@code likely}. */
    private static Path known(Path path, Path likely) throws UncertainSettingException {
        if (path.isAbsolute()) {
            return path;
        }
        Path relative = path.normalize();
        if (relative.toString().isEmpty() || likely.endsWith(relative)) {
            return likely;
        }
        throw new UncertainSettingException("PostgreSQL was started with '" + path + "', and it is not known where");
    }

    /** Reads the files in PostgreSQL's order; the last line that sets the name counts. Not thread-safe. */
    private static final class Reading {
        private final String name;
        /** The start of the server; empty if changes after the start do not matter. */
        private final Optional<FileTime> started;

        private Optional<String> found = Optional.empty();

        Reading(String name, Optional<FileTime> started) {
            this.name = name;
            this.started = started;
        }

        void readIfThere(Path file, int depth) throws IOException {
            if (Files.exists(file)) {
                read(file, depth);
            }
        }

        void read(Path file, int depth) throws IOException {
            requireOlder(file);
            if (depth > MAX_INCLUDE_DEPTH) {
                throw new UncertainSettingException("includes are nested too deep at '" + file + "'");
            }
            SettingsFile settings = SettingsFile.read(file);
            for (Setting setting : settings.all()) {
                if (setting.hasName(name)) {
                    found = Optional.of(setting.value());
                } else if (SettingsFile.isInclude(setting)) {
                    include(setting, file.resolveSibling(setting.value()), depth + 1);
                }
            }
        }

        private void include(Setting include, Path path, int depth) throws IOException {
            if (include.hasName("include_dir")) {
                requireOlder(path);
                for (Path file : filesOf(path)) {
                    read(file, depth);
                }
            } else if (include.hasName("include_if_exists")) {
                readIfThere(path, depth);
            } else {
                read(path, depth);
            }
        }

        /** The files in byte order of their names, without names that begin with a dot, as in PostgreSQL. */
        private static List<Path> filesOf(Path directory) throws IOException {
            List<Path> files = new ArrayList<>();
            try (Stream<Path> all = Files.list(directory)) {
                all.filter(file -> {
                            String fileName = String.valueOf(file.getFileName());
                            return fileName.endsWith(".conf") && !fileName.startsWith(".") && !Files.isDirectory(file);
                        })
                        .sorted()
                        .forEach(files::add);
            }
            return files;
        }

        private void requireOlder(Path path) throws IOException {
            if (started.isPresent() && Files.getLastModifiedTime(path).compareTo(started.get()) > 0) {
                throw new UncertainSettingException("'" + path + "' was changed after PostgreSQL had started");
            }
        }
    }

    /**
     * The command line of a server in {@code postmaster.opts}: the program, then each argument in double quotes,
     * without escaping (CreateOptsFile() in src/backend/postmaster/postmaster.c). Immutable.
     */
    private record ServerOptions(List<String> arguments) {
        static final String FILE = "postmaster.opts";

        ServerOptions {
            arguments = List.copyOf(arguments);
        }

        static ServerOptions parse(String text) {
            int begin = text.indexOf(" \"");
            int end = text.lastIndexOf('"');
            return new ServerOptions(
                    begin < 0 || end <= begin + 1
                            ? List.of()
                            : List.of(text.substring(begin + 2, end).split("\" \"", -1)));
        }

        /** The value of {@code -c name=value} or {@code --name=value}; the last one counts. */
        Optional<String> value(String name) {
            Optional<String> value = Optional.empty();
            for (String setting : settings()) {
                int equals = setting.indexOf('=');
                // ParseLongOption() reads a hyphen as an underscore.
                if (equals > 0 && setting.substring(0, equals).replace('-', '_').equalsIgnoreCase(name)) {
                    value = Optional.of(setting.substring(equals + 1));
                }
            }
            return value;
        }

        private List<String> settings() {
            List<String> settings = new ArrayList<>();
            for (int i = 0; i < arguments.size(); i++) {
                String argument = arguments.get(i);
                if (argument.equals("-c") && i + 1 < arguments.size()) {
                    settings.add(arguments.get(++i));
                } else if (argument.startsWith("--") || argument.startsWith("-c")) {
                    settings.add(argument.substring(2));
                }
            }
            return settings;
        }

        /** The directory of the configuration ({@code -D}); the data directory may be another one. */
        Optional<String> directory() {
            Optional<String> directory = Optional.empty();
            for (int i = 0; i < arguments.size(); i++) {
                String argument = arguments.get(i);
                if (argument.equals("-D") && i + 1 < arguments.size()) {
                    directory = Optional.of(arguments.get(++i));
                } else if (argument.startsWith("-D")) {
                    directory = Optional.of(argument.substring(2));
                }
            }
            return directory;
        }
    }
}
