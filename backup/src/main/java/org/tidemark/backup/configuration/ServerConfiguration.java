// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.tidemark.backup.configuration.AccessRules.Include;
import org.tidemark.backup.configuration.ConfigurationHost.Found;
import org.tidemark.catalog.backup.ConfigurationFile;
import org.tidemark.catalog.backup.StoredConfiguration;
import org.tidemark.catalog.backup.StoredConfiguration.Kind;
import org.tidemark.catalog.backup.StoredConfiguration.Setting;
import org.tidemark.core.PathBytes;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.SettingsFile;

/**
 * What a server reads outside of its data directory: config_file, hba_file, ident_file and all that these include; on
 * Debian's layout also the files beside postgresql.conf with which pg_ctlcluster starts the server. Never a private
 * key. Immutable.
 *
 * @param inside those that have a name in the data directory, and so are among the files of the backup unless they are
 *     links
 * @param denied present if the role may not read files
 * @param problems why something is missing, each a sentence without its end
 * @param unseen the problem, if the configuration is outside of the data directory: this could not be asked
 */
public record ServerConfiguration(
        List<Captured> files,
        List<Inside> inside,
        Optional<Denied> denied,
        List<String> problems,
        Optional<String> unseen) {
    /** Nothing is outside of the data directory. */
    public static final ServerConfiguration NONE =
            new ServerConfiguration(List.of(), List.of(), Optional.empty(), List.of(), Optional.empty());

    /** PostgreSQL's limit for includes in includes. */
    private static final int MAX_DEPTH = 10;

    private static final String DEBIAN = "/etc/postgresql/[^/]+/[^/]+/[^/]+";
    private static final List<String> BESIDE = List.of("start.conf", "pg_ctl.conf", "environment");

    /**
     * A file.
     *
     * @param setting the one that names it; empty if another file includes it
     */
    public record Captured(ConfigurationFile file, Kind kind, Optional<Setting> setting) {
        private Optional<String> passwordProblem() {
            return PathBytes.decode(file.content()).contains(Passwords.PLACEHOLDER)
                    ? Optional.of("the server's '" + PathBytes.printable(file.path()) + "' has '"
                            + Passwords.PLACEHOLDER
                            + "' in the place of a password, since it is from a backup without passwords: write the"
                            + " password there")
                    : Optional.empty();
        }
    }

    /**
     * A file that has a name in the data directory.
     *
     * @param path relative to the data directory
     * @param captured empty if the role may not read it
     */
    public record Inside(String path, Optional<Captured> captured) {}

    /**
     * The role may not read the files.
     *
     * @param remedy the end of the problem
     */
    public record Denied(String remedy) {
        String problem(List<String> names) {
            return "the role may not read the server's files, so these are not in the backup: "
                    + String.join(", ", names.stream().map(PathBytes::printable).toList()) + "; " + remedy;
        }
    }

    /**
     * Where the server says that its configuration is. Immutable.
     *
     * @param files absolute paths
     * @param read the configuration files from which settings come, included ones too
     */
    public record Places(String dataDirectory, SequencedMap<Setting, String> files, List<String> read) {
        public Places {
            read = List.copyOf(read);
        }

        /** Those that are not in the data directory, as far as their names tell. */
        public List<String> outside() {
            return all().filter(path -> !isBelow(path, normal(dataDirectory))).toList();
        }

        private List<Inside> inside() {
            return all().filter(path -> isBelow(path, normal(dataDirectory)))
                    .map(path -> new Inside(relative(path, normal(dataDirectory)), Optional.empty()))
                    .toList();
        }

        private Stream<String> all() {
            return Stream.concat(files.values().stream(), read.stream())
                    .map(ServerConfiguration::normal)
                    .distinct();
        }
    }

    public ServerConfiguration {
        files = List.copyOf(files);
        inside = List.copyOf(inside);
        problems = List.copyOf(problems);
    }

    /** Nothing was captured, and why. */
    public static ServerConfiguration missing(String problem) {
        return new ServerConfiguration(List.of(), List.of(), Optional.empty(), List.of(problem), Optional.empty());
    }

    /** The role may see where the files are, and not read them. */
    static ServerConfiguration denied(Places places, Denied denied) {
        List<String> outside = places.outside();
        return new ServerConfiguration(
                List.of(),
                places.inside(),
                Optional.of(denied),
                outside.isEmpty() ? List.of() : List.of(denied.problem(outside)),
                Optional.empty());
    }

    /**
     * The same, once the files of the backup are known: a name in the data directory that is not among them is a link,
     * which no backup contains. Its content belongs to {@link #files}.
     *
     * @param isStored tells of a path relative to the data directory whether the backup has the file
     * @return with the problems of these files alone
     */
    public ServerConfiguration withLinked(Predicate<String> isStored) {
        List<Captured> all = new ArrayList<>(files);
        List<String> found = new ArrayList<>();
        List<String> unread = new ArrayList<>();
        for (Inside each : inside) {
            if (isStored.test(each.path())) {
                continue;
            }
            if (each.captured().isEmpty()) {
                unread.add(each.path());
            } else if (all.size() == StoredConfiguration.MAX_FILES) {
                found.add(tooMany(each.path()));
            } else {
                all.add(each.captured().get());
                each.captured().get().passwordProblem().ifPresent(found::add);
            }
        }
        if (denied.isPresent() && !unread.isEmpty()) {
            found.add(denied.get().problem(unread));
        }
        return new ServerConfiguration(all, List.of(), Optional.empty(), found, unseen);
    }

    private static String tooMany(String path) {
        return "the server's '" + PathBytes.printable(path)
                + "' is not in the backup: the configuration has more files than a backup takes";
    }

    /** Reads all of it; what cannot be read is a problem, and ends nothing. */
    public static ServerConfiguration read(Places places, ConfigurationHost host) {
        Survey survey = new Survey(host, normal(places.dataDirectory()));
        try {
            survey.dataDirectory = host.realPath(places.dataDirectory());
        } catch (IOException e) {
            return missing("the server's configuration could not be read: " + e.getMessage());
        }
        places.files()
                .forEach((setting, path) -> survey.wanted.add(new Wanted(
                        normal(path),
                        setting == Setting.CONFIG_FILE ? Kind.SETTINGS : Kind.ACCESS,
                        Optional.of(setting),
                        false,
                        0)));
        String main =
                Optional.ofNullable(places.files().get(Setting.CONFIG_FILE)).orElse("");
        if (main.matches(DEBIAN)) {
            BESIDE.forEach(
                    name -> survey.wanted.add(new Wanted(resolve(main, name), Kind.OTHER, Optional.empty(), true, 0)));
        }
        survey.run();
        return new ServerConfiguration(
                List.copyOf(survey.captured.values()),
                survey.inside,
                Optional.empty(),
                survey.problems,
                Optional.empty());
    }

    private record Wanted(String path, Kind kind, Optional<Setting> setting, boolean isOptional, int depth) {}

    /** Not thread-safe. */
    private static final class Survey {
        private final ConfigurationHost host;
        private final Deque<Wanted> wanted = new ArrayDeque<>();
        private final Map<String, Captured> captured = new LinkedHashMap<>();
        private final List<Inside> inside = new ArrayList<>();
        private final List<String> seen = new ArrayList<>();
        private final List<String> problems = new ArrayList<>();
        private final String named;
        private String dataDirectory = "";

        /** @param named the data directory, as the server names it */
        Survey(ConfigurationHost host, String named) {
            this.host = host;
            this.named = named;
        }

        void run() {
            for (Wanted next = wanted.poll(); next != null; next = wanted.poll()) {
                if (seen.contains(next.path())) {
                    continue;
                }
                if (captured.size() == StoredConfiguration.MAX_FILES || next.depth() > MAX_DEPTH) {
                    problems.add(tooMany(next.path()));
                    wanted.removeIf(each -> captured.size() == StoredConfiguration.MAX_FILES);
                    continue;
                }
                seen.add(next.path());
                try {
                    take(next);
                } catch (IOException | IllegalArgumentException e) {
                    problems.add("the server's '" + PathBytes.printable(next.path())
                            + "' is not in the backup: it cannot be read: " + e.getMessage());
                }
            }
        }

        private void take(Wanted file) throws IOException {
            Optional<Found> read = host.read(file.path());
            if (read.isEmpty()) {
                if (!file.isOptional()) {
                    problems.add("the server's '" + PathBytes.printable(file.path())
                            + "' is not in the backup: it does not exist");
                }
                return;
            }
            byte[] content = read.get().content();
            String text = PathBytes.decode(content);
            if (text.contains("PRIVATE KEY-----")) {
                problems.add("the server's '" + PathBytes.printable(file.path())
                        + "' is not in the backup: it holds a private key");
                return;
            }
            Captured found = new Captured(
                    new ConfigurationFile(
                            file.path(), read.get().mode(), read.get().modified(), content),
                    file.kind(),
                    file.setting());
            if (!isBelow(host.realPath(file.path()), dataDirectory)) {
                captured.put(file.path(), found);
                found.passwordProblem().ifPresent(problems::add);
            } else if (isBelow(file.path(), named)) {
                inside.add(new Inside(relative(file.path(), named), Optional.of(found)));
            }
            switch (file.kind()) {
                case SETTINGS -> settings(file, text);
                case ACCESS -> {
                    for (Include each : AccessRules.includes(text)) {
                        include(file, each);
                    }
                }
                case OTHER -> {}
            }
        }

        private void settings(Wanted file, String text) throws IOException {
            List<SettingsFile.Setting> lines;
            try {
                lines = SettingsFile.parse(text, PathBytes.printable(file.path()))
                        .includes();
            } catch (CorruptFileException e) {
                problems.add("what the server's '" + PathBytes.printable(file.path())
                        + "' includes is not in the backup: " + e.getMessage());
                return;
            }
            for (SettingsFile.Setting line : lines) {
                if (!line.value().isEmpty()) {
                    include(
                            file,
                            new Include(
                                    line.value(),
                                    line.name().equalsIgnoreCase("include_dir"),
                                    line.name().equalsIgnoreCase("include_if_exists")));
                }
            }
        }

        private void include(Wanted from, Include line) throws IOException {
            String path = resolve(from.path(), line.path());
            if (line.isDirectory()) {
                for (String name : host.names(path).stream().sorted().toList()) {
                    if (name.endsWith(".conf") && !name.startsWith(".")) {
                        wanted.add(
                                new Wanted(path + "/" + name, from.kind(), Optional.empty(), true, from.depth() + 1));
                    }
                }
            } else {
                wanted.add(new Wanted(path, from.kind(), Optional.empty(), line.isOptional(), from.depth() + 1));
            }
        }
    }

    /** A path in a file: relative to its directory. */
    private static String resolve(String file, String path) {
        return normal(path.startsWith("/") ? path : file.substring(0, file.lastIndexOf('/') + 1) + path);
    }

    /** Without dots and double slashes; by hand, since not every name is one that Java knows. */
    private static String normal(String path) {
        Deque<String> parts = new ArrayDeque<>();
        for (String part : path.split("/", -1)) {
            switch (part) {
                case "", "." -> {}
                case ".." -> parts.pollLast();
                default -> parts.addLast(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    private static String relative(String path, String directory) {
        return path.substring(directory.length() + 1);
    }

    private static boolean isBelow(String path, String directory) {
        return path.startsWith(directory.endsWith("/") ? directory : directory + "/");
    }

    /** What a repository gets. Immutable. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    public record Packed(byte[] archive, List<StoredConfiguration.File> files) {
        public Packed {
            files = List.copyOf(files);
        }
    }

    /**
     * All files in one archive.
     *
     * @param isEncrypted without it, passwords are left out
     */
    public Packed pack(boolean isEncrypted) throws IOException {
        List<ConfigurationFile> packed = new ArrayList<>();
        List<StoredConfiguration.File> listed = new ArrayList<>();
        for (Captured each : files) {
            ConfigurationFile file = each.file();
            Passwords passwords = Passwords.of(file.content(), each.kind());
            boolean isKept = isEncrypted || passwords.isEmpty();
            packed.add(
                    isKept
                            ? file
                            : new ConfigurationFile(file.path(), file.mode(), file.modified(), passwords.without()));
            listed.add(new StoredConfiguration.File(
                    file.path(),
                    each.kind(),
                    each.setting(),
                    packed.getLast().content().length,
                    isKept ? List.of() : passwords.found()));
        }
        return new Packed(ConfigurationFile.pack(packed), listed);
    }
}
