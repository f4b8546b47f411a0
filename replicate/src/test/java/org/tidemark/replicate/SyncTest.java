// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.replicate.TwoRepositories.INCARNATION;
import static org.tidemark.replicate.TwoRepositories.key;
import static org.tidemark.replicate.TwoRepositories.segment;
import static org.tidemark.replicate.TwoRepositories.wal;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport.SyncProblem.Kind;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;

class SyncTest {
    private static final SyncOptions COPY = new SyncOptions(3, SyncMode.COPY, Comparing.DIGESTS);

    @TempDir
    private Path directory;

    private final ObjectStore first = new MemoryStore(Clock.systemUTC());
    private final ObjectStore second = new MemoryStore(Clock.systemUTC());
    private TwoRepositories both;

    @BeforeEach
    void start() throws IOException {
        both = new TwoRepositories(directory, first, second);
    }

    private SyncReport copy(SyncOptions options, int from, int to) throws IOException {
        return new ArchiveSync(options, (objects, bytes) -> {}).copy(both.archive(from), both.archive(to));
    }

    private static byte[] bytes(ObjectStore store, ObjectKey key) throws IOException {
        try (var in = store.open(key, ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }

    @Test
    void everyKindOfFileIsCopiedByteForByte() throws Exception {
        both.put(0, segment(1, 2));
        both.putHistory(0, "00000002.history", "1\t0/300000\tx\n");
        both.putPartial(0, segment(1, 3), 3);
        both.put(0, segment(2, 3), wal(segment(2, 3), 7));

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.objects()).isEqualTo(4);
        assertThat(report.problems()).isEmpty();
        for (var object : first.list("main/", Optional.empty(), 1000).objects()) {
            if (!object.key().name().equals("cluster.json")) {
                assertThat(bytes(second, object.key())).isEqualTo(bytes(first, object.key()));
            }
        }
        assertThat(report.bytes())
                .isEqualTo(first.list("main/", Optional.empty(), 1000).objects().stream()
                        .filter(object -> !object.key().name().equals("cluster.json"))
                        .mapToLong(object -> object.sizeBytes())
                        .sum());
    }

    /** Which of two timelines is followed rests on it, also when the first repository is lost. */
    @Test
    void whenATimelineBeganIsKnownWhereItsHistoryWasCopiedTo() throws Exception {
        ObjectStore earlier = new MemoryStore(Clock.offset(Clock.systemUTC(), Duration.ofHours(-1)));
        both = new TwoRepositories(directory, earlier, second);
        both.putHistory(0, "00000002.history", "1\t0/300000\tx\n");
        var stored = both.archive(0).wal().listing().historiesStored();

        copy(COPY, 0, 1);
        copy(COPY, 0, 1);

        BackupMarks marks =
                new BackupCatalog(second, PrivateKeys.NONE, TwoRepositories.CLUSTER, TwoRepositories.SYSTEM).walMarks();
        assertThat(marks.begun()).isEqualTo(stored);
        assertThat(second.list(INCARNATION + "mark/", Optional.empty(), 10).objects())
                .hasSize(1);
    }

    @Test
    void aPlanCountsTheSameAndStoresNothing() throws Exception {
        both.put(0, segment(1, 2));
        both.put(0, segment(1, 3));

        SyncReport plan = copy(new SyncOptions(1, SyncMode.DRY_RUN, Comparing.DIGESTS), 0, 1);

        assertThat(both.holds(1, segment(1, 2))).isFalse();
        SyncReport done = copy(COPY, 0, 1);
        assertThat(plan).isEqualTo(done);
    }

    /** A newer version may have stored it, and needs it: passing it over in silence would call the copy complete. */
    @Test
    void whatThisVersionDoesNotKnowIsSaidAndLeftAlone() throws Exception {
        both.put(0, segment(1, 2));
        String index = key(segment(1, 2)).value() + ".index";
        for (String unknown : List.of(
                index,
                INCARNATION + "history/00000002.annotation",
                INCARNATION + "resolved/" + segment(1, 3).name() + "/00000001.json",
                INCARNATION + "stream/00000001/index",
                INCARNATION + "summary/00000001")) {
            first.putIfAbsent(new ObjectKey(unknown), ObjectSource.of(new byte[] {1}));
        }

        for (SyncMode mode : SyncMode.values()) {
            SyncReport report = copy(new SyncOptions(3, mode, Comparing.DIGESTS), 0, 1);

            assertThat(report.problems()).isEmpty();
            assertThat(report.notCopiedCount()).isEqualTo(5);
            assertThat(report.notCopied())
                    .containsExactlyInAnyOrder(
                            INCARNATION + "resolved/",
                            INCARNATION + "summary/",
                            INCARNATION + "stream/00000001/index",
                            INCARNATION + "history/00000002.annotation",
                            index);
        }
        assertThat(second.list(INCARNATION, Optional.empty(), 10).objects())
                .extracting(object -> object.key().value())
                .containsExactlyInAnyOrder(
                        INCARNATION + "cluster.json", key(segment(1, 2)).value());
    }

    @Test
    void aConflictIsReportedAndBothAreLeftAlone() throws Exception {
        both.put(0, segment(1, 2));
        both.put(1, segment(1, 2), wal(segment(1, 2), 8));
        byte[] before = bytes(second, key(segment(1, 2)));

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.kind()).isEqualTo(Kind.CONFLICT));
        assertThat(bytes(second, key(segment(1, 2)))).isEqualTo(before);
    }

    @Test
    void theSameContentInAnotherEncodingIsNoConflict() throws Exception {
        both.put(0, segment(1, 2));
        both.put(1, segment(1, 2), wal(segment(1, 2), 7), Encoding.of(Codec.parse("gzip:6")));

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.problems()).isEmpty();
        assertThat(report.objects()).isZero();
        assertThat(report.compared()).isEqualTo(1);
    }

    @Test
    void aDamagedObjectIsNotCopiedWhereverItIsDamaged() throws Exception {
        for (int number = 2; number < 8; number++) {
            both.put(0, segment(1, number));
        }
        Random random = Rounds.random();
        for (int number = 2; number < 7; number++) {
            byte[] bytes = bytes(first, key(segment(1, number)));
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            replace(number, number == 6 ? java.util.Arrays.copyOf(bytes, bytes.length - 1) : bytes);
        }

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.problemCount()).isEqualTo(5);
        assertThat(report.problems())
                .allSatisfy(problem -> assertThat(problem.kind()).isEqualTo(Kind.DAMAGED));
        assertThat(report.objects()).isEqualTo(1);
        assertThat(both.holds(1, segment(1, 7))).isTrue();
        assertThat(both.holds(1, segment(1, 2))).isFalse();
    }

    private void replace(int number, byte[] bytes) throws IOException {
        first.delete(List.of(key(segment(1, number))));
        first.putIfAbsent(key(segment(1, number)), ObjectSource.of(bytes));
    }

    /** Two listings that are walked through side by side: nothing is taken for missing, or passed over. */
    @Test
    void whateverEachOfThemLacksBothHoldAllOfItInTheEnd() throws Exception {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(3, 100); round++) {
            ObjectStore one = new MemoryStore(Clock.systemUTC());
            ObjectStore other = new MemoryStore(Clock.systemUTC());
            both = new TwoRepositories(directory, one, other);
            int count = 1 + random.nextInt(12);
            for (int number = 1; number <= count; number++) {
                Segment segment = segment(1 + random.nextInt(2), number);
                int where = random.nextInt(3);
                if (where != 1) {
                    putWithItsHistory(0, segment);
                }
                if (where != 0) {
                    putWithItsHistory(1, segment);
                }
            }
            copy(COPY, 0, 1);
            copy(COPY, 1, 0);

            assertThat(one.list("main/", Optional.empty(), 1000).objects())
                    .extracting(object -> object.key())
                    // When a timeline began is noted only where its history was copied to.
                    .filteredOn(key -> !key.value().contains("/mark/"))
                    .isEqualTo(other.list("main/", Optional.empty(), 1000).objects().stream()
                            .map(object -> object.key())
                            .filter(key -> !key.value().contains("/mark/"))
                            .toList());
            assertThat(copy(COPY, 0, 1).objects()).isZero();
        }
    }

    private void putWithItsHistory(int repository, Segment segment) throws IOException {
        if (segment.timeline().id() > 1) {
            both.putHistory(repository, "00000002.history", "1\t0/100000\tx\n");
        }
        both.put(repository, segment);
    }

    @Test
    void aRepositoryThatVanishesIsNoEmptyOne() throws Exception {
        both.put(0, segment(1, 2));
        var archive = both.archive(0);
        first.delete(List.of(new ObjectKey("tidemark.json")));

        assertThatThrownBy(() -> new ArchiveSync(COPY, (objects, bytes) -> {}).copy(archive, both.archive(1)))
                .hasMessageContaining("no repository");
    }

    @Test
    void whereverTheTargetFailsNothingWrongIsThereAndTheNextRunCompletesIt() throws Exception {
        for (int number = 2; number < 6; number++) {
            both.put(0, segment(1, number));
        }
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws IOException {
                both = new TwoRepositories(directory, first, healthy);
            }

            @Override
            public void run(ObjectStore store) throws Exception {
                both.stores[1] = store;
                SyncReport report = copy(new SyncOptions(1, SyncMode.COPY, Comparing.DIGESTS), 0, 1);
                assertThat(report.problems()).isEmpty();
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
                both.stores[1] = healthy;
                for (int number = 2; number < 6; number++) {
                    if (both.holds(1, segment(1, number))) {
                        assertThat(bytes(healthy, key(segment(1, number))))
                                .isEqualTo(bytes(first, key(segment(1, number))));
                    } else {
                        assertThat(failure).isPresent();
                    }
                }
            }
        });

        assertThat(tried.operations()).isGreaterThanOrEqualTo(8);
    }

    @Test
    void whereverARepairFailsNoReaderGetsWrongBytesAndTheNextRunCompletesIt() throws Exception {
        both.put(0, segment(1, 2));
        both.put(0, segment(1, 3));
        byte[] whole = bytes(first, key(segment(1, 2)));
        byte[] damaged = whole.clone();
        damaged[damaged.length / 2] ^= 1;
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws IOException {
                both = new TwoRepositories(directory, first, healthy);
                both.put(1, segment(1, 2));
                both.put(1, segment(1, 3));
                healthy.delete(List.of(key(segment(1, 2))));
                healthy.putIfAbsent(key(segment(1, 2)), ObjectSource.of(damaged));
                both.archive(1)
                        .backups()
                        .markWal(new Mark.Verified(
                                Instant.now(),
                                1,
                                Mark.Scope.ALL,
                                Optional.empty(),
                                Optional.empty(),
                                List.of(key(segment(1, 2)).value().substring(TwoRepositories.INCARNATION.length()))));
            }

            @Override
            public void run(ObjectStore store) throws Exception {
                both.stores[1] = store;
                both.readsRepairs[1] = true;
                SyncReport report = copy(new SyncOptions(1, SyncMode.COPY, Comparing.DIGESTS), 0, 1);
                assertThat(report.problems()).isEmpty();
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws IOException {
                byte[] read = bytes(new RepairedStore(healthy), key(segment(1, 2)));
                assertThat(bytes(healthy, key(segment(1, 2))))
                        .as("nothing is overwritten")
                        .isEqualTo(damaged);
                if (failure.isEmpty()) {
                    assertThat(read).isEqualTo(whole);
                } else {
                    assertThat(read)
                            .satisfiesAnyOf(
                                    bytes -> assertThat(bytes).isEqualTo(whole),
                                    bytes -> assertThat(bytes).isEqualTo(damaged));
                }
                assertThat(bytes(new RepairedStore(healthy), key(segment(1, 3))))
                        .isEqualTo(bytes(first, key(segment(1, 3))));
            }
        });

        assertThat(tried.operations()).isGreaterThanOrEqualTo(8);
    }

    @Test
    void aDamagedSegmentThatHadAnotherContentIsAConflictAndIsNotRepaired() throws Exception {
        both.put(0, segment(1, 2));
        both.put(1, segment(1, 2), TwoRepositories.wal(segment(1, 2), 8));
        byte[] damaged = bytes(second, key(segment(1, 2)));
        damaged[damaged.length / 2] ^= 1;
        second.delete(List.of(key(segment(1, 2))));
        second.putIfAbsent(key(segment(1, 2)), ObjectSource.of(damaged));
        both.archive(1)
                .backups()
                .markWal(new Mark.Verified(
                        Instant.now(),
                        1,
                        Mark.Scope.ALL,
                        Optional.empty(),
                        Optional.empty(),
                        List.of(key(segment(1, 2)).value().substring(TwoRepositories.INCARNATION.length()))));
        both.readsRepairs[1] = true;

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.repaired()).isZero();
        assertThat(report.problems())
                .isNotEmpty()
                .allSatisfy(problem -> assertThat(problem.kind()).isEqualTo(Kind.CONFLICT));
    }

    @Test
    void anExpiryDeletesTheCopyWithItsObject() throws Exception {
        both.put(0, segment(1, 2));
        RepairedStore store = new RepairedStore(first);
        store.repair(key(segment(1, 2)), ObjectSource.of(bytes(first, key(segment(1, 2)))));
        store.repair(key(segment(1, 2)), ObjectSource.of(bytes(first, key(segment(1, 2)))));
        assertThat(first.list(TwoRepositories.INCARNATION + "repaired/", Optional.empty(), 10)
                        .objects())
                .hasSize(2);

        new RepairedStore(first).delete(List.of(key(segment(1, 2))));

        assertThat(first.list(TwoRepositories.INCARNATION + "repaired/", Optional.empty(), 10)
                        .objects())
                .isEmpty();
        assertThat(new RepairedStore(first).stat(key(segment(1, 2)))).isEmpty();
    }
}
