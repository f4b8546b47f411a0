// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.core.ClusterName;

/**
 * One cluster. Immutable.
 *
 * @param conninfo libpq's connection string; may hold a password
 * @param acknowledge how many repositories must hold a WAL file before PostgreSQL is told that it is archived; empty:
 *     all
 * @param repositories names of configured repositories, in order of preference
 */
public record ClusterSettings(
        ClusterName name,
        Optional<String> conninfo,
        Optional<Path> dataDirectory,
        List<String> repositories,
        OptionalInt acknowledge,
        CheckSettings check) {
    public ClusterSettings {
        repositories = List.copyOf(repositories);
    }

    /** How many of {@code available} repositories must hold a WAL file: never more than there are. */
    public int acknowledgeOf(int available) {
        return Math.min(acknowledge.orElse(available), available);
    }

    /** Without the connection string, which may hold a password. */
    @Override
    public String toString() {
        return "ClusterSettings[" + name + ", " + dataDirectory + ", " + repositories + ", " + check + "]";
    }

    /**
     * The limits beyond which {@code check} warns. Immutable.
     *
     * @param backupAge of the newest backup
     * @param walAge of the newest archived WAL
     * @param freeSpacePercent of the file system that pg_wal lies on
     */
    public record CheckSettings(Duration backupAge, Duration walAge, int freeSpacePercent) {
        public static final CheckSettings DEFAULT = new CheckSettings(Duration.ofHours(26), Duration.ofMinutes(15), 15);
    }
}
