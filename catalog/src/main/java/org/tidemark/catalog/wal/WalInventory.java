// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;

/**
 * Which WAL of one incarnation is archived, and which segments are missing in it. Immutable.
 *
 * @param timelines rising
 * @param removed what expiry removed; the holes do not include it
 * @param givenUp what hosts gave up, if there are holes: why some of them are there
 * @param counted when the older part of the WAL was listed; empty if all was listed for this inventory
 */
public record WalInventory(
        List<TimelineInventory> timelines,
        List<RemovedWal> removed,
        List<GivenUpWal> givenUp,
        Optional<Instant> counted) {
    public WalInventory {
        timelines = List.copyOf(timelines);
        removed = List.copyOf(removed);
        givenUp = List.copyOf(givenUp);
    }

    /** One for which everything was listed. */
    public WalInventory(List<TimelineInventory> timelines, List<RemovedWal> removed) {
        this(timelines, removed, List.of(), Optional.empty());
    }

    /** One from which nothing was removed. */
    public WalInventory(List<TimelineInventory> timelines) {
        this(timelines, List.of());
    }

    public Optional<TimelineInventory> timeline(Timeline timeline) {
        return timelines.stream()
                .filter(each -> each.timeline().equals(timeline))
                .findFirst();
    }

    /** The run of segments whose last one was stored last. */
    public Optional<WalRun> newest() {
        return timelines.stream()
                .flatMap(timeline -> timeline.runs().stream())
                .max(Comparator.comparing(WalRun::lastStored));
    }

    /** The holes of all timelines. */
    public List<WalHole> holes() {
        return timelines.stream().flatMap(each -> each.holes().stream()).toList();
    }

    /** Why a hole is there, if a host gave up some of its segments: the newest time. */
    public Optional<GivenUpWal> whyMissing(WalHole hole) {
        return givenUp.stream()
                .filter(each -> each.overlaps(hole.first(), hole.last()))
                .max(Comparator.comparing(GivenUpWal::at));
    }

    public boolean contains(WalFile.Segment segment) {
        return timeline(segment.timeline()).stream()
                .flatMap(each -> each.runs().stream())
                .anyMatch(run -> run.first().compareTo(segment) <= 0 && segment.compareTo(run.last()) <= 0);
    }

    /** Whether any of this WAL was removed on purpose: no backup that needs it is copied there again. */
    public boolean hasRemoved(WalRange wal, WalSegmentSize size) {
        return removed.stream().anyMatch(range -> range.overlaps(wal, size));
    }

    /**
     * Archived segments of one timeline without a gap between them. Immutable.
     *
     * @param count how many segments, 1 or more
     * @param storedBytes the length of all their objects
     * @param firstStored when the first of them was stored, by the store's clock
     * @param lastStored when the last of them was stored; an earlier time than {@code firstStored} is possible
     */
    public record WalRun(
            WalFile.Segment first,
            WalFile.Segment last,
            long count,
            long storedBytes,
            Instant firstStored,
            Instant lastStored) {
        private static final long MINUTE_MILLIS = 60_000;
        private static final long DAY_MILLIS = 24 * 60 * MINUTE_MILLIS;

        /** This run and the one that begins where it ends. */
        WalRun and(WalRun next) {
            return new WalRun(
                    first, next.last, count + next.count, storedBytes + next.storedBytes, firstStored, next.lastStored);
        }

        public Timeline timeline() {
            return first.timeline();
        }

        /**
         * How much WAL was archived in a day, by the stores' clock; empty if a run of less than a minute cannot tell.
         */
        public Optional<Long> bytesPerDay(WalSegmentSize size) {
            long millis = Duration.between(firstStored, lastStored).toMillis();
            // The first segment was written before the time begins.
            return millis < MINUTE_MILLIS
                    ? Optional.empty()
                    : Optional.of((long) ((double) (count - 1) * size.bytes() * DAY_MILLIS / millis));
        }
    }

    /**
     * Segments of one timeline that are not archived, although what comes before and what comes after them is.
     * Immutable.
     *
     * @param count how many segments, 1 or more
     */
    public record WalHole(WalFile.Segment first, WalFile.Segment last, long count) implements Comparable<WalHole> {
        /** The hole from the place {@code from} up to and with the place {@code to}. */
        static WalHole between(Timeline timeline, long from, long to, WalSegmentSize size) {
            return new WalHole(
                    WalFile.Segment.of(timeline, from, size), WalFile.Segment.of(timeline, to, size), to - from + 1);
        }

        public Timeline timeline() {
            return first.timeline();
        }

        /** Whether any segment from one to another of the same timeline is in it. */
        public boolean overlaps(WalFile.Segment from, WalFile.Segment to) {
            return new SegmentRange(first, last).overlaps(from, to);
        }

        /** Its segments as the subject of a sentence. */
        public String inWords() {
            return count == 1 ? first.name() : count + " segments, " + first.name() + " to " + last.name() + ",";
        }

        @Override
        public int compareTo(WalHole other) {
            return first.compareTo(other.first);
        }
    }

    /**
     * What is archived of one timeline. Immutable.
     *
     * @param runs in order of position; none if only a history or partial segments are archived
     * @param holes in order of position
     * @param partials in order of position
     * @param history empty if none is archived, or if it cannot be read
     * @param historyStored when the history was stored, by the store's clock; empty if none is archived
     * @param historyProblem why the history cannot be read
     */
    public record TimelineInventory(
            Timeline timeline,
            List<WalRun> runs,
            List<WalHole> holes,
            List<StoredPartial> partials,
            Optional<TimelineHistory> history,
            Optional<Instant> historyStored,
            Optional<String> historyProblem) {
        public TimelineInventory {
            runs = List.copyOf(runs);
            holes = List.copyOf(holes);
            partials = List.copyOf(partials);
        }

        /** How many segments are archived. */
        public long segments() {
            return runs.stream().mapToLong(WalRun::count).sum();
        }

        /** The length of all segments' objects. */
        public long storedBytes() {
            return runs.stream().mapToLong(WalRun::storedBytes).sum();
        }
    }
}
