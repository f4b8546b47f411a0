// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.time.Instant;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;

/** Two clocks that should agree: backups, WAL and retention are dated by them. Pure. */
final class ClockDifference {
    /** Expiry refuses to run if clocks differ by more. */
    static final Duration MOST = Duration.ofMinutes(5);

    private ClockDifference() {}

    /** @param whose "the clock of ..." */
    static Finding finding(String whose, Instant other, Instant own) {
        Duration difference = Duration.between(own, other);
        Duration size = difference.abs();
        Finding finding = size.compareTo(MOST) > 0
                ? Subject.CLOCK.warning(
                        whose + " is " + Amounts.duration(size) + (difference.isNegative() ? " slow" : " fast")
                                + " compared with the clock of this host",
                        "Synchronize both clocks; 'timedatectl' shows whether one is synchronized.")
                : Subject.CLOCK.ok(whose + " agrees with the clock of this host");
        return finding.with(Measure.DIFFERENCE, size.toSeconds(), Threshold.warnAbove(MOST.toSeconds()));
    }
}
