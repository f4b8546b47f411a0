// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.wal.TimelineWal.Run;
import org.tidemark.testkit.Rounds;

/** Stretches of segments answer as a map of each segment does. */
class TimelineWalTest {
    private static final int PLACES = 40;

    /** What is known of one segment. */
    private record Known(long bytes, Instant stored) {}

    private final RandomGenerator random = Rounds.random();

    private static Instant second(long number) {
        return Instant.ofEpochSecond(number);
    }

    /** Segments with few different lengths and times, so that some are alike; one by one, or as stretches. */
    private TimelineWal some(NavigableMap<Long, Known> model) {
        TimelineWal.Builder builder = new TimelineWal.Builder();
        long index = random.nextInt(4);
        while (index < PLACES) {
            Known known = new Known(random.nextInt(1, 3), second(random.nextInt(3)));
            long last = index + random.nextInt(1, 6) - 1;
            if (random.nextBoolean()) {
                builder.add(index, last, known.bytes(), known.stored());
            } else {
                for (long each = index; each <= last; each++) {
                    builder.add(each, known.bytes(), known.stored());
                }
            }
            for (long each = index; each <= last; each++) {
                model.put(each, known);
            }
            if (random.nextInt(4) == 0) {
                Known copy = new Known(random.nextInt(1, 3), second(random.nextInt(3)));
                builder.add(last, copy.bytes(), copy.stored());
                model.merge(last, copy, TimelineWalTest::earlier);
            }
            index = last + 1 + (random.nextBoolean() ? 0 : random.nextInt(4));
        }
        return builder.build();
    }

    private static Known earlier(Known first, Known second) {
        return second.stored().isBefore(first.stored()) ? second : first;
    }

    @Test
    void everyQuestionIsAnsweredAsForSingleSegments() {
        for (int round = 0; round < Rounds.of(300, 5_000); round++) {
            NavigableMap<Long, Known> model = new TreeMap<>();
            requireSame(some(model), model);
        }
    }

    @Test
    void ofTwoCopiesTheOneThatWasStoredFirstCounts() {
        for (int round = 0; round < Rounds.of(300, 5_000); round++) {
            NavigableMap<Long, Known> one = new TreeMap<>();
            NavigableMap<Long, Known> other = new TreeMap<>();
            TimelineWal both = some(one).and(some(other));

            other.forEach((index, known) -> one.merge(index, known, TimelineWalTest::earlier));
            requireSame(both, one);
        }
    }

    @Test
    void whatIsLeftOutIsNotThere() {
        for (int round = 0; round < Rounds.of(300, 5_000); round++) {
            NavigableMap<Long, Known> model = new TreeMap<>();
            TimelineWal wal = some(model);
            long[] leftOut = random.longs(random.nextInt(10), -2, PLACES + 10)
                    .sorted()
                    .distinct()
                    .toArray();

            for (long each : leftOut) {
                model.remove(each);
            }
            requireSame(wal.without(leftOut), model);
        }
    }

    @Test
    void nothingAndSomethingIsSomething() {
        NavigableMap<Long, Known> model = new TreeMap<>();
        TimelineWal wal = some(model);

        requireSame(wal.and(TimelineWal.NONE), model);
        requireSame(TimelineWal.NONE.and(wal), model);
        requireSame(TimelineWal.NONE, new TreeMap<>());
    }

    @Test
    void whatDoesNotRiseIsRefused() {
        TimelineWal.Builder builder = new TimelineWal.Builder();
        builder.add(5, 9, 1, second(0));

        assertThatThrownBy(() -> builder.add(8, 1, second(0))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> builder.add(9, 12, 1, second(0))).isInstanceOf(IllegalArgumentException.class);
    }

    private static void requireSame(TimelineWal wal, NavigableMap<Long, Known> model) {
        assertThat(wal.isEmpty()).isEqualTo(model.isEmpty());
        assertThat(wal.first()).isEqualTo(optional(model.isEmpty() ? null : model.firstKey()));
        assertThat(wal.oldest())
                .isEqualTo(model.values().stream().map(Known::stored).min(Instant::compareTo));
        for (long from = -1; from <= PLACES + 6; from++) {
            assertThat(wal.contains(from)).isEqualTo(model.containsKey(from));
            assertThat(wal.stored(from))
                    .isEqualTo(Optional.ofNullable(model.get(from)).map(Known::stored));
            for (long to = from; to <= PLACES + 6; to += 3) {
                requireSame(wal, model.subMap(from, true, to, true), from, to);
            }
        }
    }

    private static void requireSame(TimelineWal wal, NavigableMap<Long, Known> part, long from, long to) {
        assertThat(wal.last(from, to)).isEqualTo(optional(part.isEmpty() ? null : part.lastKey()));
        assertThat(wal.newest(from, to))
                .isEqualTo(part.values().stream().map(Known::stored).max(Instant::compareTo));
        for (int second = 0; second <= 3; second++) {
            Instant moment = second(second);
            assertThat(wal.firstStoredAtOrAfter(moment, from, to))
                    .isEqualTo(part.entrySet().stream()
                            .filter(each -> !each.getValue().stored().isBefore(moment))
                            .mapToLong(each -> each.getKey())
                            .findFirst());
        }
        List<Run> runs = new ArrayList<>();
        part.forEach((index, known) -> {
            if (!runs.isEmpty() && runs.getLast().last() + 1 == index) {
                Run last = runs.removeLast();
                runs.add(new Run(last.first(), index, last.bytes() + known.bytes()));
            } else {
                runs.add(new Run(index, index, known.bytes()));
            }
        });
        assertThat(wal.runs(from, to)).isEqualTo(runs);
    }

    private static OptionalLong optional(@Nullable Long value) {
        return value == null ? OptionalLong.empty() : OptionalLong.of(value);
    }
}
