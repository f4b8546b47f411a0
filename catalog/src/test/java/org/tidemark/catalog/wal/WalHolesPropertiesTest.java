// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.wal.InventoryReader.WalRuns;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.testkit.Rounds;

/** Compares the holes that are found by runs with those that are found by looking at each segment alone. */
class WalHolesPropertiesTest {
    private static final WalSegmentSize SIZE = WalSegmentSize.DEFAULT;
    private static final int PLACES = 24;

    @Test
    void holesAreThoseThatAreFoundSegmentBySegment() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(3_000, 200_000); round++) {
            SortedMap<Timeline, TimelineHistory> histories = histories(random);
            SortedMap<Timeline, NavigableSet<Long>> archived = archived(random, histories);
            SortedMap<Timeline, List<WalRun>> runs = new TreeMap<>();
            archived.forEach((timeline, places) -> runs.put(timeline, runs(timeline, places)));

            Map<Timeline, List<WalHole>> holes = WalHoles.find(runs, histories, List.of(), SIZE);

            assertThat(places(holes))
                    .as("histories %s, archived %s", histories, archived)
                    .isEqualTo(segmentBySegment(histories, archived));
            holes.values().forEach(WalHolesPropertiesTest::assertApart);
        }
    }

    /** Timeline 1, and then each a child of an earlier one, now and then from before that one began. */
    private static SortedMap<Timeline, TimelineHistory> histories(Random random) {
        SortedMap<Timeline, TimelineHistory> histories = new TreeMap<>();
        histories.put(Timeline.FIRST, TimelineHistory.root(Timeline.FIRST));
        int count = random.nextInt(4);
        for (int id = 2; id <= 1 + count; id++) {
            TimelineHistory parent = histories.get(new Timeline(1 + random.nextInt(id - 1)));
            if (parent == null) {
                continue;
            }
            long from = random.nextInt(4) == 0 ? 0 : parent.begin().value() / SIZE.bytes();
            Lsn at = SIZE.start(from + random.nextInt((int) (PLACES - from)))
                    .plus(random.nextBoolean() ? 0 : SIZE.bytes() / 2);
            List<TimelineHistory.Switch> switches = new ArrayList<>(parent.switches());
            switches.add(new TimelineHistory.Switch(parent.timeline(), at, ""));
            Timeline timeline = new Timeline(id);
            histories.put(timeline, new TimelineHistory(timeline, switches));
        }
        return histories;
    }

    private static SortedMap<Timeline, NavigableSet<Long>> archived(
            Random random, SortedMap<Timeline, TimelineHistory> histories) {
        SortedMap<Timeline, NavigableSet<Long>> archived = new TreeMap<>();
        int density = 1 + random.nextInt(10);
        for (TimelineHistory history : histories.values()) {
            NavigableSet<Long> places = new TreeSet<>();
            int end = random.nextInt(PLACES + 6);
            for (long place = SIZE.segmentNumber(history.begin()); place < end; place++) {
                if (random.nextInt(10) < density) {
                    places.add(place);
                }
            }
            archived.put(history.timeline(), places);
        }
        return archived;
    }

    private static List<WalRun> runs(Timeline timeline, NavigableSet<Long> places) {
        WalRuns runs = new WalRuns(timeline, SIZE);
        for (long place : places) {
            runs.add(place, new ObjectInfo(new ObjectKey("x"), 1, Samples.CLOCK.instant()));
        }
        return runs.finish();
    }

    private static SortedMap<Timeline, NavigableSet<Long>> places(Map<Timeline, List<WalHole>> holes) {
        SortedMap<Timeline, NavigableSet<Long>> places = new TreeMap<>();
        holes.forEach((timeline, list) -> {
            NavigableSet<Long> all = new TreeSet<>();
            for (WalHole hole : list) {
                LongStream.rangeClosed(hole.first().index(SIZE), hole.last().index(SIZE))
                        .forEach(all::add);
            }
            places.put(timeline, all);
        });
        return places;
    }

    /** The definition: what is asked for at each place of the way, once something of it is archived. */
    private static SortedMap<Timeline, NavigableSet<Long>> segmentBySegment(
            SortedMap<Timeline, TimelineHistory> histories, SortedMap<Timeline, NavigableSet<Long>> archived) {
        SortedMap<Timeline, NavigableSet<Long>> missing = new TreeMap<>();
        for (TimelineHistory history : histories.values()) {
            NavigableSet<Long> own = archived.getOrDefault(history.timeline(), new TreeSet<>());
            if (own.isEmpty()) {
                continue;
            }
            boolean begun = false;
            for (long place = 0; place <= own.last(); place++) {
                // The last byte of a segment tells whose it is: the segment of a switch is the child's.
                Timeline owner = place >= own.first()
                        ? history.timeline()
                        : history.ownerOf(SIZE.start(place + 1).plus(-1));
                boolean there = archived.getOrDefault(owner, new TreeSet<>()).contains(place);
                begun |= there;
                if (begun && !there) {
                    missing.computeIfAbsent(owner, each -> new TreeSet<>()).add(place);
                }
            }
        }
        return missing;
    }

    private static void assertApart(List<WalHole> holes) {
        for (int i = 1; i < holes.size(); i++) {
            assertThat(holes.get(i).first().index(SIZE))
                    .isGreaterThan(holes.get(i - 1).last().index(SIZE) + 1);
        }
    }
}
