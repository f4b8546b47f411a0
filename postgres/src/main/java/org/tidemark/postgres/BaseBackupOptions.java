// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * The options of a base backup. The command always requests a manifest (CRC32C), a tablespace map and progress. The
 * server verifies page checksums. It does not send WAL, and does not wait for WAL to be archived. Immutable.
 *
 * @param label the label in backup_label: at most 1,000 characters, no control characters
 * @param maxRateKib the maximum rate of the server in KiB per second, {@value #MIN_RATE_KIB} to {@value #MAX_RATE_KIB}
 * @param startLimit the maximum silence of the server before the first archive; the server does a checkpoint, which may
 *     take as long as checkpoint_timeout, and measures every tablespace
 * @param silenceLimit the maximum silence of the server afterwards; a base backup has no keep-alive messages
 * @param incremental whether to send only what has changed since the backup of
 *     {@link ReplicationConnection#uploadManifest}
 */
public record BaseBackupOptions(
        String label,
        Checkpoint checkpoint,
        OptionalInt maxRateKib,
        Duration startLimit,
        Duration silenceLimit,
        boolean incremental) {
    public static final Duration START_LIMIT = Duration.ofHours(1);
    public static final Duration SILENCE_LIMIT = Duration.ofMinutes(5);

    /** The server accepts no other rates. */
    public static final int MIN_RATE_KIB = 32;

    public static final int MAX_RATE_KIB = 1_048_576;

    // The server refuses a label longer than MAXPGPATH.
    private static final int MAX_LABEL_LENGTH = 1_000;

    /** The kind of checkpoint at the start of a base backup. */
    public enum Checkpoint {
        /** At once, with a burst of writes. */
        FAST,
        /** Spread over time like an ordinary checkpoint; may take many minutes. */
        SPREAD
    }

    public BaseBackupOptions {
        if (label.length() > MAX_LABEL_LENGTH || label.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not a label for a base backup: '" + label + "'");
        }
        maxRateKib.ifPresent(rate -> {
            if (rate < MIN_RATE_KIB || rate > MAX_RATE_KIB) {
                throw new IllegalArgumentException("not a rate for a base backup: " + rate + " KiB/s (expected "
                        + MIN_RATE_KIB + " to " + MAX_RATE_KIB + ")");
            }
        });
        if (!startLimit.isPositive() || !silenceLimit.isPositive()) {
            throw new IllegalArgumentException("time limits of a base backup must be positive");
        }
    }

    /** The same, but for what is sent. */
    public BaseBackupOptions withIncremental(boolean ofChanges) {
        return new BaseBackupOptions(label, checkpoint, maxRateKib, startLimit, silenceLimit, ofChanges);
    }

    /** A fast checkpoint, no rate limit and the default time limits. */
    public static BaseBackupOptions of(String label) {
        return new BaseBackupOptions(label, Checkpoint.FAST, OptionalInt.empty(), START_LIMIT, SILENCE_LIMIT, false);
    }
}
