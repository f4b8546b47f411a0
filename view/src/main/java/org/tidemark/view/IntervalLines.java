// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;

/**
 * Recoverable intervals as text. An interval ends with a segment, not a time: the store knows only when a segment was
 * stored, not the time of its last commit. Pure.
 */
public final class IntervalLines {
    private IntervalLines() {}

    public static List<String> of(RecoverableIntervals recoverable, Instant now) {
        List<String> lines = new ArrayList<>();
        List<Interval> intervals = recoverable.intervals();
        List<Interval> main = intervals.stream()
                .filter(each ->
                        recoverable.latest().filter(each.timeline()::equals).isPresent())
                .toList();
        if (intervals.isEmpty()) {
            lines.add("Nothing can be restored");
        } else if (main.size() == 1) {
            lines.add("Any moment " + words(main.getFirst(), now) + " can be reached");
        } else if (!main.isEmpty()) {
            lines.add("Any moment of these intervals can be reached:");
            main.forEach(each -> lines.add("  " + words(each, now)));
        }
        intervals.stream()
                .filter(each -> !main.contains(each))
                .forEach(each -> lines.add("With --timeline " + each.timeline() + ": any moment " + words(each, now)));
        recoverable.unreachable().forEach(each -> lines.add(words(each)));
        for (PlanFinding problem : recoverable.problems()) {
            lines.add("PROBLEM for a recovery without a target: " + problem.message());
            lines.add("  HINT: " + problem.hint());
        }
        return lines;
    }

    private static String words(Interval interval, Instant now) {
        return "from " + Amounts.second(interval.from())
                + (interval.endsAtMinimal() ? " to " + interval.end() + " in " : " to the end of ")
                + interval.last().name()
                + interval.lastStored()
                        .map(stored -> " (stored " + Amounts.duration(Duration.between(stored, now)) + " ago)")
                        .orElse("");
    }

    private static String words(Unreachable wal) {
        String segments = wal.count() == 1
                ? wal.first().name()
                : wal.first().name() + " .. " + wal.last().name() + " (" + wal.count() + " segments)";
        return "Cannot be reached: " + segments + ", "
                + switch (wal.reason()) {
                    case NO_HISTORY -> "since the history of timeline " + wal.timeline() + " is not archived";
                    case DAMAGED_HISTORY -> "since the history of timeline " + wal.timeline() + " cannot be read";
                    case NO_BACKUP -> "since no backup leads to timeline " + wal.timeline();
                    case HOLE -> "since WAL before it is missing";
                    case MINIMAL -> "since the server ran with wal_level = minimal before it";
                };
    }
}
