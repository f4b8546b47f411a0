// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ArchivedWal.Partial;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.Stretch;
import org.tidemark.core.WalFile.Segment;

/** What of a path's WAL an archive holds. Segments are counted from 0/0. Immutable. */
record PathWal(TimelinePath path, ArchivedWal wal) {
    /** The last archived segment of the path, wherever the holes are; empty if nothing is archived. */
    OptionalLong last() {
        OptionalLong last = OptionalLong.empty();
        for (Stretch stretch : path.stretches()) {
            OptionalLong whole = wal.of(stretch.timeline()).last(stretch.first(), stretch.last());
            if (whole.isPresent()) {
                last = whole;
            } else if (isSubstituted(stretch.first())) {
                last = OptionalLong.of(stretch.first());
            }
        }
        Optional<Partial> tail = tail();
        return tail.isPresent() ? OptionalLong.of(tail.get().segment().index(path.size())) : last;
    }

    /** Whether a whole segment of the path from {@code index} on is archived. */
    boolean hasWholeSince(long index) {
        return path.stretches().stream()
                .anyMatch(stretch -> wal.of(stretch.timeline())
                        .last(Math.max(index, stretch.first()), stretch.last())
                        .isPresent());
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
        if (wal.of(segment.timeline()).contains(last.getAsLong())) {
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
            OptionalLong found = wal.of(stretch.timeline())
                    .firstStoredAtOrAfter(moment, Math.max(from, stretch.first()), stretch.last());
            if (found.isPresent()) {
                return found;
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
                                .flatMap(stretch ->
                                        wal.of(stretch.timeline()).newest(stretch.first(), stretch.last()).stream()),
                        tail().map(Partial::stored).stream())
                .max(Instant::compareTo);
    }

    /** When the youngest of a timeline's segments was stored that are not on the path; empty if there is none. */
    Optional<Instant> newestBeside(Timeline timeline) {
        TimelineWal all = wal.of(timeline);
        Optional<Stretch> own = path.stretches().stream()
                .filter(stretch -> stretch.timeline().equals(timeline) && stretch.first() <= stretch.last())
                .findFirst();
        return own.isEmpty()
                ? all.newest(0, Long.MAX_VALUE)
                : Stream.of(
                                all.newest(0, own.get().first() - 1),
                                own.get().last() == Long.MAX_VALUE
                                        ? Optional.<Instant>empty()
                                        : all.newest(own.get().last() + 1, Long.MAX_VALUE))
                        .flatMap(Optional::stream)
                        .max(Instant::compareTo);
    }

    /**
     * The last of a timeline's segments that are not on the path, at most {@code count} of them, the last one first.
     */
    List<Segment> lastBeside(Timeline timeline, int count) {
        TimelineWal all = wal.of(timeline);
        Optional<Stretch> own = path.stretches().stream()
                .filter(stretch -> stretch.timeline().equals(timeline) && stretch.first() <= stretch.last())
                .findFirst();
        List<Segment> last = new ArrayList<>();
        long before = Long.MAX_VALUE;
        while (last.size() < count) {
            OptionalLong index = all.last(0, before);
            if (index.isPresent()
                    && own.isPresent()
                    && own.get().first() <= index.getAsLong()
                    && index.getAsLong() <= own.get().last()) {
                index = all.last(0, own.get().first() - 1);
            }
            if (index.isEmpty()) {
                break;
            }
            last.add(Segment.of(timeline, index.getAsLong(), path.size()));
            before = index.getAsLong() - 1;
        }
        return last;
    }

    /** Segments without a gap between them, both ends included. */
    record Run(long first, long last) {}

    /** Everything of the path that is there. */
    List<Run> runs() {
        List<Run> runs = new ArrayList<>();
        for (Stretch stretch : path.stretches()) {
            for (TimelineWal.Run run : wal.of(stretch.timeline()).runs(stretch.first(), stretch.last())) {
                append(run.first(), run.last(), runs);
            }
        }
        // What stands in for the last segment is read only where nothing follows.
        OptionalLong last = last();
        if (last.isPresent() && (runs.isEmpty() || runs.getLast().last() < last.getAsLong())) {
            append(last.getAsLong(), last.getAsLong(), runs);
        }
        return runs;
    }

    private static void append(long first, long last, List<Run> runs) {
        if (!runs.isEmpty() && runs.getLast().last() + 1 == first) {
            runs.set(runs.size() - 1, new Run(runs.getLast().first(), last));
        } else {
            runs.add(new Run(first, last));
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

    /** When a segment of the path was stored; empty if it is not there. */
    Optional<Instant> stored(long index) {
        return wal.of(path.segment(index).timeline()).stored(index);
    }

    /** When the last segment of a run was stored, or what stands in for it. */
    Optional<Instant> stored(Run run) {
        return stored(run.last()).or(() -> tail().map(Partial::stored)).or(() -> {
            Segment last = lastSegment(run);
            return wal.of(last.timeline()).stored(last.index(path.size()));
        });
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
            for (TimelineWal.Run run : wal.of(stretch.timeline()).runs(first, last)) {
                tally.missing(stretch, next, run.first() - 1);
                tally.there(
                        Segment.of(stretch.timeline(), run.first(), path.size()),
                        Segment.of(stretch.timeline(), run.last(), path.size()),
                        run.count(),
                        run.bytes());
                next = run.last() + 1;
            }
            tally.missing(stretch, next, last);
        }
        return tally.toNeed();
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

        void there(Segment first, Segment last, long count, long sizeBytes) {
            segments += count;
            storedBytes += sizeBytes;
            if (!runs.isEmpty() && runs.getLast().last().next(path.size()).equals(first)) {
                runs.set(runs.size() - 1, new RequiredWal.Run(runs.getLast().first(), last));
            } else {
                runs.add(new RequiredWal.Run(first, last));
            }
        }

        void missing(Stretch stretch, long first, long last) {
            long from = first;
            if (from == last && from == substituted.orElse(-1)) {
                Segment substitute = substitute(from);
                there(substitute, substitute, 1, 0);
                from++;
            }
            if (from > last) {
                return;
            }
            missing += last - from + 1;
            if (holes.size() < RequiredWal.MAX_NAMED_HOLES) {
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
