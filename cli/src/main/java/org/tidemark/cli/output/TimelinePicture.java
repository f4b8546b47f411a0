// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.ReachableTimeline.LostMoments;
import org.tidemark.recoverability.ReachableTimeline.Span;

/**
 * The moments that can be reached, as a picture: a line for each timeline, on one axis of time, with its first and last
 * moment. Backups are marks and holes are gaps; a hole that is shorter than a column has a sign of its own, so none
 * disappears. Pure.
 */
public final class TimelinePicture {
    /** The columns of the shortest line of time. */
    static final int SHORTEST = 10;

    /** With less than this, the dates stand without the time of day. */
    private static final int SHORT = 20;

    private static final int DATE = "2026-11-20".length();
    private static final char NOTHING = ' ';

    private final List<ReachableTimeline> timelines;
    private final Signs signs;
    private final int titleColumns;
    private final int dateColumns;
    private final int columns;
    private final Instant begin;
    private final long nanos;

    /** The characters that it consists of. */
    public enum Signs {
        /** For every terminal. */
        ASCII('-', '*', 'x'),
        UNICODE('━', '●', '×');

        private final char reachable;
        private final char backup;
        private final char hole;

        Signs(char reachable, char backup, char hole) {
            this.reachable = reachable;
            this.backup = backup;
            this.hole = hole;
        }
    }

    private TimelinePicture(List<ReachableTimeline> timelines, int width, Signs signs) {
        this.timelines = timelines;
        this.signs = signs;
        this.titleColumns =
                timelines.stream().mapToInt(each -> title(each).length()).max().orElse(0);
        int left = width - titleColumns - 1;
        int minute = Amounts.minute(Instant.EPOCH).length();
        this.dateColumns = left - 2 * (minute + 1) >= SHORT ? minute : left - 2 * (DATE + 1) >= SHORTEST ? DATE : 0;
        this.columns = Math.max(SHORTEST, left - (dateColumns == 0 ? 0 : 2 * (dateColumns + 1)));
        List<Span> spans =
                timelines.stream().flatMap(each -> each.spans().stream()).toList();
        this.begin = spans.stream().map(Span::from).min(Instant::compareTo).orElse(Instant.EPOCH);
        Instant end = spans.stream().map(Span::to).max(Instant::compareTo).orElse(Instant.EPOCH);
        this.nanos = Math.max(1, saturated(Duration.between(begin, end)));
    }

    private static long saturated(Duration duration) {
        return duration.toSeconds() >= Long.MAX_VALUE / 1_000_000_000L - 1 ? Long.MAX_VALUE : duration.toNanos();
    }

    /**
     * Draws the picture.
     *
     * @param width the columns of the terminal; lines are longer only in one that is narrower than the shortest picture
     * @return no lines if nothing can be reached
     */
    public static List<String> of(List<ReachableTimeline> timelines, int width, Signs signs) {
        return timelines.isEmpty() ? List.of() : new TimelinePicture(timelines, width, signs).lines(width);
    }

    private List<String> lines(int width) {
        List<String> lines = new ArrayList<>();
        for (ReachableTimeline each : timelines) {
            String from = date(each.spans().getFirst().from());
            String to = date(each.spans().getLast().to());
            lines.add((padded(title(each), titleColumns) + " " + (from.isEmpty() ? "" : from + " ") + line(each) + " "
                            + to)
                    .stripTrailing());
        }
        String legend = " ".repeat(titleColumns + 1) + signs.backup + " backup  " + signs.reachable + " can be reached"
                + (lines.stream().anyMatch(each -> each.indexOf(signs.hole) >= 0) ? "  " + signs.hole + " hole" : "");
        if (legend.length() <= width) {
            lines.add(legend);
        }
        return lines;
    }

    private static String title(ReachableTimeline timeline) {
        return "TL " + timeline.timeline();
    }

    private static String padded(String text, int columns) {
        return text + " ".repeat(columns - text.length());
    }

    private String date(Instant moment) {
        return Amounts.minute(moment).substring(0, dateColumns);
    }

    private String line(ReachableTimeline timeline) {
        char[] line = new char[columns];
        Arrays.fill(line, NOTHING);
        for (Span span : timeline.spans()) {
            Arrays.fill(line, column(span.from()), column(span.to()) + 1, signs.reachable);
        }
        for (Instant backup : timeline.backups()) {
            line[column(backup)] = signs.backup;
        }
        for (int i = 1; i < timeline.spans().size(); i++) {
            hole(line, timeline.spans().get(i - 1), timeline.spans().get(i));
        }
        if (timeline.lost().stream().map(LostMoments::until).anyMatch(until -> until.isEmpty())) {
            int last = column(timeline.spans().getLast().to());
            line[Math.min(last + 1, columns - 1)] = signs.hole;
        }
        return new String(line);
    }

    private void hole(char[] line, Span before, Span after) {
        int last = column(before.to());
        int next = column(after.from());
        if (next - last < 2) {
            // A backup beside it stays, if the hole can be drawn on the other side.
            line[line[last] == signs.backup && line[next] != signs.backup ? next : last] = signs.hole;
        }
    }

    private int column(Instant moment) {
        double share = (double) saturated(Duration.between(begin, moment)) / nanos;
        return (int) Math.clamp(Math.floor(share * columns), 0, columns - 1.0);
    }
}
