// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.sync.ArchiveSync;
import org.tidemark.archiver.sync.SyncOptions;
import org.tidemark.archiver.sync.SyncOptions.Comparing;
import org.tidemark.archiver.sync.SyncOptions.Doing;
import org.tidemark.archiver.sync.SyncProblem.Kind;
import org.tidemark.archiver.sync.SyncReport;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupMarks;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.WalFixtures;

class SyncTest {
    private static final SyncOptions COPY = new SyncOptions(3, Doing.COPY, Comparing.DIGESTS);

    @TempDir
    private Path directory;

    private final ObjectStore first = new MemoryStore(Clock.systemUTC());
    private final ObjectStore second = new MemoryStore(Clock.systemUTC());
    private TwoRepositories both;

    @BeforeEach
    void start() throws IOException {
        both = new TwoRepositories(directory, first, second);
    }

    private void pushTo(int repository, WalFile file, byte[] content) throws IOException {
        Path path = Files.write(directory.resolve("file"), content);
        new WalPusher(
                        new PushTarget("one", Encoding.of(Codec.parse("zstd:1")), system -> both.archive(repository)),
                        directory,
                        Clock.systemUTC())
                .push(new PushRequest(file, path, ArchiveFixture.CONTROL));
    }

    private void pushTo(int repository, Segment segment) throws IOException {
        pushTo(repository, segment, wal(segment, 7));
    }

    private static byte[] wal(Segment segment, int seed) {
        return WalFixtures.segment(segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, seed);
    }

    private SyncReport copy(SyncOptions options, int from, int to) throws IOException {
        return new ArchiveSync(options, (objects, bytes) -> {}).copy(both.archive(from), both.archive(to));
    }

    private static ObjectKey key(Segment segment) {
        return new ObjectKey("main/" + ArchiveFixture.SYSTEM + "/wal/"
                + segment.name().substring(0, 8) + "/" + segment.name().substring(8, 16) + "/" + segment.name());
    }

    private static byte[] bytes(ObjectStore store, ObjectKey key) throws IOException {
        try (var in = store.open(key, ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }

    @Test
    void everyKindOfFileIsCopiedByteForByte() throws Exception {
        pushTo(0, segment(1, 2));
        pushTo(
                0,
                WalFile.parse("00000002.history"),
                "1\t0/300000\tx\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
        pushTo(
                0,
                WalFile.parse(segment(1, 3).name() + ".partial"),
                WalFixtures.switchedAfter(3, wal(segment(1, 3), 7)));
        pushTo(0, segment(2, 3), wal(segment(2, 3), 7));

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
        byte[] history = "1\t0/300000\tx\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        pushTo(0, WalFile.parse("00000002.history"), history);
        var stored = both.archive(0).wal().historiesStored();

        copy(COPY, 0, 1);
        copy(COPY, 0, 1);

        BackupMarks marks =
                new BackupCatalog(second, PrivateKeys.NONE, ArchiveFixture.CLUSTER, ArchiveFixture.SYSTEM).walMarks();
        assertThat(marks.begun()).isEqualTo(stored);
        assertThat(second.list("main/" + ArchiveFixture.SYSTEM + "/mark/", Optional.empty(), 10)
                        .objects())
                .hasSize(1);
    }

    @Test
    void aPlanCountsTheSameAndStoresNothing() throws Exception {
        pushTo(0, segment(1, 2));
        pushTo(0, segment(1, 3));

        SyncReport plan = copy(new SyncOptions(1, Doing.PLAN, Comparing.DIGESTS), 0, 1);

        assertThat(both.holds(1, segment(1, 2))).isFalse();
        SyncReport done = copy(COPY, 0, 1);
        assertThat(plan).isEqualTo(done);
    }

    /** A newer version may have stored it, and needs it: passing it over in silence would call the copy complete. */
    @Test
    void whatThisVersionDoesNotKnowIsSaidAndLeftAlone() throws Exception {
        pushTo(0, segment(1, 2));
        String incarnation = "main/" + ArchiveFixture.SYSTEM + "/";
        String index = key(segment(1, 2)).value() + ".index";
        for (String unknown : List.of(
                index,
                incarnation + "history/00000002.annotation",
                incarnation + "gap/00000001/" + segment(1, 3).name(),
                incarnation + "summary/00000001")) {
            first.putIfAbsent(new ObjectKey(unknown), ObjectSource.of(new byte[] {1}));
        }

        for (Doing doing : Doing.values()) {
            SyncReport report = copy(new SyncOptions(3, doing, Comparing.DIGESTS), 0, 1);

            assertThat(report.problems()).isEmpty();
            assertThat(report.notCopiedCount()).isEqualTo(4);
            assertThat(report.notCopied())
                    .containsExactlyInAnyOrder(
                            incarnation + "gap/",
                            incarnation + "summary/",
                            incarnation + "history/00000002.annotation",
                            index);
        }
        assertThat(second.list(incarnation, Optional.empty(), 10).objects())
                .extracting(object -> object.key().value())
                .containsExactlyInAnyOrder(
                        incarnation + "cluster.json", key(segment(1, 2)).value());
    }

    @Test
    void aConflictIsReportedAndBothAreLeftAlone() throws Exception {
        pushTo(0, segment(1, 2));
        pushTo(1, segment(1, 2), wal(segment(1, 2), 8));
        byte[] before = bytes(second, key(segment(1, 2)));

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.kind()).isEqualTo(Kind.CONFLICT));
        assertThat(bytes(second, key(segment(1, 2)))).isEqualTo(before);
    }

    @Test
    void theSameContentInAnotherEncodingIsNoConflict() throws Exception {
        both.codecs[1] = "gzip:6";
        both.push(2, segment(1, 2));

        SyncReport report = copy(COPY, 0, 1);

        assertThat(report.problems()).isEmpty();
        assertThat(report.objects()).isZero();
        assertThat(report.compared()).isEqualTo(1);
    }

    @Test
    void aDamagedObjectIsNotCopiedWhereverItIsDamaged() throws Exception {
        for (int number = 2; number < 8; number++) {
            pushTo(0, segment(1, number));
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
            Files.writeString(directory.resolve("00000002.history"), "1\t0/100000\tx\n");
            int count = 1 + random.nextInt(12);
            for (int number = 1; number <= count; number++) {
                Segment segment = segment(1 + random.nextInt(2), number);
                int where = random.nextInt(3);
                if (where != 1) {
                    pushTo(0, segment);
                }
                if (where != 0) {
                    pushTo(1, segment);
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

    @Test
    void aRepositoryThatVanishesIsNoEmptyOne() throws Exception {
        pushTo(0, segment(1, 2));
        var archive = both.archive(0);
        first.delete(List.of(new ObjectKey("tidemark.json")));

        assertThatThrownBy(() -> new ArchiveSync(COPY, (objects, bytes) -> {}).copy(archive, both.archive(1)))
                .hasMessageContaining("no repository");
    }

    @Test
    void whereverTheTargetFailsNothingWrongIsThereAndTheNextRunCompletesIt() throws Exception {
        for (int number = 2; number < 6; number++) {
            pushTo(0, segment(1, number));
        }
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws IOException {
                both = new TwoRepositories(directory, first, healthy);
            }

            @Override
            public void run(ObjectStore store) throws Exception {
                both.stores[1] = store;
                SyncReport report = copy(new SyncOptions(1, Doing.COPY, Comparing.DIGESTS), 0, 1);
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
}
