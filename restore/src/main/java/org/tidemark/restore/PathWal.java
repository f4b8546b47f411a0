// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.restore.ArchivedWal.Partial;
import org.tidemark.restore.ArchivedWal.Stored;
import org.tidemark.restore.RestorePlan.RequiredWal;

/** What of a path's WAL an archive holds. Segments are counted from 0/0. Immutable. */
record PathWal(TimelinePath path, ArchivedWal wal) {
    /** The last archived segment of the path, wherever the holes are; empty if nothing is archived. */
    OptionalLong last() {
        OptionalLong last = OptionalLong.empty();
        for (Stretch stretch : path.stretches()) {
            NavigableMap<Long, Stored> stored = storedIn(stretch, 0);
            if (!stored.isEmpty()) {
                last = OptionalLong.of(stored.lastKey());
            } else if (isSubstituted(stretch.first())) {
                last = OptionalLong.of(stretch.first());
            }
        }
        Optional<Partial> tail = tail();
        return tail.isPresent() ? OptionalLong.of(tail.get().segment().index(path.size())) : last;
    }

    /** The partial segment with which the path's own timeline ends: PostgreSQL is given it as the last one. */
    private Optional<Partial> tail() {
        Stretch tip = path.stretches().getLast();
        return wal.lastPartial(tip.timeline())
                .filter(partial -> partial.segment().index(path.size()) >= tip.first());
    }

    /**
     * The position past the last byte that can be read; empty if nothing is archived. Where only the parent's part of a
     * segment is there, that is the switch; where only a partial segment is there, the end of its last used page.
     */
    Optional<Lsn> end() {
        OptionalLong last = last();
        if (last.isEmpty()) {
            return Optional.empty();
        }
        Segment segment = path.segment(last.getAsLong());
        if (wal.of(segment.timeline()).containsKey(last.getAsLong())) {
            return Optional.of(segment.end(path.size()));
        }
        return tail().map(Partial::end)
                .or(() -> path.substitutes(last.getAsLong()).stream()
                        .filter(this::isHeldToItsEnd)
                        .findFirst()
                        .flatMap(substitute -> path.history().endOf(substitute.timeline())));
    }

    /** The first segment from {@code from} on that was stored at {@code moment} or later. */
    OptionalLong firstStoredAtOrAfter(Instant moment, long from) {
        for (Stretch stretch : path.stretches()) {
            for (Map.Entry<Long, Stored> each : storedIn(stretch, from).entrySet()) {
                if (!each.getValue().stored().isBefore(moment)) {
                    return OptionalLong.of(each.getKey());
                }
            }
        }
        return tail().filter(partial -> !partial.stored().isBefore(moment))
                .map(partial -> OptionalLong.of(partial.segment().index(path.size())))
                .orElseGet(OptionalLong::empty);
    }

    /** When the youngest segment of the path was stored; empty if nothing is archived. */
    Optional<Instant> newestStored() {
        return Stream.concat(
                        path.stretches().stream()
                                .flatMap(stretch -> storedIn(stretch, 0).values().stream())
                                .map(Stored::stored),
                        tail().map(Partial::stored).stream())
                .max(Instant::compareTo);
    }

    /** Segments without a gap between them, both ends included. */
    record Run(long first, long last) {}

    /** Everything of the path that is there. */
    List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (Stretch stretch : path.stretches()) {
            storedIn(stretch, 0).keySet().forEach(index -> append(index, runs));
        }
        // What stands in for the last segment is read only where nothing follows.
        OptionalLong last = last();
        if (last.isPresent() && (runs.isEmpty() || runs.getLast().last() < last.getAsLong())) {
            append(last.getAsLong(), runs);
        }
        return runs;
    }

    private static void append(long index, List<Run> runs) {
        if (!runs.isEmpty() && runs.getLast().last() + 1 == index) {
            runs.set(runs.size() - 1, new Run(runs.getLast().first(), index));
        } else {
            runs.add(new Run(index, index));
        }
    }

    /** The position past the last byte that can be read of a run. */
    Lsn endOf(Run run) {
        return last().orElse(-1) == run.last()
                ? end().orElseThrow()
                : path.size().start(run.last() + 1);
    }

    /** The last segment of a run: an ancestor's where that stands in for it. */
    Segment lastSegment(Run run) {
        return need(run.last(), run.last()).runs().getLast().last();
    }

    /** When the last segment of a run was stored. */
    Optional<Instant> stored(Run run) {
        Stored whole = wal.of(path.segment(run.last()).timeline()).get(run.last());
        return whole != null ? Optional.of(whole.stored()) : tail().map(Partial::stored);
    }

    /** The archived and the missing segments from {@code from} to {@code to}, both included. */
    RequiredWal need(long from, long to) {
        Tally tally = new Tally(to);
        for (Stretch stretch : path.stretches()) {
            long first = Math.max(from, stretch.first());
            long last = Math.min(to, stretch.last());
            if (first > last) {
                continue;
            }
            long next = first;
            for (Map.Entry<Long, Stored> each :
                    wal.of(stretch.timeline()).subMap(first, true, last, true).entrySet()) {
                tally.missing(stretch, next, each.getKey() - 1);
                tally.there(each.getValue().segment(), each.getValue().sizeBytes());
                next = each.getKey() + 1;
            }
            tally.missing(stretch, next, last);
        }
        return tally.toNeed();
    }

    private NavigableMap<Long, Stored> storedIn(Stretch stretch, long from) {
        long first = Math.max(from, stretch.first());
        return first > stretch.last()
                ? Collections.emptyNavigableMap()
                : wal.of(stretch.timeline()).subMap(first, true, stretch.last(), true);
    }

    /** Up to where its timeline ends: a partial segment that a crash cut short leads nowhere. */
    private boolean isHeldToItsEnd(Segment ancestor) {
        return path.history()
                .endOf(ancestor.timeline())
                .filter(end -> wal.holds(ancestor, end))
                .isPresent();
    }

    private boolean isSubstituted(long index) {
        return path.substitutes(index).stream().anyMatch(this::isHeldToItsEnd);
    }

    private final class Tally {
        private final List<RequiredWal.Run> runs = new ArrayList<>();
        private final List<RequiredWal.Run> holes = new ArrayList<>();
        private long segments;
        private long storedBytes;
        private long missing;
        private final OptionalLong substituted;

        Tally(long to) {
            // A parent's segment holds nothing past the switch, so it stands in only where nothing follows.
            OptionalLong last = last();
            this.substituted = last.isPresent() && last.getAsLong() == to && (tail().isPresent() || isSubstituted(to))
                    ? last
                    : OptionalLong.empty();
        }

        void there(Segment segment, long sizeBytes) {
            segments++;
            storedBytes += sizeBytes;
            if (!runs.isEmpty() && runs.getLast().last().next(path.size()).equals(segment)) {
                runs.set(runs.size() - 1, new RequiredWal.Run(runs.getLast().first(), segment));
            } else {
                runs.add(new RequiredWal.Run(segment, segment));
            }
        }

        void missing(Stretch stretch, long first, long last) {
            long from = first;
            if (from == last && from == substituted.orElse(-1)) {
                there(substitute(from), 0);
                from++;
            }
            if (from > last) {
                return;
            }
            missing += last - from + 1;
            if (holes.size() < RequiredWal.MOST_HOLES) {
                holes.add(new RequiredWal.Run(
                        Segment.of(stretch.timeline(), from, path.size()),
                        Segment.of(stretch.timeline(), last, path.size())));
            }
        }

        private Segment substitute(long index) {
            return tail().map(Partial::segment)
                    .orElseGet(() -> path.substitutes(index).stream()
                            .filter(PathWal.this::isHeldToItsEnd)
                            .findFirst()
                            .orElseThrow());
        }

        RequiredWal toNeed() {
            return new RequiredWal(runs, segments, storedBytes, holes, missing);
        }
    }
}
