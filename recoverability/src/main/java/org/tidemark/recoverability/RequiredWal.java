// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The archived WAL that a recovery reads. Immutable.
 *
 * @param runs what there is, in the order in which it is read; neighbours are one run, on one timeline each
 * @param segments how many segments are there
 * @param storedBytes their size in the store
 * @param holes the missing segments, in order: at most {@value #MAX_NAMED_HOLES} holes
 * @param missing how many segments are missing in all
 */
public record RequiredWal(List<Run> runs, long segments, long storedBytes, List<Run> holes, long missing) {
    /** The maximum number of holes that a plan names. */
    public static final int MAX_NAMED_HOLES = 20;

    /** Neighbouring segments of one timeline, both ends included. */
    public record Run(Segment first, Segment last) {
        public boolean holds(Segment segment) {
            return first.compareTo(segment) <= 0 && segment.compareTo(last) <= 0;
        }

        @Override
        public String toString() {
            return first.equals(last) ? first.name() : first.name() + " .. " + last.name();
        }
    }

    public RequiredWal {
        runs = List.copyOf(runs);
        holes = List.copyOf(holes);
    }

    /** The segment that is read after this one; empty at the end, and before a hole. */
    public Optional<Segment> after(Segment segment, WalSegmentSize size) {
        long next = segment.index(size) + 1;
        return runs.stream()
                .filter(run ->
                        run.first().index(size) <= next && next <= run.last().index(size))
                .findFirst()
                .map(run -> Segment.of(run.first().timeline(), next, size));
    }

    /** The segments that are there, in the order in which they are read. */
    public Stream<Segment> inOrder(WalSegmentSize size) {
        return runs.stream()
                .flatMap(run -> LongStream.rangeClosed(
                                run.first().index(size), run.last().index(size))
                        .mapToObj(index -> Segment.of(run.first().timeline(), index, size)));
    }

    /**
     * For what PostgreSQL may ask after the last segment that is there, other than for that again: the next one, and,
     * since it asks for the newest timeline first, the last one of that, which is not there.
     *
     * @param timeline on which the path ends
     */
    public Set<Segment> askedAfter(Timeline timeline, WalSegmentSize size) {
        if (runs.isEmpty()) {
            return Set.of();
        }
        Segment last = runs.getLast().last();
        Set<Segment> asked = new LinkedHashSet<>(List.of(
                Segment.of(timeline, last.index(size), size),
                Segment.of(timeline, last.index(size) + 1, size),
                last.next(size)));
        asked.remove(last);
        return asked;
    }

    public boolean isWhole() {
        return missing == 0;
    }

    /** {@code 3 segments are missing: 0000… .. 0000…}, for people. */
    public String describeHoles() {
        String names = holes.stream().map(Run::toString).collect(Collectors.joining(", "));
        String more = holes.size() == MAX_NAMED_HOLES ? ", and perhaps more" : "";
        return (missing == 1 ? "1 segment is" : missing + " segments are") + " not in the archive: " + names + more;
    }
}
