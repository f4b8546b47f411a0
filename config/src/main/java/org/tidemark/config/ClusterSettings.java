// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SshDestination;

/**
 * One cluster. Immutable.
 *
 * @param conninfo libpq's connection string; may hold a password
 * @param acknowledge how many repositories must hold a WAL file before PostgreSQL is told that it is archived; empty:
 *     all
 * @param schedule when {@code cron} does what; empty for WAL commands, which do not ask
 * @param rto how long a restore to the newest WAL may take; empty if nobody said so
 * @param backupFrom which server backups are taken from, if conninfo names several; empty: the one that conninfo asks
 *     for
 * @param receiveSlot the replication slot through which {@code serve} receives WAL; empty if it does not, and for WAL
 *     commands
 * @param sshHost where backups read PostgreSQL's files over SSH; empty if they do not
 * @param sshConfig used there instead of ssh's own configuration
 * @param beforeBackup a program that runs before each backup
 * @param afterBackup a program that runs after each backup, also after one that failed
 * @param repositories names of configured repositories, in order of preference
 */
public record ClusterSettings(
        ClusterName name,
        Optional<String> conninfo,
        Optional<Path> dataDirectory,
        List<String> repositories,
        OptionalInt acknowledge,
        CheckSettings check,
        Optional<ScheduleSettings> schedule,
        Optional<Duration> rto,
        Optional<BackupServer> backupFrom,
        Optional<String> receiveSlot,
        Optional<SshDestination> sshHost,
        Optional<Path> sshConfig,
        Optional<Path> beforeBackup,
        Optional<Path> afterBackup) {
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
     * @param unverifiedFor since a backup was verified, or taken
     * @param unprovenFor since somebody proved that a private key of an encrypted repository can be read
     * @param undrilledFor since a drill has passed; empty: nobody asks for drills
     * @param freeSpacePercent of the file systems of pg_wal and of the repositories
     * @param replicationLagBytes of WAL that a slot holds, or that a standby has not replayed
     */
    public record CheckSettings(
            Duration backupAge,
            Duration walAge,
            Duration unverifiedFor,
            Duration unprovenFor,
            Optional<Duration> undrilledFor,
            int freeSpacePercent,
            long replicationLagBytes) {
        public static final CheckSettings DEFAULT = new CheckSettings(
                Duration.ofHours(26),
                Duration.ofMinutes(15),
                Duration.ofDays(35),
                Duration.ofDays(90),
                Optional.empty(),
                15,
                1L << 30);

        /** {@link #DEFAULT} as a configuration would say it. */
        public static Map<KnownKey, String> defaults() {
            Map<KnownKey, String> defaults = new EnumMap<>(KnownKey.class);
            defaults.put(KnownKey.CHECK_BACKUP_AGE, "26h");
            defaults.put(KnownKey.CHECK_WAL_AGE, "15m");
            defaults.put(KnownKey.CHECK_UNVERIFIED_FOR, "35d");
            defaults.put(KnownKey.CHECK_UNPROVEN_FOR, "90d");
            defaults.put(KnownKey.CHECK_FREE_SPACE, "15%");
            defaults.put(KnownKey.CHECK_REPLICATION_LAG, "1GiB");
            return defaults;
        }
    }
}
