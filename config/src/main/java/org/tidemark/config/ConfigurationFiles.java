// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * The files that hold the configuration. Without an explicit one: the system's, then the user's; an explicit one
 * replaces both. Beside each, {@code conf.d/*.toml} adds clusters.
 */
public final class ConfigurationFiles {
    public static final String FILE_NAME = "tidemark.toml";
    static final String CLUSTER_DIRECTORY = "conf.d";
    static final String VARIABLE = "TIDEMARK_CONFIG";

    private ConfigurationFiles() {}

    /** The paths of the main files; later ones win, and none has to exist. */
    public static List<Path> candidates(Environment environment, Optional<Path> explicit) {
        String named = explicit.isPresent()
                ? explicit.get().toString()
                : environment.variable(VARIABLE).orElse("");
        if (!named.isEmpty()) {
            return List.of(environment.workingDirectory().resolve(named).normalize());
        }
        return List.of(system(environment), user(environment));
    }

    public static Path system(Environment environment) {
        return environment.root().resolve("etc/tidemark").resolve(FILE_NAME);
    }

    public static Path user(Environment environment) {
        return environment
                .xdgDirectory("XDG_CONFIG_HOME", ".config")
                .resolve("tidemark")
                .resolve(FILE_NAME);
    }

    /** Whether one file was named, by the option or the variable. */
    public static boolean isNamed(Environment environment, Optional<Path> explicit) {
        return explicit.isPresent() || environment.variable(VARIABLE).isPresent();
    }

    /**
     * A file that was named must exist; the others are optional.
     *
     * @throws UserFacingException if it does not
     */
    static void requireNamed(Environment environment, Optional<Path> explicit) {
        boolean named = isNamed(environment, explicit);
        Path file = candidates(environment, explicit).getFirst();
        if (named && !Files.exists(file)) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "there is no configuration file '" + file + "'",
                    explicit.isPresent()
                            ? "Correct the path after --config."
                            : "Correct the path in the variable " + VARIABLE + ".");
        }
    }

    static Path clusterDirectory(Path mainFile) {
        return mainFile.resolveSibling(CLUSTER_DIRECTORY);
    }

    /** The files of {@code conf.d} next to {@code mainFile}, by name; none if there is no such directory. */
    static List<Path> clusterFiles(Path mainFile) throws IOException {
        Path directory = clusterDirectory(mainFile);
        List<Path> files = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.toml")) {
                for (Path entry : entries) {
                    files.add(entry);
                }
            }
        }
        Collections.sort(files);
        return files;
    }

    /**
     * The state of every file and directory that the configuration depends on, those that do not exist included.
     *
     * @param candidates the main files
     * @return empty if one cannot be read
     */
    public static Optional<List<FileStamp>> stamps(List<Path> candidates) {
        try {
            List<FileStamp> stamps = new ArrayList<>();
            for (Path file : candidates) {
                stamps.add(FileStamp.of(file));
                stamps.add(FileStamp.of(clusterDirectory(file)));
                for (Path clusterFile : clusterFiles(file)) {
                    stamps.add(FileStamp.of(clusterFile));
                }
            }
            return Optional.of(stamps);
        } catch (IOException | UnsupportedOperationException e) {
            return Optional.empty();
        }
    }
}
