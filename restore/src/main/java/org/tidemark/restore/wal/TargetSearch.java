// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.recoverability.PassedTarget;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.plan.RestorePlan.Chosen;

/**
 * Finds where a recovery to a time or a position ends, by reading WAL. PostgreSQL reaches a position at the first
 * record that begins there or later, and a time only before a transaction that ended later. The times of storing do not
 * say where that is: the segments of a quiet server hold nothing but checkpoints, and those of a copied repository were
 * stored when it was copied. They say where to look first. From there the search goes by position, in growing steps and
 * then by halves, as if transactions ended in the order of the WAL: those of several sessions differ from it by
 * milliseconds. Reads no segment twice. Used by one thread.
 */
public final class TargetSearch {
    /**
     * The maximum number of segments that one search reads: 40 lead to a place among a million, and the others through
     * an hour of a server that closes a segment each minute and writes nothing else.
     */
    private static final int MOST_SEGMENTS = 100;

    private final ArchivedSegments segments;
    private final WalSegmentSize size;
    /** The newest end of a transaction in each segment that was read. */
    private final Map<Segment, Optional<Instant>> read = new HashMap<>();

    /** @param size that of the segments */
    public TargetSearch(ArchivedSegments segments, WalSegmentSize size) {
        this.segments = segments;
        this.size = size;
    }

    /**
     * Searches from the end of the plan's backup to the end of the archived WAL of its path.
     *
     * @return empty if nothing is archived there
     */
    public Optional<PassedTarget> passed(Chosen plan, RecoveryTarget.AtTime target) throws IOException {
        RequiredWal archived = plan.recovery().archived();
        long from = plan.backup().wal().last(size).index(size);
        long guess = plan.wal().runs().isEmpty()
                ? from
                : plan.wal().runs().getLast().last().index(size);
        long count = countBefore(archived, Long.MAX_VALUE, from);
        if (count == 0) {
            return Optional.empty();
        }
        Pass pass = new Pass(plan.timeline(), archived, from, target, count);
        return Optional.of(pass.from(Math.min(count - 1, countBefore(archived, guess, from))));
    }

    /**
     * Searches for the first segment in which a record ends that begins at a position or after it: at the end of a
     * segment that the server switched there is none, and a long record ends many segments later.
     *
     * @return empty if nothing is archived there
     */
    public Optional<PassedTarget> passed(Chosen plan, RecoveryTarget.AtLsn target) throws IOException {
        RequiredWal archived = plan.recovery().archived();
        long from = size.segmentNumber(target.lsn());
        long count = countBefore(archived, Long.MAX_VALUE, from);
        for (long place = 0; place < Math.min(count, MOST_SEGMENTS); place++) {
            Segment segment = segment(archived, from, place);
            if (segments.read(segment, (in, _) -> WalRecords.hasRecordFrom(target.lsn(), in, segment, size))
                    .orElse(false)) {
                return Optional.of(new PassedTarget(
                        plan.timeline(), OptionalLong.of(segment.index(size)), Optional.empty(), true));
            }
        }
        return Optional.empty();
    }

    /** How many segments are archived from {@code from} on, and before {@code index}. */
    private long countBefore(RequiredWal archived, long index, long from) {
        return archived.runs().stream()
                .mapToLong(run -> Math.max(
                        0,
                        Math.min(index, run.last().index(size) + 1)
                                - Math.max(from, run.first().index(size))))
                .sum();
    }

    /** What the transactions of a segment say of the target. */
    private enum Side {
        BEFORE,
        NONE,
        AFTER
    }

    /** One search over the archived segments, which are counted from 0 without the missing ones. */
    private final class Pass {
        private final Timeline timeline;
        private final RequiredWal archived;
        private final long from;
        private final RecoveryTarget.AtTime target;
        private final long count;
        private long looks;
        /** The last segment that is known to be before the target; -1 if none is. */
        private long before = -1;
        /** The first segment that is known to be after the target; the number of all if none is. */
        private long after;

        Pass(Timeline timeline, RequiredWal archived, long from, RecoveryTarget.AtTime target, long count) {
            this.timeline = timeline;
            this.archived = archived;
            this.from = from;
            this.target = target;
            this.count = count;
            this.after = count;
        }

        PassedTarget from(long guess) throws IOException {
            goForward(guess);
            boolean isComplete = after < count || goBackToATransaction();
            if (after < count) {
                if (before < 0) {
                    goBack();
                }
                halve();
            }
            return new PassedTarget(
                    timeline,
                    after < count
                            ? OptionalLong.of(segment(archived, from, after).index(size))
                            : OptionalLong.empty(),
                    before < 0 ? Optional.empty() : newest(segment(archived, from, before)),
                    isComplete);
        }

        private void goForward(long guess) throws IOException {
            long step = 1;
            for (long place = guess; look(place) != Side.AFTER && place < count - 1 && !isExhausted(); step *= 2) {
                place = Math.min(count - 1, place + step);
            }
        }

        /** The last transaction of all is before the target, or there is none; false if that was not found out. */
        private boolean goBackToATransaction() throws IOException {
            for (long place = count - 1; place >= 0; place--) {
                if (isExhausted()) {
                    return false;
                }
                if (look(place) != Side.NONE) {
                    return true;
                }
            }
            return true;
        }

        private void goBack() throws IOException {
            long step = 1;
            for (long place = after; place > 0 && before < 0 && !isExhausted(); step *= 2) {
                place = Math.max(0, place - step);
                look(place);
            }
        }

        /** Between a segment before the target and one after it; where the search is exhausted, the latter will do. */
        private void halve() throws IOException {
            long end = after; // from here to the one after the target, there is no transaction
            while (end - before > 1) {
                long middle = before + (end - before) / 2;
                long place = middle;
                Side side = look(place);
                while (side == Side.NONE && place + 1 < end && !isExhausted()) {
                    place++;
                    side = look(place);
                }
                if (isExhausted()) {
                    return;
                }
                if (side != Side.BEFORE) {
                    end = middle;
                }
            }
        }

        private boolean isExhausted() {
            return looks >= MOST_SEGMENTS;
        }

        private Side look(long place) throws IOException {
            Optional<Instant> ended = newest(segment(archived, from, place));
            if (ended.isEmpty()) {
                return Side.NONE;
            }
            if (isReachedBy(ended.get(), target)) {
                after = Math.min(after, place);
                return Side.AFTER;
            }
            before = Math.max(before, place);
            return Side.BEFORE;
        }

        private Optional<Instant> newest(Segment segment) throws IOException {
            Optional<Instant> known = read.get(segment);
            if (known == null) {
                looks++;
                known = segments.read(
                                segment,
                                (in, rest) -> WalRecords.lastTransactionEnd(
                                        in, () -> rest.open(archived.after(segment, size)), segment, size))
                        .flatMap(ended -> ended);
                read.put(segment, known);
            }
            return known;
        }
    }

    /** A segment by its place among those that are archived from {@code from} on. */
    private Segment segment(RequiredWal archived, long from, long place) {
        long left = place;
        for (RequiredWal.Run run : archived.runs()) {
            long first = Math.max(from, run.first().index(size));
            long length = run.last().index(size) + 1 - first;
            if (left < length) {
                return Segment.of(run.first().timeline(), first + left, size);
            }
            left -= Math.max(0, length);
        }
        throw new IllegalArgumentException("there are fewer than " + (place + 1) + " segments");
    }

    private static boolean isReachedBy(Instant ended, RecoveryTarget.AtTime target) {
        return target.bound() == Bound.INCLUSIVE ? ended.isAfter(target.time()) : !ended.isBefore(target.time());
    }
}
