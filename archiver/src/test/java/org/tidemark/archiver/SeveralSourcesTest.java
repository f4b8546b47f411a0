// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.UnwillingStore.Mood;
import org.tidemark.archiver.spool.RetryPause;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.WalFixtures;

/** A recovery that may ask two repositories. */
@Timeout(120)
class SeveralSourcesTest {
    @TempDir
    private Path directory;

    private final UnwillingStore first = new UnwillingStore(new MemoryStore(Clock.systemUTC()));
    private final UnwillingStore second = new UnwillingStore(new MemoryStore(Clock.systemUTC()));
    private TwoRepositories both;
    private Path target = Path.of("/nowhere");

    @BeforeEach
    void start() throws IOException {
        both = new TwoRepositories(directory, first, second);
        target = Files.createDirectories(directory.resolve("data/pg_wal")).resolve("RECOVERYXLOG");
    }

    /** As a process of its own: what it remembers of repositories, it reads from the spool. */
    private FetchResult fetch(Segment segment) throws InterruptedException {
        return new WalFetcher(List.of(source(0), source(1)))
                .fetch(new FetchRequest(
                        segment,
                        target,
                        ArchiveFixture.SYSTEM,
                        ArchiveFixture.SIZE,
                        new Recovery(
                                directory.resolve("data/pg_wal"),
                                Optional.of(new Timeline(1)),
                                Recovery.Absence.AT_THE_END),
                        new FetchRequest.Patience(Duration.ZERO),
                        () -> {}));
    }

    private WalSource source(int repository) {
        RetryPause pause = RetryPause.ofReading(directory.resolve("spool"), "source" + repository);
        return new WalSource(
                repository == 0 ? "local" : "offsite",
                () -> both.archive(repository).wal(),
                new WalSource.Memory() {
                    @Override
                    public boolean isSilent() {
                        return pause.lasts(both.clock);
                    }

                    @Override
                    public void silent() {
                        pause.failed(both.clock);
                    }

                    @Override
                    public void answered() {
                        pause.succeeded();
                    }
                });
    }

    private static byte[] wal(Segment segment) {
        return WalFixtures.segment(segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 7);
    }

    private static ObjectKey key(Segment segment) {
        return new ObjectKey("main/" + ArchiveFixture.SYSTEM + "/wal/00000001/00000000/" + segment.name());
    }

    private static void damage(UnwillingStore store, Segment segment) throws IOException {
        damage(store, key(segment));
    }

    private static void damage(UnwillingStore store, ObjectKey key) throws IOException {
        byte[] bytes;
        try (var in = store.open(key, ByteRange.ALL)) {
            bytes = in.readAllBytes();
        }
        bytes[bytes.length / 2] ^= 4;
        store.delete(List.of(key));
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }

    @Test
    void theNearestIsAskedAlone() throws Exception {
        both.push(2, segment(1, 2));
        int before = second.calls();

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
        assertThat(second.calls()).isEqualTo(before);
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
    }

    @Test
    void whatTheFirstDoesNotHaveComesFromTheNext() throws Exception {
        both.push(2, segment(1, 2));
        first.delete(List.of(key(segment(1, 2))));

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("offsite"));
    }

    @Test
    void aDamagedCopyIsReplacedByTheNextOnesAndReported() throws Exception {
        both.push(2, segment(1, 2));
        damage(first, segment(1, 2));

        FetchResult.Restored restored = (FetchResult.Restored) fetch(segment(1, 2));

        assertThat(restored.from()).isEqualTo("offsite");
        assertThat(restored.passedOver()).singleElement().satisfies(passed -> {
            assertThat(passed.repository()).isEqualTo("local");
            assertThat(passed.problem()).contains(segment(1, 2).name());
        });
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
    }

    @Test
    void damageEverywhereIsDamage() throws Exception {
        both.push(2, segment(1, 2));
        damage(first, segment(1, 2));
        damage(second, segment(1, 2));

        assertFails(ExitCode.DAMAGED, segment(1, 2));
    }

    @Test
    void oneThatHangsDelaysTheFirstFetchALittleAndTheNextNotAtAll() throws Exception {
        both.push(2, segment(1, 2));
        both.push(2, segment(1, 3));
        CountDownLatch end = new CountDownLatch(1);
        first.is(new Mood.Hanging(end));
        try {
            long start = System.nanoTime();
            FetchResult.Restored restored = (FetchResult.Restored) fetch(segment(1, 2));
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(HedgedRequest.HEDGE_DELAY, HedgedRequest.SILENCE);
            assertThat(restored.from()).isEqualTo("offsite");
            assertThat(restored.passedOver()).hasSize(1);

            int before = first.calls();
            assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored("offsite"));
            assertThat(first.calls()).as("it is asked last for a while").isEqualTo(before);
        } finally {
            end.countDown();
        }
    }

    @Test
    void oneThatIsDownIsAskedLastForAWhile() throws Exception {
        both.push(2, segment(1, 2));
        first.is(new Mood.Down());
        assertThat(fetch(segment(1, 2))).extracting("from").isEqualTo("offsite");
        int before = first.calls();

        fetch(segment(1, 2));

        assertThat(first.calls()).isEqualTo(before);
    }

    /** Were it called absent, PostgreSQL would end recovery and open the database for writing. */
    @Test
    void absentIsNeverSaidWithoutTheOneThatHangsAndNothingAppearsWhenItWakesUp() throws Exception {
        both.push(2, segment(1, 2));
        second.delete(List.of(key(segment(1, 2))));
        CountDownLatch end = new CountDownLatch(1);
        first.is(new Mood.Hanging(end));
        try {
            assertFails(ExitCode.STORE_UNAVAILABLE, segment(1, 2));
            assertFails(ExitCode.STORE_UNAVAILABLE, segment(1, 2));
        } finally {
            end.countDown();
        }
        await().atMost(Duration.ofSeconds(20))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("ask-local")));
        assertThat(target).doesNotExist();
        try (Stream<Path> files = Files.list(directory.resolve("data/pg_wal"))) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void absentIsSaidWhenBothSaySo() throws Exception {
        both.push(2, segment(1, 2));

        assertThat(fetch(segment(1, 3))).isInstanceOf(FetchResult.Absent.class);
    }

    /** As where a standby that was promoted early, and the primary itself, left one each. */
    @Test
    void recoveryEndsWithTheLongestPartialOfAllRepositories() throws Exception {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, 3));
        byte[] longer = WalFixtures.switchedAfter(64, wal(segment(1, 3)));
        both.push(2, segment(1, 2));
        both.push(2, partial, longer);
        first.delete(first.list(key(segment(1, 3)).value(), Optional.empty(), 1).objects().stream()
                .map(ObjectInfo::key)
                .toList());
        both.push(2, partial, WalFixtures.switchedAfter(10, wal(segment(1, 3))));

        assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored("offsite"));
        assertThat(target).hasBinaryContent(longer);
    }

    /** As two standbys that were promoted one after the other on a server with little to do leave one each. */
    @Test
    void ofPartialsThatEndInOnePageTheOneWithTheMostRecordsIsTaken() throws Exception {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, 3));
        byte[] furthest = withRecords(100, 9000, 60, 60, 60, 60, 60);
        both.push(2, segment(1, 2));
        both.push(2, partial, withRecords(100, 9000));
        both.push(2, partial, furthest);
        first.delete(first.list(key(segment(1, 3)).value(), Optional.empty(), 2).objects().stream()
                .map(ObjectInfo::key)
                .toList());
        both.push(2, partial, withRecords(100, 9000, 60));
        both.push(2, partial, withRecords(100, 9000, 60, 60, 60));
        both.push(2, partial, withRecords(100, 9000, 60, 60, 60, 60));

        assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored("offsite"));
        assertThat(target).hasBinaryContent(furthest);
    }

    @Test
    void aDamagedOneOfPartialsThatEndInOnePageEndsNoRecovery() throws Exception {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, 3));
        both.push(2, segment(1, 2));
        both.push(2, partial, withRecords(100, 60));
        List<ObjectKey> only = first.list(key(segment(1, 3)).value(), Optional.empty(), 2).objects().stream()
                .map(ObjectInfo::key)
                .toList();
        damage(first, only.getFirst());
        second.delete(only);
        both.push(2, partial, withRecords(100, 60, 60));

        assertFails(ExitCode.DAMAGED, segment(1, 3));
    }

    private static byte[] withRecords(int... recordBytes) {
        return WalFixtures.records(segment(1, 3), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, recordBytes);
    }

    @Test
    void ofTwoThatDeliverAtOnceOneIsFirst() throws Exception {
        both.push(2, segment(1, 2));
        // Each call takes so long that both have it at about the same time.
        first.is(new Mood.Slow(HedgedRequest.HEDGE_DELAY.plusMillis(300).dividedBy(3)));

        FetchResult.Restored restored = (FetchResult.Restored) fetch(segment(1, 2));

        assertThat(restored.from()).isIn("local", "offsite");
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
        await().atMost(Duration.ofSeconds(20))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("ask-")));
        try (Stream<Path> files = Files.list(directory.resolve("data/pg_wal"))) {
            assertThat(files).containsExactly(target);
        }
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
    }

    private void assertFails(ExitCode code, Segment segment) {
        assertThatThrownBy(() -> fetch(segment))
                .isInstanceOfSatisfying(
                        UserFacingException.class,
                        e -> assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(code));
        assertThat(target).doesNotExist();
    }
}
