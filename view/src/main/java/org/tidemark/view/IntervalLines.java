// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.recoverability.RecoverableIntervals.Unreachable;

/**
 * Recoverable intervals as text. An interval ends with a segment, not a time: the store knows only when a segment was
 * stored. Of the interval in which a recovery without a target ends, the WAL tells the newest commit. Pure.
 */
public final class IntervalLines {
    /** With each backup damaged there is one for each. */
    private static final int MOST_PROBLEMS = 2;

    private IntervalLines() {}

    /** With the newest commit, after the intervals of the timeline that `recover` follows. */
    public static List<String> of(RecoverableIntervals recoverable, NewestCommit newest, Instant now) {
        List<String> lines = of(recoverable, now);
        if (recoverable.toLatest().isPresent()) {
            long main = recoverable.intervals().stream()
                    .filter(each ->
                            recoverable.latest().filter(each.timeline()::equals).isPresent())
                    .count();
            lines.add((int) (main == 1 ? 1 : main + 1), "The newest commit that can be reached " + words(newest, now));
        }
        return lines;
    }

    private static String words(NewestCommit newest, Instant now) {
        return switch (newest) {
            case NewestCommit.Found found ->
                "is of " + Amounts.second(found.last().time()) + " ("
                        + Amounts.duration(Duration.between(found.last().time(), now)) + " ago), transaction "
                        + Integer.toUnsignedString(found.last().xid());
            case NewestCommit.NoneIn none ->
                "is not known: the last " + (none.segments() == 1 ? "segment has" : none.segments() + " segments have")
                        + " none";
            case NewestCommit.Unreadable unreadable ->
                "is not known: " + unreadable.segment().name() + " cannot be read here";
            case NewestCommit.NotLookedAt _ ->
                "was not looked at: reading took more than " + Amounts.duration(NewestCommit.LIMIT);
        };
    }

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
        List<PlanFinding> problems = recoverable.problems();
        for (PlanFinding problem : problems.subList(0, Math.min(MOST_PROBLEMS, problems.size()))) {
            lines.add("PROBLEM for a recovery without a target: " + problem.message());
            lines.add("  HINT: " + problem.hint());
        }
        if (problems.size() > MOST_PROBLEMS) {
            lines.add("and "
                    + Amounts.count(problems.size() - MOST_PROBLEMS, "more problem", "more problems")
                    + " of this kind; see all of them with: tidemark recover --to DIR --dry-run");
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
