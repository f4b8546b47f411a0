// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What libpq takes from the process around it. Immutable.
 *
 * @param variables the environment: PGHOST, PGPASSFILE and so on
 * @param home where {@code .pgpass}, {@code .pg_service.conf} and {@code .postgresql/} are looked for
 * @param userName the role when nothing else names one
 */
public record ClientEnvironment(Map<String, String> variables, Path home, String userName) {
    public ClientEnvironment {
        variables = Map.copyOf(variables);
    }

    /** This process's own. */
    public static ClientEnvironment ofProcess() {
        return new ClientEnvironment(
                System.getenv(), Path.of(System.getProperty("user.home")), System.getProperty("user.name"));
    }

    /** The variable's value; empty also when it is set to nothing, as libpq reads it. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    @Override
    public String toString() {
        return "home=" + home + " user=" + userName;
    }
}
