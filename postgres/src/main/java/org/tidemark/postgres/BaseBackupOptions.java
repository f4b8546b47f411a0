// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.time.Duration;
import java.util.OptionalInt;

/**
 * How a base backup is taken. A manifest (CRC32C), a tablespace map and progress are always asked for; the server's own
 * verification of page checksums stays on; WAL is neither sent nor waited for. Immutable.
 *
 * @param label goes into backup_label; no control characters, up to 1,000 characters
 * @param maxRateKib the most KiB per second that the server sends, 32 to 1,048,576
 * @param startLimit how long the server may be silent before the first archive: it does a checkpoint, which it may
 *     spread over checkpoint_timeout, and measures every tablespace
 * @param silenceLimit how long the server may be silent afterwards; there are no keep-alive messages in a base backup
 */
public record BaseBackupOptions(
        String label, Checkpoint checkpoint, OptionalInt maxRateKib, Duration startLimit, Duration silenceLimit) {
    public static final Duration START_LIMIT = Duration.ofHours(1);
    public static final Duration SILENCE_LIMIT = Duration.ofMinutes(5);

    // MAXPGPATH of the server; a longer label is refused there.
    private static final int MAX_LABEL_LENGTH = 1_000;

    /** How the checkpoint that begins a base backup is done. */
    public enum Checkpoint {
        /** At once, at the price of a burst of writing. */
        FAST,
        /** Spread over time, as ordinary checkpoints are; may take many minutes. */
        SPREAD
    }

    public BaseBackupOptions {
        if (label.length() > MAX_LABEL_LENGTH || label.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException("not a label for a base backup: '" + label + "'");
        }
        maxRateKib.ifPresent(rate -> {
            if (rate < 32 || rate > 1_048_576) {
                throw new IllegalArgumentException(
                        "not a rate for a base backup: " + rate + " KiB/s (expected 32 to 1048576)");
            }
        });
        if (!startLimit.isPositive() || !silenceLimit.isPositive()) {
            throw new IllegalArgumentException("time limits of a base backup must be positive");
        }
    }

    /** A fast checkpoint, no limit of the rate, and the usual time limits. */
    public static BaseBackupOptions of(String label) {
        return new BaseBackupOptions(label, Checkpoint.FAST, OptionalInt.empty(), START_LIMIT, SILENCE_LIMIT);
    }
}
