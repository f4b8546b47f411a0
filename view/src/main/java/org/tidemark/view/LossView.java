// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.operations.verify.Loss;
import org.tidemark.recoverability.LostInterval;
import org.tidemark.view.Json.Inline;

/** Moments that verifications found to be lost, in JSON. */
public record LossView(
        @Inline Interval interval,
        String repository,
        SystemIdentifier systemIdentifier,
        List<String> causes,
        List<String> reachedBy,
        boolean reachedTogether) {
    private record Interval(Timeline timeline, Optional<Instant> from, Optional<Instant> to, Lsn beginLsn, Lsn endLsn) {
        static Interval of(Loss loss) {
            LostInterval lost = loss.interval();
            return new Interval(lost.timeline(), lost.from(), lost.to(), lost.begin(), lost.end());
        }
    }

    /** The losses of all repositories, and how many there are. */
    public record All(List<LossView> lost, long lostCount) {
        public static All of(Map<String, List<Loss>> losses) {
            return new All(
                    losses.entrySet().stream()
                            .flatMap(each -> LossText.told(each.getValue()).stream()
                                    .map(loss -> LossView.of(each.getKey(), loss)))
                            .toList(),
                    losses.values().stream().mapToLong(List::size).sum());
        }
    }

    /** A finding, with the moments that it costs. */
    public record Finding(
            ObjectFinding.Severity severity,
            String key,
            String text,
            Optional<BackupId> backup,
            List<BackupId> backups,
            List<Interval> lost) {
        public static Finding of(ObjectFinding finding, List<Loss> losses) {
            return new Finding(
                    finding.severity(),
                    finding.key().value(),
                    finding.text(),
                    finding.backups().stream().findFirst(),
                    finding.backups(),
                    LossText.told(losses).stream()
                            .filter(loss -> loss.causes().contains(finding))
                            .map(Interval::of)
                            .toList());
        }
    }

    private static LossView of(String repository, Loss loss) {
        return new LossView(
                Interval.of(loss),
                repository,
                loss.incarnation().system(),
                Json.list(loss.causes(), cause -> cause.key().value()),
                loss.reachedBy(),
                loss.isReachedTogether());
    }
}
