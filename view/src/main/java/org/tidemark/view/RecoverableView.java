// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.view.Json.Inline;

/** Recoverable intervals in JSON, those of the timeline that recover follows by default first. */
public record RecoverableView(
        Optional<Timeline> latestTimeline,
        List<Interval> intervals,
        List<Unreachable> unreachable,
        List<Problem> problems) {
    private record Interval(
            Timeline timeline,
            String backup,
            Instant from,
            Lsn beginLsn,
            Lsn endLsn,
            Segment lastSegment,
            Optional<Instant> lastStored) {
        static Interval of(RecoverableIntervals.Interval each) {
            // Rounded up: a target a fraction of a microsecond earlier could not be reached.
            Instant from = each.from().plusNanos(999);
            return new Interval(
                    each.timeline(),
                    each.backup().id(),
                    from,
                    each.begin(),
                    each.end(),
                    each.last(),
                    each.lastStored());
        }
    }

    private record Unreachable(@Inline RangeView range, String reason) {}

    private record Problem(String message, String hint) {}

    public static RecoverableView of(RecoverableIntervals recoverable) {
        return new RecoverableView(
                recoverable.latest(),
                Json.list(recoverable.intervals(), Interval::of),
                Json.list(
                        recoverable.unreachable(),
                        wal -> new Unreachable(
                                new RangeView(wal.first(), wal.last(), wal.count()),
                                wal.reason().name())),
                Json.list(recoverable.problems(), problem -> new Problem(problem.message(), problem.hint())));
    }
}
