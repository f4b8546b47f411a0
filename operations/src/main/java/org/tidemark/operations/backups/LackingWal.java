// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.sync.CopyAdvice;
import org.tidemark.session.reading.IncarnationReading;

/**
 * WAL after a backup that one repository lacks and another has: a restore from the first alone ends earlier. Immutable.
 *
 * @param repository the one that lacks it
 * @param other the one that has it
 * @param first the first segment that is lacking
 * @param count the number of lacking segments; at most {@value #MAX_COUNT}
 * @param advice how to copy them, a sentence
 */
public record LackingWal(String repository, String other, Segment first, long count, String advice) {
    static final int MAX_COUNT = 100_000;

    /** Repositories receive a segment at different times, and are read at different times. */
    private static final Duration ON_ITS_WAY = Duration.ofSeconds(10);

    /**
     * For each repository the other one that has most of what it lacks.
     *
     * @param all the readings of one incarnation
     */
    public static List<LackingWal> of(List<IncarnationReading> all, Instant now) {
        List<LackingWal> lacking = new ArrayList<>();
        for (IncarnationReading each : all) {
            Optional<LackingWal> most = Optional.empty();
            for (IncarnationReading other : all) {
                Optional<LackingWal> found = each.equals(other) ? Optional.empty() : between(each, other, now);
                if (found.isPresent()
                        && (most.isEmpty() || found.get().count() > most.get().count())) {
                    most = found;
                }
            }
            most.ifPresent(lacking::add);
        }
        return lacking;
    }

    private static Optional<LackingWal> between(IncarnationReading each, IncarnationReading other, Instant now) {
        WalSegmentSize size = each.identity().walSegmentSize();
        Optional<Segment> first = Optional.empty();
        long count = 0;
        for (TimelineInventory timeline : other.inventory().timelines()) {
            long from = firstAfterABackup(each, timeline.timeline(), size);
            List<Places> own = hasOrRemoved(each.inventory(), timeline.timeline(), size);
            for (WalRun run : timeline.runs()) {
                long next = Math.max(from, run.first().index(size));
                long last = run.last().index(size);
                for (Places has : own) {
                    if (next <= last && has.last() >= next) {
                        long until = Math.min(last + 1, has.first());
                        if (next < until) {
                            first = first.isEmpty() ? Optional.of(Segment.of(timeline.timeline(), next, size)) : first;
                            count += until - next;
                        }
                        next = has.last() + 1;
                    }
                }
                if (next <= last) {
                    first = first.isEmpty() ? Optional.of(Segment.of(timeline.timeline(), next, size)) : first;
                    count += last + 1 - next;
                }
            }
        }
        return first.isPresent() && hadTime(other, first.get(), now)
                ? Optional.of(new LackingWal(
                        each.repository(),
                        other.repository(),
                        first.get(),
                        Math.min(count, MAX_COUNT),
                        CopyAdvice.of(other.repository(), other.archive(), each.repository(), each.archive())))
                : Optional.empty();
    }

    /** Neighbouring segments, both ends included. */
    private record Places(long first, long last) {}

    /** What a repository has of a timeline, and what was removed from it on purpose; in order. */
    private static List<Places> hasOrRemoved(WalInventory wal, Timeline timeline, WalSegmentSize size) {
        return Stream.concat(
                        wal.timeline(timeline).stream()
                                .flatMap(each -> each.runs().stream())
                                .map(run -> new Places(
                                        run.first().index(size), run.last().index(size))),
                        wal.removed().stream()
                                .filter(each -> each.timeline().equals(timeline))
                                .map(each -> new Places(
                                        each.first().index(size), each.last().index(size))))
                .sorted(Comparator.comparingLong(Places::first))
                .toList();
    }

    /** The first segment of a timeline that a restore of one of the backups may need. */
    private static long firstAfterABackup(IncarnationReading each, Timeline timeline, WalSegmentSize size) {
        long first = Long.MAX_VALUE;
        for (BaseBackup backup : each.backups()) {
            if (backup.wal().timeline().compareTo(timeline) < 0) {
                return 0;
            }
            if (backup.wal().timeline().equals(timeline)) {
                first = Math.min(first, backup.walFirst().index(size));
            }
        }
        return first;
    }

    private static boolean hadTime(IncarnationReading other, Segment segment, Instant now) {
        try {
            return other.archive()
                    .repository()
                    .store()
                    .stat(other.archive().wal().key(segment))
                    .filter(object -> object.stored().isBefore(now.minus(ON_ITS_WAY)))
                    .isPresent();
        } catch (IOException e) {
            return false; // it answered a moment ago; a note must not cause an error
        }
    }
}
