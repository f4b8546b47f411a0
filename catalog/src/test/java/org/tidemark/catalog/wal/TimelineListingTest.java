// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.InventoryReader.WalRuns;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.Fault;
import org.tidemark.testkit.FaultyStore;
import org.tidemark.testkit.Rounds;

/** The parts of a listing together are what one page after another gives. */
class TimelineListingTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 28);
    private static final String FOLDER = "main/7312089945514410/wal/00000001/";

    private final MemoryStore store = new MemoryStore(Samples.CLOCK);

    private static final class Seen implements Listing.Visitor {
        private final List<ObjectInfo> objects = new ArrayList<>();
        private final WalRuns runs = new WalRuns(Timeline.FIRST, SIZE);
        private final Set<Thread> threads = new HashSet<>();

        @Override
        public void visit(ObjectInfo object) {
            objects.add(object);
            threads.add(Thread.currentThread());
            long index = WalNames.segmentIndex(object.key(), FOLDER, SIZE);
            if (index >= 0) {
                runs.add(index, object);
            }
        }
    }

    private void archive(long index) throws IOException {
        String log = hex(index / SIZE.segmentsPerLog());
        put(FOLDER + log + "/00000001" + log + hex(index % SIZE.segmentsPerLog()));
    }

    private void put(String key) throws IOException {
        store.putIfAbsent(new ObjectKey(key), ObjectSource.of(new byte[key.hashCode() & 7]));
    }

    private static String hex(long number) {
        return String.format(Locale.ROOT, "%08X", number);
    }

    /** Runs, holes, gaps of many logs, and objects that belong nowhere. */
    private void fill(Random random) throws IOException {
        long last = (long) hexLogs(random) * SIZE.segmentsPerLog();
        TreeSet<Long> places = new TreeSet<>();
        long at = random.nextInt(3) == 0 ? 0 : random.nextLong(last);
        for (int objects = random.nextInt(700); objects > 0 && at < last; objects--) {
            places.add(at);
            at += switch (random.nextInt(20)) {
                case 0 -> 2 + random.nextInt(5);
                case 1 -> random.nextInt(30) == 0 ? random.nextLong(last) : 1;
                default -> 1;
            };
        }
        Set<String> strays = new TreeSet<>();
        for (long place : places) {
            archive(place);
            if (random.nextInt(100) == 0) {
                strays.add(FOLDER + hex(place / SIZE.segmentsPerLog()));
                strays.add(FOLDER + hex(place / SIZE.segmentsPerLog()) + "/stray");
            }
        }
        if (random.nextInt(5) == 0) {
            strays.add(FOLDER + "stray/" + random.nextInt(10));
            strays.add(FOLDER + "-");
        }
        for (String stray : strays) {
            put(stray);
        }
        put("main/7312089945514410/wal/00000002/00000000/000000020000000000000001");
    }

    private static int hexLogs(Random random) {
        return 1 + random.nextInt(1 << (1 + random.nextInt(30)));
    }

    @Test
    void everyObjectIsSeenOnceAndInOrderByOneThreadForEachPart() throws IOException {
        Random random = Rounds.random();
        int most = 0;
        for (int round = 0; round < Rounds.of(150, 5_000); round++) {
            store.delete(keys(""));
            fill(random);
            List<ObjectInfo> expected = new ArrayList<>();
            Listing.visit(store, FOLDER, expected::add);

            List<Seen> parts = new TimelineListing(store, FOLDER, 1 + random.nextInt(12)).visit(Seen::new);

            assertThat(parts.stream().flatMap(part -> part.objects.stream())).containsExactlyElementsOf(expected);
            assertThat(parts).allSatisfy(part -> assertThat(part.threads).hasSizeLessThanOrEqualTo(1));
            Seen alone = new Seen();
            expected.forEach(alone::visit);
            List<List<WalRun>> runs =
                    parts.stream().map(part -> part.runs.finish()).toList();
            assertThat(WalRuns.joined(runs, SIZE)).isEqualTo(alone.runs.finish());
            most = Math.max(most, parts.size());
        }
        assertThat(most).as("parts of a listing").isGreaterThan(8);
    }

    private List<ObjectKey> keys(String prefix) throws IOException {
        List<ObjectKey> keys = new ArrayList<>();
        Listing.visit(store, prefix, object -> keys.add(object.key()));
        return keys;
    }

    @Test
    void cuttingCostsFewRequests() throws IOException {
        AtomicInteger requests = new AtomicInteger();
        DelegatingStore counting = new DelegatingStore(store) {
            @Override
            public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
                requests.incrementAndGet();
                return super.list(prefix, after, limit);
            }
        };
        long first = 0x1_0000L * SIZE.segmentsPerLog();
        for (long index = 0; index < 20_000; index++) {
            archive(first + index);
        }

        List<Seen> parts = new TimelineListing(counting, FOLDER, 20).visit(Seen::new);

        // 1,000 pages; a page too many for each part, and the search for the end.
        assertThat(parts).hasSizeBetween(50, 80);
        assertThat(requests.get()).isBetween(1_000, 1_100);
        assertThat(WalRuns.joined(parts.stream().map(part -> part.runs.finish()).toList(), SIZE))
                .hasSize(1);

        requests.set(0);
        new TimelineListing(counting, FOLDER, 1_000).visit(Seen::new);
        assertThat(requests.get()).isLessThan(60);
    }

    @Test
    void aFaultInAnyPartIsAFaultOfAll() throws IOException {
        for (long index = 0; index < 1_000; index++) {
            archive(index);
        }
        for (int at : new int[] {3, 20, 60, 90}) {
            FaultyStore faulty = new FaultyStore(store, new Fault(at, Fault.Moment.BEFORE, Fault.Lasting.ONCE));

            assertThatThrownBy(() -> new TimelineListing(faulty, FOLDER, 10).visit(Seen::new))
                    .as("fault at %d", at)
                    .isInstanceOf(StorageUnavailable.class);
        }
    }
}
