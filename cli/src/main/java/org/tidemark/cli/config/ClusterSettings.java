// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;

/**
 * One cluster. Immutable.
 *
 * @param conninfo libpq's connection string; may hold a password
 * @param repositories names of configured repositories, in order of preference
 */
public record ClusterSettings(
        ClusterName name,
        Optional<String> conninfo,
        Optional<Path> dataDirectory,
        List<String> repositories,
        CheckSettings check) {
    public ClusterSettings {
        repositories = List.copyOf(repositories);
    }

    /** Without the connection string, which may hold a password. */
    @Override
    public String toString() {
        return "ClusterSettings[" + name + ", " + dataDirectory + ", " + repositories + ", " + check + "]";
    }
}
