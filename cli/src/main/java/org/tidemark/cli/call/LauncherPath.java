// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.config.Environment;
import org.tidemark.core.ExitCode;
import org.tidemark.core.ShellWord;
import org.tidemark.core.UserFacingException;

/** The path of the launcher that started this process. */
public final class LauncherPath {
    /** The variable in which the launcher hands on its own path. */
    public static final String VARIABLE = "TIDEMARK_LAUNCHER";

    private static final String NAME = "tidemark";

    private LauncherPath() {}

    /** The absolute path, for what PostgreSQL calls. */
    public static String absolute(Environment environment) {
        return find(environment)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "cannot tell by which path PostgreSQL can call this program",
                        "Call it by its launcher 'tidemark', which sets " + VARIABLE + "."));
    }

    /** What an operator types: only the name if the shell finds this launcher by it, otherwise its path. */
    public static String asTyped(Environment environment) {
        return find(environment)
                .filter(path -> !isOnPath(environment, path))
                .map(ShellWord::quote)
                .orElse(NAME);
    }

    /** Empty if the program was started without the launcher. */
    public static Optional<String> find(Environment environment) {
        return environment.variable(VARIABLE).filter(path -> path.startsWith("/"));
    }

    /** The shell runs the first program of that name in PATH. */
    private static boolean isOnPath(Environment environment, String launcher) {
        for (String directory : environment.variable("PATH").orElse("").split(":", -1)) {
            try {
                Path found = Path.of(directory, NAME);
                if (directory.startsWith("/") && Files.isExecutable(found) && Files.isRegularFile(found)) {
                    return found.toRealPath().equals(Path.of(launcher).toRealPath());
                }
            } catch (IOException | InvalidPathException e) {
                return false;
            }
        }
        return false;
    }
}
