// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.request;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;

/**
 * How a backup is taken. Immutable.
 *
 * @param name what the operator calls it
 * @param type incremental only where there is a backup to refer to
 * @param method how the files are read
 * @param jobs how many threads read and compress, 1 to {@value #MAX_JOBS}; less where Java's heap is small
 * @param bundleSizeBytes the stored size at which a bundle is full, {@value #MIN_BUNDLE_BYTES} to
 *     {@value #MAX_BUNDLE_BYTES}; less where Java's heap is small
 * @param bundlesInFlight how many bundles are stored at the same time, 1 to {@value #MAX_BUNDLES_IN_FLIGHT}
 * @param workDirectory an existing local directory with room for what {@code WorkRoom} says
 * @param attempts an existing local directory of this user alone, where failed attempts are remembered
 * @param checkpoint how PostgreSQL does the checkpoint at the beginning
 * @param readLimit the most bytes per second that are read of PostgreSQL's files, {@value #MIN_READ_LIMIT} or more
 * @param walLimit how long the backup waits for WAL without any segment arriving in the repository
 * @param host where the program runs, as it is written into the backup
 * @param tool the program's version, as it is written into the backup
 */
public record BackupOptions(
        Optional<String> name,
        BaseBackup.Type type,
        SourceMethod method,
        int jobs,
        long bundleSizeBytes,
        int bundlesInFlight,
        Path workDirectory,
        Path attempts,
        Checkpoint checkpoint,
        OptionalLong readLimit,
        Duration walLimit,
        String host,
        String tool) {
    /** PostgreSQL's least MAX_RATE. */
    public static final long MIN_READ_LIMIT = (long) BaseBackupOptions.MIN_RATE_KIB << 10;

    public static final int MAX_JOBS = 64;
    public static final int MAX_BUNDLES_IN_FLIGHT = 16;
    public static final long MIN_BUNDLE_BYTES = 1L << 20;
    public static final long MAX_BUNDLE_BYTES = 128L << 20;

    public BackupOptions {
        if (jobs < 1 || jobs > MAX_JOBS) {
            throw new IllegalArgumentException("not a number of jobs: " + jobs + " (expected 1 to " + MAX_JOBS + ")");
        }
        if (bundlesInFlight < 1 || bundlesInFlight > MAX_BUNDLES_IN_FLIGHT) {
            throw new IllegalArgumentException(
                    "not a number of bundles: " + bundlesInFlight + " (expected 1 to " + MAX_BUNDLES_IN_FLIGHT + ")");
        }
        if (bundleSizeBytes < MIN_BUNDLE_BYTES || bundleSizeBytes > MAX_BUNDLE_BYTES) {
            throw new IllegalArgumentException("not a size of a bundle: " + bundleSizeBytes + " (expected "
                    + MIN_BUNDLE_BYTES + " to " + MAX_BUNDLE_BYTES + ")");
        }
        if (readLimit.isPresent() && readLimit.getAsLong() < MIN_READ_LIMIT) {
            throw new IllegalArgumentException("not a limit: " + readLimit.getAsLong() + " bytes per second (expected "
                    + MIN_READ_LIMIT + " or more)");
        }
        if (walLimit.isNegative()) {
            throw new IllegalArgumentException("not a time limit: " + walLimit);
        }
    }
}
