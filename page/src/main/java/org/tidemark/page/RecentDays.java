// SPDX-License-Identifier: Apache-2.0
package org.tidemark.page;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.core.Amounts;
import org.tidemark.recoverability.ReachableTimeline;

/**
 * A small time line for a row among many: one unit of width is an hour. Immutable.
 *
 * @param reachable the path of a line, as SVG has it; may be empty
 * @param lost likewise
 * @param backups likewise
 * @param summary for those who do not see it
 */
public record RecentDays(String reachable, String lost, String backups, String summary) {
    public static final int DAYS = 7;

    private static final int HOURS = 24 * DAYS;

    /** Of the moments along one timeline, up to now. */
    public static RecentDays of(Optional<ReachableTimeline> moments, Instant now) {
        if (moments.isEmpty()) {
            return new RecentDays("", "", "", "nothing can be restored");
        }
        ReachableTimeline all = moments.get();
        Function<Instant, Long> hour =
                at -> (long) Math.clamp(HOURS - Duration.between(at, now).toHours(), 0, HOURS);
        String reachable = all.spans().stream()
                .map(each -> line(hour.apply(each.from()), hour.apply(each.to())))
                .distinct()
                .collect(Collectors.joining());
        String lost = all.lost().stream()
                .filter(each -> !each.isRemoved())
                .map(each ->
                        line(hour.apply(each.from()), each.until().map(hour).orElse((long) HOURS)))
                .distinct()
                .collect(Collectors.joining());
        String backups = all.backups().stream()
                .map(hour)
                .filter(each -> each > 0)
                .distinct()
                .map(each -> "M" + each + " 3v8")
                .collect(Collectors.joining());
        return new RecentDays(reachable, lost, backups, summary(all, now));
    }

    /** At least an hour wide, so that none disappears; none that ended before the first day. */
    private static String line(long from, long to) {
        return to == 0 ? "" : "M" + from + " 7H" + Math.max(to, from + 1);
    }

    private static String summary(ReachableTimeline all, Instant now) {
        Instant begin = now.minus(Duration.ofDays(DAYS));
        long lost = all.lost().stream()
                .filter(each -> !each.isRemoved())
                .filter(each -> each.until().filter(begin::isAfter).isEmpty())
                .count();
        return Stream.of(
                        "can be restored from "
                                + Amounts.minute(all.spans().getFirst().from()) + " to "
                                + Amounts.minute(all.spans().getLast().to()) + " UTC",
                        lost == 0 ? "" : Amounts.count(lost, "hole", "holes") + " in the last " + DAYS + " days")
                .filter(each -> !each.isEmpty())
                .collect(Collectors.joining(", "));
    }
}
