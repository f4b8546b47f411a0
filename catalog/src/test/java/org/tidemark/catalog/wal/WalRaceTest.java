// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.CheckedStore;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.wal.WalArchive.PutOutcome;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;

class WalRaceTest {
    private static final int WRITERS = 4;
    private static final WalFile.Segment FIRST = Samples.segment("00000001000000A900000000");

    @Test
    void ofManyThatPushTheSameContentOneStoresItAndAllAreTold() throws Exception {
        WalArchive archive = archive(new MemoryStore(Samples.CLOCK));
        WalFile.Segment segment = FIRST;
        for (int round = 0; round < Rounds.of(30, 1_000); round++) {
            segment = segment.next(Samples.IDENTITY.walSegmentSize());

            List<Optional<PutOutcome>> outcomes = race(archive, segment, List.of(7, 7, 7, 7));

            assertThat(outcomes)
                    .filteredOn(each -> each.equals(Optional.of(PutOutcome.STORED)))
                    .hasSize(1);
            assertThat(outcomes)
                    .filteredOn(each -> each.equals(Optional.of(PutOutcome.ALREADY_THERE)))
                    .hasSize(WRITERS - 1);
        }
    }

    @Test
    void ofManyThatPushDifferentContentOneWinsAndTheOthersAreRefused() throws Exception {
        WalArchive archive = archive(new MemoryStore(Samples.CLOCK));
        WalFile.Segment segment = FIRST;
        for (int round = 0; round < Rounds.of(30, 1_000); round++) {
            segment = segment.next(Samples.IDENTITY.walSegmentSize());

            List<Optional<PutOutcome>> outcomes = race(archive, segment, List.of(1, 2, 3, 4));

            assertThat(outcomes).filteredOn(Optional::isPresent).containsExactly(Optional.of(PutOutcome.STORED));
            int winner = outcomes.indexOf(Optional.of(PutOutcome.STORED));
            try (DecodedObject stored = archive.open(segment).orElseThrow()) {
                assertThat(stored.readAllBytes()).isEqualTo(content(winner + 1));
            }
        }
    }

    @Test
    void aStoreThatCannotExcludeOthersIsReadBack() throws IOException {
        CheckedStore store = new CheckedStore();
        WalArchive archive = archive(store);

        assertThat(archive.put(FIRST, Samples.encoded(FIRST, content(1)))).isEqualTo(PutOutcome.STORED);

        WalFile.Segment second = FIRST.next(Samples.IDENTITY.walSegmentSize());
        store.letRivalWin(Samples.encoded(second, content(2)).source());
        assertThatThrownBy(() -> archive.put(second, Samples.encoded(second, content(1))))
                .isInstanceOf(WalConflictException.class);
    }

    /** What came of each push; empty for one that was refused. */
    private static List<Optional<PutOutcome>> race(WalArchive archive, WalFile.Segment segment, List<Integer> contents)
            throws InterruptedException, ExecutionException, TimeoutException {
        CyclicBarrier start = new CyclicBarrier(contents.size());
        List<Future<Optional<PutOutcome>>> pushes = new ArrayList<>();
        List<Optional<PutOutcome>> outcomes = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(contents.size())) {
            for (int content : contents) {
                pushes.add(threads.submit(() -> {
                    try (EncodedObject encoded = Samples.encoded(segment, content(content))) {
                        start.await(1, TimeUnit.MINUTES);
                        return Optional.of(archive.put(segment, encoded));
                    } catch (WalConflictException e) {
                        return Optional.empty();
                    }
                }));
            }
            for (Future<Optional<PutOutcome>> push : pushes) {
                outcomes.add(push.get(1, TimeUnit.MINUTES));
            }
        }
        return outcomes;
    }

    private static byte[] content(int value) {
        byte[] content = new byte[10_000];
        Arrays.fill(content, (byte) value);
        return content;
    }

    private static WalArchive archive(ObjectStore store) throws IOException {
        return Repository.create(store, Samples.CLOCK)
                .register(Samples.IDENTITY, Samples.CLOCK)
                .wal();
    }
}
