// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.SystemUser;

/**
 * The environment that the process was started with. Immutable.
 *
 * @param home the user's home directory, which the password database knows even where HOME is not set
 * @param root where the system's directories begin: / but for tests
 */
public record Environment(Map<String, String> variables, Path workingDirectory, Path home, Path root) {
    public Environment {
        variables = Map.copyOf(variables);
    }

    /** The environment of this process. */
    public static Environment ofProcess() {
        return new Environment(System.getenv(), Path.of("").toAbsolutePath(), SystemUser.currentHome(), Path.of("/"));
    }

    /** The value of a variable that is set and not empty. */
    public Optional<String> variable(String name) {
        String value = variables.get(name);
        return value == null || value.isEmpty() ? Optional.empty() : Optional.of(value);
    }

    /** The names of the variables that set a part of the configuration or name its file, sorted. */
    public List<String> variablesOfConfiguration() {
        return variables.keySet().stream()
                .filter(name -> name.equals(ConfigurationFiles.VARIABLE) || VariableSettings.isSetting(name))
                .sorted()
                .toList();
    }

    /** A directory of the XDG base directory specification: the variable where it is absolute, else below home. */
    public Path xdgDirectory(String variable, String belowHome) {
        String value = variables.get(variable);
        return value != null && value.startsWith("/") ? Path.of(value) : home.resolve(belowHome);
    }
}
