// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.DecodedObject;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultLoop;

/** Every operation of the store fails once, in every way, under writing and under reading. */
class WalArchiveFaultsTest {
    private static final WalFile.Segment SEGMENT = Samples.segment("00000001000000A900000065");
    private static final WalFile.Segment ABSENT = Samples.segment("00000001000000A900000066");
    private static final WalFile.Segment LATER = Samples.segment("00000001000000A900000067");
    private static final WalFile.TimelineHistoryFile HISTORY = new WalFile.TimelineHistoryFile(new Timeline(2));
    private static final WalFile.PartialSegment PARTIAL = new WalFile.PartialSegment(SEGMENT);
    private static final byte[] CONTENT = "content of a segment".repeat(100).getBytes(StandardCharsets.UTF_8);
    private static final byte[] LINES = "1\tA9/65800000\tx\n".getBytes(StandardCharsets.UTF_8);
    private static final Lsn END = Lsn.parse("A9/65002000");

    @Test
    void aPushThatIsCutOffLeavesNoLieAndCanBeRepeated() {
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Samples.CLOCK), new FaultLoop.Scenario() {
            @Override
            public void run(ObjectStore store) throws IOException {
                write(store);
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
                failure.ifPresent(e -> assertThat(e).isInstanceOf(StorageUnavailable.class));
                if (failure.isEmpty()) {
                    read(healthy);
                } else {
                    checkWhatIsThere(healthy);
                }
            }
        });

        assertThat(tried.operations()).isGreaterThan(5);
    }

    private static void checkWhatIsThere(ObjectStore healthy) throws IOException {
        WalArchive archive = archive(healthy);
        Optional<DecodedObject> found = archive.open(SEGMENT);
        if (found.isPresent()) {
            try (DecodedObject open = found.get()) {
                assertThat(open.readAllBytes()).isEqualTo(CONTENT);
            }
        }
    }

    @Test
    void aReaderIsToldWhatIsThereOrThatTheStoreDidNotAnswerAndNothingElse() {
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Samples.CLOCK), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws IOException {
                write(healthy);
            }

            @Override
            public void run(ObjectStore store) throws IOException {
                read(store);
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) {
                failure.ifPresent(e -> assertThat(e).isInstanceOf(StorageUnavailable.class));
            }
        });

        assertThat(tried.operations()).isGreaterThan(15);
    }

    private static WalArchive archive(ObjectStore store) throws IOException {
        return Repository.create(store, Samples.CLOCK)
                .register(Samples.IDENTITY, Samples.CLOCK)
                .wal();
    }

    private static void write(ObjectStore store) throws IOException {
        WalArchive archive = archive(store);
        archive.put(SEGMENT, Samples.encoded(SEGMENT, CONTENT));
        archive.put(LATER, Samples.encoded(LATER, CONTENT));
        archive.put(HISTORY, Samples.encoded(HISTORY, LINES));
        archive.put(PARTIAL, END, Samples.encoded(PARTIAL, CONTENT));
    }

    private static void read(ObjectStore store) throws IOException {
        Repository repository = Repository.open(store, Optional.empty());
        assertThat(repository.clusters()).containsExactly(Samples.IDENTITY.cluster());
        assertThat(repository.incarnations(Samples.IDENTITY.cluster())).hasSize(1);
        WalArchive archive = repository
                .incarnation(Samples.IDENTITY.cluster(), Samples.SYSTEM)
                .orElseThrow()
                .wal();
        try (DecodedObject open = archive.open(SEGMENT).orElseThrow()) {
            assertThat(open.readAllBytes()).isEqualTo(CONTENT);
        }
        assertThat(archive.open(ABSENT)).isEmpty();
        assertThat(archive.contains(SEGMENT)).isTrue();
        assertThat(archive.contains(ABSENT)).isFalse();
        assertThat(archive.history(new Timeline(2)).orElseThrow().begin()).isEqualTo(Lsn.parse("A9/65800000"));
        assertThat(archive.history(new Timeline(3))).isEmpty();
        assertThat(archive.listing().timelines()).containsExactly(Timeline.FIRST, new Timeline(2));
        assertThat(archive.listing().firstAfter(SEGMENT)).contains(LATER);
        assertThat(archive.listing().partials(SEGMENT))
                .extracting(StoredPartial::end)
                .containsExactly(END);
        assertThat(archive.inventory().holes()).extracting(WalHole::first).containsExactly(ABSENT);
    }
}
