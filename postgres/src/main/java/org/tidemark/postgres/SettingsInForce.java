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
 * What a running PostgreSQL was told about a setting that it only reads when it starts. Its command line counts most,
 * then postgresql.auto.conf, then postgresql.conf with what that includes (ProcessConfigFileInternal() in
 * src/backend/utils/misc/guc.c). A file that is younger than {@code postmaster.opts}, which PostgreSQL writes at its
 * start, may no longer say what PostgreSQL read. Immutable.
 *
 * @param dataDirectory of a server that runs, as an absolute path
 * @param environment of the server, which its commands inherit
 */
public record SettingsInForce(Path dataDirectory, Map<String, String> environment) {
    /** As PostgreSQL: CONF_FILE_MAX_DEPTH in src/include/utils/conffiles.h. */
    private static final int MOST_INCLUDES_DEEP = 10;

    public SettingsInForce {
        environment = Map.copyOf(environment);
    }

    /** It cannot be told what PostgreSQL read; the message names the file, and what is the matter with it. */
    public static final class NotToldException extends IOException {
        private static final long serialVersionUID = 1L;

        NotToldException(String message) {
            super(message);
        }
    }

    /**
     * The value that PostgreSQL took, as it was written; empty if nothing sets it.
     *
     * @throws NotToldException if that cannot be told for certain
     */
    public Optional<String> value(String name) throws NotToldException {
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
     * The value that the command line and the files give now, whether or not PostgreSQL has read them since: of a
     * setting that it reads again when it is told to. Empty if nothing sets it.
     *
     * @throws NotToldException if that cannot be told for certain
     */
    public Optional<String> valueAsWritten(String name) throws NotToldException {
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

    private static NotToldException notTold(IOException e) {
        return switch (e) {
            case NotToldException known -> known;
            case NoSuchFileException missing -> new NotToldException("'" + missing.getFile() + "' is not there");
            default -> new NotToldException(String.valueOf(e.getMessage()));
        };
    }

    /** A server whose configuration lies elsewhere names the file, or the directory, when it starts. */
    private Path mainFile(ServerOptions started) throws NotToldException {
        Optional<String> file = started.value("config_file");
        if (file.isPresent()) {
            return known(Path.of(file.get()), dataDirectory.resolve("postgresql.conf"));
        }
        Optional<String> directory = started.directory().or(() -> Optional.ofNullable(environment.get("PGDATA")));
        if (directory.isEmpty()) {
            throw new NotToldException("it is not known in which directory postgresql.conf lies");
        }
        return known(Path.of(directory.get()), dataDirectory).resolve("postgresql.conf");
    }

    /** A relative path counts from where PostgreSQL was started; it is only believed if it fits {@code likely}. */
    private static Path known(Path path, Path likely) throws NotToldException {
        if (path.isAbsolute()) {
            return path;
        }
        Path relative = path.normalize();
        if (relative.toString().isEmpty() || likely.endsWith(relative)) {
            return likely;
        }
        throw new NotToldException("PostgreSQL was started with '" + path + "', and it is not known where");
    }

    /** Reads files in PostgreSQL's order; the last line that sets the name counts. Not thread-safe. */
    private static final class Reading {
        private final String name;
        /** When the server was; empty if that does not matter. */
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
            if (depth > MOST_INCLUDES_DEEP) {
                throw new NotToldException("'" + file + "' is included too deep");
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

        /** In the order of their names as bytes; names that begin with a dot are left out, as PostgreSQL does. */
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
                throw new NotToldException("'" + path + "' was changed after PostgreSQL had started");
            }
        }
    }
}
