// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.UtcTime;

/**
 * What a drill came to. Immutable.
 *
 * @param backup the id of the backup that was restored; empty if none fits
 * @param provenTo the last commit that the copy is proven to have; empty if it is not proven, or has none
 * @param clock what it took
 * @param observed what was seen of the copy
 * @param keptStart the command that starts the copy, if it was kept
 */
public record DrillReport(
        DrillPlan plan,
        Optional<String> backup,
        List<Judgement> judgements,
        Optional<Instant> provenTo,
        Clock clock,
        Observed observed,
        Optional<String> keptStart) {
    public DrillReport {
        judgements = List.copyOf(judgements);
    }

    /**
     * What each part took; zero for one that was not reached.
     *
     * @param replay with the start of the server
     * @param judging with the end of the recovery
     */
    public record Clock(Duration files, Duration replay, Duration judging) {}

    /**
     * What was seen of the copy.
     *
     * @param begun by the clock of this host
     * @param ended when the judging had ended
     * @param bytes that were written for the files of the backup
     * @param postgresVersion as {@code server_version_num}; empty if the server was not asked
     * @param reached the position up to which it has replayed; empty if it was not asked
     */
    public record Observed(
            Instant begun, Instant ended, long bytes, Optional<Integer> postgresVersion, Optional<Lsn> reached) {}

    public boolean isProven() {
        return Judgement.isProven(judgements);
    }

    /** Whether it is proven, up to when, or what has failed and whose fault that is. */
    public String verdict() {
        return failure()
                .map(each -> "NOT PROVEN: " + each.detail()
                        + (plan.askedInVain().isPresent()
                                ? ""
                                : " · the fault is of " + each.fault().orElseThrow()))
                .orElseGet(() -> "PROVEN to "
                        + provenTo.map(UtcTime::seconds).orElse(plan.moment().toString()));
    }

    /** The worst thing that failed: what concerns the data comes first. */
    public Optional<Judgement> failure() {
        return judgements.stream()
                .filter(each -> !each.isPassed())
                .min(Comparator.comparing(each -> each.fault().orElseThrow()));
    }
}
