// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ClusterName;

/** Everything that is configured, checked as a whole, in the order in which it was written. Immutable. */
public record Configuration(
        HostSettings host, Map<String, RepositorySettings> repositories, Map<ClusterName, ClusterSettings> clusters) {
    public Configuration {
        repositories = Collections.unmodifiableMap(new LinkedHashMap<>(repositories));
        clusters = Collections.unmodifiableMap(new LinkedHashMap<>(clusters));
    }

    /**
     * What holds for this host. Immutable.
     *
     * @param spool where acknowledgements and caches lie; empty: {@link SpoolDirectory} finds a place
     * @param jobs how much is done at once; 0: half of the cores
     * @param bundlesInFlight how many bundles a backup stores at the same time
     * @param spoolLimitBytes of what is kept there for late repositories
     * @param pushTimeout how long one archive_command may take
     * @param fetchRetry how long one restore_command asks again before it says that it could not tell
     * @param walWait how long a backup waits for its WAL after the last segment arrived
     * @param workDirectory where a backup has its temporary files; empty: a directory of the spool
     */
    public record HostSettings(
            Optional<Path> spool,
            int jobs,
            int bundlesInFlight,
            long spoolLimitBytes,
            Duration pushTimeout,
            Duration fetchRetry,
            Duration walWait,
            Optional<Path> workDirectory) {
        public static final int MAX_JOBS = 64;
        static final int MAX_BUNDLES_IN_FLIGHT = 16;
        static final int DEFAULT_BUNDLES_IN_FLIGHT = 4;
        static final long DEFAULT_SPOOL_LIMIT_BYTES = 4L << 30;
        static final Duration DEFAULT_PUSH_TIMEOUT = Duration.ofSeconds(60);
        static final Duration DEFAULT_FETCH_RETRY = Duration.ofMinutes(5);
        static final Duration DEFAULT_WAL_WAIT = Duration.ofMinutes(10);

        /** How much is done at once on a machine of {@code cores}: half of them, 1 to 8, where nothing is set. */
        public int effectiveJobs(int cores) {
            return jobs > 0 ? jobs : Math.clamp(cores / 2, 1, 8);
        }

        /** As {@link #effectiveJobs}, for a restore: all the cores where nothing is set. */
        public int effectiveRestoreJobs(int cores) {
            return jobs > 0 ? jobs : Math.clamp(cores, 1, MAX_JOBS);
        }
    }
}
