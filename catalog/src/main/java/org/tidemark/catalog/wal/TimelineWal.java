// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The whole segments of one timeline that are archived. Neighbours of which the same is known are one stretch of four
 * numbers: a million segments with times of their own take 32 MB, and ten million of an inventory, which knows the time
 * of a run's ends, take nothing. Segments are counted from 0/0. Immutable.
 */
public final class TimelineWal {
    public static final TimelineWal NONE = new Builder().build();

    private static final long NANOS = 1_000_000_000L;

    /** The first segment of each stretch, rising. */
    private final long[] firsts;
    /** The last one of each, included. */
    private final long[] lasts;
    /** The stored length of all segments before each stretch, and of all. */
    private final long[] bytesBefore;
    /** When each segment of a stretch was stored: nanoseconds since 1970. */
    private final long[] stored;
    /** The places of the stretches with which a run begins, and the end. */
    private final int[] runs;

    private TimelineWal(long[] firsts, long[] lasts, long[] bytesOfOne, long[] stored) {
        this.firsts = firsts;
        this.lasts = lasts;
        this.stored = stored;
        this.bytesBefore = new long[firsts.length + 1];
        int[] begins = new int[firsts.length + 1];
        int count = 0;
        for (int i = 0; i < firsts.length; i++) {
            bytesBefore[i + 1] = bytesBefore[i] + bytesOfOne[i] * (lasts[i] - firsts[i] + 1);
            if (i == 0 || firsts[i] != lasts[i - 1] + 1) {
                begins[count++] = i;
            }
        }
        begins[count++] = firsts.length;
        this.runs = Arrays.copyOf(begins, count);
    }

    /**
     * Segments without a gap between them.
     *
     * @param last the last one, included
     * @param bytes the stored length of all of them
     */
    public record Run(long first, long last, long bytes) {
        public long count() {
            return last - first + 1;
        }
    }

    public boolean isEmpty() {
        return firsts.length == 0;
    }

    public boolean contains(long index) {
        int place = upTo(index);
        return place >= 0 && index <= lasts[place];
    }

    /** The first one; empty if there is none. */
    OptionalLong first() {
        return isEmpty() ? OptionalLong.empty() : OptionalLong.of(firsts[0]);
    }

    /** The last one from {@code from} to {@code to}, both included. */
    public OptionalLong last(long from, long to) {
        int place = upTo(to);
        long last = place < 0 ? Long.MIN_VALUE : Math.min(lasts[place], to);
        return place >= 0 && last >= from ? OptionalLong.of(last) : OptionalLong.empty();
    }

    /** When a segment was stored; empty if it is not there. */
    public Optional<Instant> stored(long index) {
        return contains(index) ? Optional.of(instant(stored[upTo(index)])) : Optional.empty();
    }

    /** When the youngest of the segments from {@code from} to {@code to} was stored. */
    public Optional<Instant> newest(long from, long to) {
        int begin = at(from);
        int end = upTo(to);
        if (begin > end) {
            return Optional.empty();
        }
        long newest = stored[begin];
        for (int i = begin + 1; i <= end; i++) {
            newest = Math.max(newest, stored[i]);
        }
        return Optional.of(instant(newest));
    }

    /** When the oldest of all was stored. */
    Optional<Instant> oldest() {
        return Arrays.stream(stored).min().stream()
                .mapToObj(TimelineWal::instant)
                .findFirst();
    }

    /** The first segment from {@code from} to {@code to} that was stored at {@code moment} or later. */
    public OptionalLong firstStoredAtOrAfter(Instant moment, long from, long to) {
        long nanos = nanos(moment);
        int end = upTo(to);
        for (int i = at(from); i <= end; i++) {
            if (stored[i] >= nanos) {
                return OptionalLong.of(Math.max(from, firsts[i]));
            }
        }
        return OptionalLong.empty();
    }

    /** The segments from {@code from} to {@code to}, both included. Takes as many steps as there are runs. */
    public List<Run> runs(long from, long to) {
        List<Run> found = new ArrayList<>();
        int begin = at(from);
        int end = upTo(to);
        if (begin > end) {
            return found;
        }
        int run = Arrays.binarySearch(runs, begin);
        int next = run < 0 ? -run - 1 : run + 1;
        while (begin <= end) {
            int stop = Math.min(end, runs[next++] - 1);
            long first = Math.max(from, firsts[begin]);
            long last = Math.min(to, lasts[stop]);
            found.add(new Run(first, last, bytesUpTo(stop, last) - bytesUpTo(begin, first - 1)));
            begin = stop + 1;
        }
        return found;
    }

    /** The stored length of all segments up to one of a stretch, or up to the one before the stretch. */
    private long bytesUpTo(int place, long index) {
        return bytesBefore[place] + (index - firsts[place] + 1) * bytesOfOne(place);
    }

    private long bytesOfOne(int place) {
        return (bytesBefore[place + 1] - bytesBefore[place]) / (lasts[place] - firsts[place] + 1);
    }

    /** The place of the first stretch that does not end before {@code index}. */
    private int at(long index) {
        int place = Arrays.binarySearch(lasts, index);
        return place < 0 ? -place - 1 : place;
    }

    /** The place of the last stretch that does not begin after {@code index}; -1 if there is none. */
    private int upTo(long index) {
        int place = Arrays.binarySearch(firsts, index);
        return place < 0 ? -place - 2 : place;
    }

    /** What two archives hold together. Of two copies the one counts that was stored first. */
    public TimelineWal and(TimelineWal other) {
        Builder both = new Builder();
        int mine = 0;
        int others = 0;
        long next = Long.MIN_VALUE;
        while (mine < firsts.length || others < other.firsts.length) {
            long mineAt = mine < firsts.length ? Math.max(next, firsts[mine]) : Long.MAX_VALUE;
            long othersAt = others < other.firsts.length ? Math.max(next, other.firsts[others]) : Long.MAX_VALUE;
            long last;
            if (mineAt < othersAt) {
                last = Math.min(lasts[mine], othersAt - 1);
            } else if (othersAt < mineAt) {
                last = Math.min(other.lasts[others], mineAt - 1);
            } else {
                last = Math.min(lasts[mine], other.lasts[others]);
            }
            boolean isMine = mineAt < othersAt || (mineAt == othersAt && stored[mine] <= other.stored[others]);
            both.append(
                    Math.min(mineAt, othersAt),
                    last,
                    isMine ? bytesOfOne(mine) : other.bytesOfOne(others),
                    isMine ? stored[mine] : other.stored[others]);
            next = last + 1;
            mine += mine < firsts.length && lasts[mine] < next ? 1 : 0;
            others += others < other.firsts.length && other.lasts[others] < next ? 1 : 0;
        }
        return both.build();
    }

    /**
     * The same without some segments.
     *
     * @param leftOut rising; need not be there
     */
    public TimelineWal without(long... leftOut) {
        Builder left = new Builder();
        int out = 0;
        for (int i = 0; i < firsts.length; i++) {
            long next = firsts[i];
            for (; out < leftOut.length && leftOut[out] <= lasts[i]; out++) {
                if (leftOut[out] > next) {
                    left.append(next, leftOut[out] - 1, bytesOfOne(i), stored[i]);
                }
                next = Math.max(next, leftOut[out] + 1);
            }
            if (next <= lasts[i]) {
                left.append(next, lasts[i], bytesOfOne(i), stored[i]);
            }
        }
        return left.build();
    }

    private static Instant instant(long nanos) {
        return Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS));
    }

    /** Exact from 1678 to 2262, which no clock of a store is expected to leave. */
    private static long nanos(Instant moment) {
        try {
            long seconds = moment.getEpochSecond();
            return Math.addExact(Math.multiplyExact(seconds, NANOS), moment.getNano());
        } catch (ArithmeticException e) {
            return moment.isBefore(Instant.EPOCH) ? Long.MIN_VALUE : Long.MAX_VALUE;
        }
    }

    /** Takes the segments in rising order. Not thread-safe. */
    public static final class Builder {
        private long[] firsts = new long[16];
        private long[] lasts = new long[16];
        private long[] bytesOfOne = new long[16];
        private long[] stored = new long[16];
        private int count;

        /** Of two copies of one segment the one counts that was stored first: a later time says less of its content. */
        public void add(long index, long sizeBytes, Instant at) {
            long nanos = nanos(at);
            if (count == 0 || index > lasts[count - 1]) {
                append(index, index, sizeBytes, nanos);
            } else if (index < lasts[count - 1]) {
                throw new IllegalArgumentException("segment " + index + " comes after " + lasts[count - 1]);
            } else if (nanos < stored[count - 1]) {
                lasts[count - 1]--;
                count -= lasts[count - 1] < firsts[count - 1] ? 1 : 0;
                append(index, index, sizeBytes, nanos);
            }
        }

        /** Neighbours that come after all others, each of the same length and stored at the same time. */
        public void add(long first, long last, long sizeBytes, Instant at) {
            if (count > 0 && first <= lasts[count - 1]) {
                throw new IllegalArgumentException("segment " + first + " comes after " + lasts[count - 1]);
            }
            append(first, last, sizeBytes, nanos(at));
        }

        private void append(long first, long last, long sizeBytes, long nanos) {
            if (count > 0
                    && first == lasts[count - 1] + 1
                    && sizeBytes == bytesOfOne[count - 1]
                    && nanos == stored[count - 1]) {
                lasts[count - 1] = last;
                return;
            }
            if (count == firsts.length) {
                int more = count + (count >> 1);
                firsts = Arrays.copyOf(firsts, more);
                lasts = Arrays.copyOf(lasts, more);
                bytesOfOne = Arrays.copyOf(bytesOfOne, more);
                stored = Arrays.copyOf(stored, more);
            }
            firsts[count] = first;
            lasts[count] = last;
            bytesOfOne[count] = sizeBytes;
            stored[count] = nanos;
            count++;
        }

        public TimelineWal build() {
            return new TimelineWal(
                    Arrays.copyOf(firsts, count),
                    Arrays.copyOf(lasts, count),
                    Arrays.copyOf(bytesOfOne, count),
                    Arrays.copyOf(stored, count));
        }
    }
}
