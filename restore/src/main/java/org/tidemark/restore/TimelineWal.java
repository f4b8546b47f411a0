// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The whole segments of one timeline that are archived: three numbers each, so that a million of them take 24 MB.
 * Segments are counted from 0/0. Immutable.
 */
final class TimelineWal {
    static final TimelineWal NONE = new Builder().build();

    private static final long NANOS = 1_000_000_000L;

    /** Rising. */
    private final long[] indexes;
    /** The stored length of all before each, and of all. */
    private final long[] bytesBefore;
    /** Nanoseconds since 1970. */
    private final long[] stored;
    /** The places in {@link #indexes} at which a run begins, and the end. */
    private final int[] runs;

    private TimelineWal(long[] indexes, long[] bytes, long[] stored) {
        this.indexes = indexes;
        this.stored = stored;
        this.bytesBefore = new long[indexes.length + 1];
        int[] begins = new int[indexes.length + 1];
        int count = 0;
        for (int i = 0; i < indexes.length; i++) {
            bytesBefore[i + 1] = bytesBefore[i] + bytes[i];
            if (i == 0 || indexes[i] != indexes[i - 1] + 1) {
                begins[count++] = i;
            }
        }
        begins[count++] = indexes.length;
        this.runs = Arrays.copyOf(begins, count);
    }

    /**
     * Segments without a gap between them.
     *
     * @param last the last one, included
     * @param bytes the stored length of all of them
     */
    record Run(long first, long last, long bytes) {
        long count() {
            return last - first + 1;
        }
    }

    boolean isEmpty() {
        return indexes.length == 0;
    }

    boolean contains(long index) {
        return Arrays.binarySearch(indexes, index) >= 0;
    }

    /** The first one; empty if there is none. */
    OptionalLong first() {
        return isEmpty() ? OptionalLong.empty() : OptionalLong.of(indexes[0]);
    }

    /** The last one from {@code from} to {@code to}, both included. */
    OptionalLong last(long from, long to) {
        int end = after(to);
        return end > at(from) ? OptionalLong.of(indexes[end - 1]) : OptionalLong.empty();
    }

    /** When a segment was stored; empty if it is not there. */
    Optional<Instant> stored(long index) {
        int place = Arrays.binarySearch(indexes, index);
        return place < 0 ? Optional.empty() : Optional.of(instant(stored[place]));
    }

    /** When the youngest of the segments from {@code from} to {@code to} was stored. */
    Optional<Instant> newest(long from, long to) {
        int begin = at(from);
        int end = after(to);
        if (begin >= end) {
            return Optional.empty();
        }
        long newest = stored[begin];
        for (int i = begin + 1; i < end; i++) {
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
    OptionalLong firstStoredAtOrAfter(Instant moment, long from, long to) {
        long nanos = nanos(moment);
        int end = after(to);
        for (int i = at(from); i < end; i++) {
            if (stored[i] >= nanos) {
                return OptionalLong.of(indexes[i]);
            }
        }
        return OptionalLong.empty();
    }

    /** The segments from {@code from} to {@code to}, both included. Takes as many steps as there are runs. */
    List<Run> runs(long from, long to) {
        List<Run> found = new ArrayList<>();
        int begin = at(from);
        int end = after(to);
        if (begin >= end) {
            return found;
        }
        int run = Arrays.binarySearch(runs, begin);
        int next = run < 0 ? -run - 1 : run + 1;
        while (begin < end) {
            int stop = Math.min(end, runs[next++]);
            found.add(new Run(indexes[begin], indexes[stop - 1], bytesBefore[stop] - bytesBefore[begin]));
            begin = stop;
        }
        return found;
    }

    /** The place of the first segment that is not before {@code index}. */
    private int at(long index) {
        int place = Arrays.binarySearch(indexes, index);
        return place < 0 ? -place - 1 : place;
    }

    private int after(long index) {
        int place = Arrays.binarySearch(indexes, index);
        return place < 0 ? -place - 1 : place + 1;
    }

    /** What two archives hold together. Of two copies the one counts that was stored first. */
    TimelineWal and(TimelineWal other) {
        Builder both = new Builder();
        int mine = 0;
        int others = 0;
        while (mine < indexes.length || others < other.indexes.length) {
            if (others == other.indexes.length || (mine < indexes.length && indexes[mine] <= other.indexes[others])) {
                both.add(indexes[mine], bytes(mine), stored[mine]);
                mine++;
            } else {
                both.add(other.indexes[others], other.bytes(others), other.stored[others]);
                others++;
            }
        }
        return both.build();
    }

    private long bytes(int place) {
        return bytesBefore[place + 1] - bytesBefore[place];
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
    static final class Builder {
        private long[] indexes = new long[16];
        private long[] bytes = new long[16];
        private long[] stored = new long[16];
        private int count;

        /** Of two copies of one segment the one counts that was stored first: a later time says less of its content. */
        void add(long index, long sizeBytes, Instant at) {
            add(index, sizeBytes, nanos(at));
        }

        private void add(long index, long sizeBytes, long nanos) {
            if (count > 0 && index <= indexes[count - 1]) {
                if (index < indexes[count - 1]) {
                    throw new IllegalArgumentException("segment " + index + " comes after " + indexes[count - 1]);
                }
                if (nanos < stored[count - 1]) {
                    bytes[count - 1] = sizeBytes;
                    stored[count - 1] = nanos;
                }
                return;
            }
            if (count == indexes.length) {
                int more = count + (count >> 1);
                indexes = Arrays.copyOf(indexes, more);
                bytes = Arrays.copyOf(bytes, more);
                stored = Arrays.copyOf(stored, more);
            }
            indexes[count] = index;
            bytes[count] = sizeBytes;
            stored[count] = nanos;
            count++;
        }

        TimelineWal build() {
            return new TimelineWal(
                    Arrays.copyOf(indexes, count), Arrays.copyOf(bytes, count), Arrays.copyOf(stored, count));
        }
    }
}
