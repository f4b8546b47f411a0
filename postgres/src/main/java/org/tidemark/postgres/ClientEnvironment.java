// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.SystemUser;

/**
 * The environment that libpq reads. Immutable.
 *
 * @param variables the environment variables: PGHOST, PGPASSFILE and so on
 * @param home the directory of {@code .pgpass}, {@code .pg_service.conf} and {@code .postgresql/}
 * @param userName the default role; a number where the user of this process has no name
 */
public record ClientEnvironment(Map<String, String> variables, Path home, String userName) {
    public ClientEnvironment {
        variables = Map.copyOf(variables);
    }

    /** The environment of this process. */
    public static ClientEnvironment ofProcess() {
        return of(System.getenv(), SystemUser.currentHome());
    }

    /**
     * Another environment of the user of this process. As in libpq since 15, HOME comes before the password database;
     * but where root has become another user, HOME may still be root's.
     *
     * @param known the home that the password database knows
     */
    public static ClientEnvironment of(Map<String, String> variables, Path known) {
        Path home = Optional.ofNullable(variables.get("HOME"))
                .filter(text -> text.startsWith("/"))
                .map(Path::of)
                .filter(Files::isReadable)
                .orElse(known);
        return new ClientEnvironment(variables, home, SystemUser.current());
    }

    /** The variable's value; as in libpq, an empty value counts as not set. */
    public Optional<String> variable(String name) {
        return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
    }

    @Override
    public String toString() {
        return "home=" + home + " user=" + userName;
    }
}
