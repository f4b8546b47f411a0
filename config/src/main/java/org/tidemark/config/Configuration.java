// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.ClusterName;

/**
 * Everything that is configured, checked as a whole, in the order in which it was written. Immutable.
 *
 * @param fleet names of configured repositories of which the fleet shows every cluster, also those of other hosts
 */
public record Configuration(
        HostSettings host,
        ServiceSettings service,
        List<NotifySettings> destinations,
        List<String> fleet,
        DrillSettings drill,
        Map<String, RepositorySettings> repositories,
        Map<ClusterName, ClusterSettings> clusters) {
    public Configuration {
        destinations = List.copyOf(destinations);
        fleet = List.copyOf(fleet);
        repositories = Collections.unmodifiableMap(new LinkedHashMap<>(repositories));
        clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    }

    /**
     * The settings of this host. Immutable.
     *
     * @param spool directory of acknowledgements and caches; empty: {@link SpoolDirectory} chooses one
     * @param jobs how many jobs run in parallel; 0: half of the cores
     * @param bundleSizeBytes the stored size at which a bundle of a backup is full
     * @param bundlesInFlight how many bundles a backup stores at the same time
     * @param spoolLimitBytes the maximum size of what is queued for lagging repositories
     * @param pushTimeout how long one archive_command may take
     * @param pushAhead how many waiting segments one wal-push archives besides its own at most
     * @param fetchRetry how long one restore_command retries before it exits with 'could not tell'
     * @param prefetchBytes how much WAL is fetched ahead of a recovery; 0: none
     * @param dropWalBelowBytes WAL that no repository takes is dropped while pg_wal's disk has less than this free; 0:
     *     never
     * @param walWait how long a backup waits for its WAL after the last segment arrived
     * @param spreadsCheckpoint whether the checkpoint at the start of a backup is spread over time
     * @param backupReadLimit the most bytes per second that a backup reads
     * @param workDirectory where a backup has its temporary files; empty: a directory of the spool
     * @param log where every command writes what it did; empty: nowhere
     */
    public record HostSettings(
            Optional<Path> spool,
            int jobs,
            long bundleSizeBytes,
            int bundlesInFlight,
            long spoolLimitBytes,
            Duration pushTimeout,
            int pushAhead,
            Duration fetchRetry,
            long prefetchBytes,
            long dropWalBelowBytes,
            Duration walWait,
            boolean spreadsCheckpoint,
            OptionalLong backupReadLimit,
            Optional<Path> workDirectory,
            Optional<LogSettings> log) {
        public static final int MAX_JOBS = 64;
        static final long MIN_BUNDLE_BYTES = 1L << 20;
        static final long MAX_BUNDLE_BYTES = 128L << 20;
        static final long DEFAULT_BUNDLE_BYTES = 16L << 20;
        static final int MAX_BUNDLES_IN_FLIGHT = 16;
        static final int DEFAULT_BUNDLES_IN_FLIGHT = 8;
        /** Some 1,000 compressed segments. */
        static final long DEFAULT_SPOOL_LIMIT_BYTES = 4L << 30;

        /** As PostgreSQL's. */
        static final long MIN_READ_LIMIT = 32L << 10;

        static final int MAX_PUSH_AHEAD = 1024;
        static final int DEFAULT_PUSH_AHEAD = 64;
        static final Duration DEFAULT_PUSH_TIMEOUT = Duration.ofSeconds(60);
        static final Duration DEFAULT_FETCH_RETRY = Duration.ofMinutes(5);
        static final long DEFAULT_PREFETCH_BYTES = 512L << 20;
        static final Duration DEFAULT_WAL_WAIT = Duration.ofMinutes(10);

        /** The number of parallel jobs on a machine of {@code cores}; default: half of them, at least 1, at most 8. */
        public int effectiveJobs(int cores) {
            return jobs > 0 ? jobs : Math.clamp(cores / 2, 1, 8);
        }

        /** The same for a backup; default: all cores, at most 8. */
        public int effectiveBackupJobs(int cores) {
            return jobs > 0 ? jobs : Math.clamp(cores, 1, 8);
        }

        /** The same for a restore; default: all cores. */
        public int effectiveRestoreJobs(int cores) {
            return jobs > 0 ? jobs : Math.clamp(cores, 1, MAX_JOBS);
        }
    }
}
