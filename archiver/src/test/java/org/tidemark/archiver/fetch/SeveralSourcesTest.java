// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.archiver.UnwillingStore;
import org.tidemark.archiver.UnwillingStore.Mood;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.WalRecords;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.WalFixtures;

/** A recovery that may ask two repositories. */
@Timeout(120)
class SeveralSourcesTest {
    // Names of this class alone: threads are named after them, and other classes ask repositories at the same time.
    private static final String NEAR = "nearby";
    private static final String FAR = "faraway";

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

    /** What hung goes on, and may still make a temporary file: not while the directory is deleted. */
    @AfterEach
    void awaitThreads() {
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .noneMatch(Set.of("ask-" + NEAR, "ask-" + FAR)::contains));
    }

    /** As a process of its own: what it remembers of repositories, it reads from the spool. */
    private FetchResult fetch(Segment segment) throws InterruptedException {
        return fetch(segment, 1);
    }

    private FetchResult fetch(Segment segment, int timeline) throws InterruptedException {
        return new WalFetcher(List.of(source(0), source(1)))
                .fetch(new FetchRequest(
                        segment,
                        target,
                        ArchiveFixture.SYSTEM,
                        ArchiveFixture.SIZE,
                        new Recovery(
                                directory.resolve("data/pg_wal"),
                                Optional.of(new Timeline(timeline)),
                                Recovery.Absence.AT_THE_END),
                        new FetchRequest.Patience(Duration.ZERO),
                        () -> {}));
    }

    private WalSource source(int repository) {
        RetryPause pause = RetryPause.ofReading(directory.resolve("spool"), "source" + repository);
        return new WalSource(
                repository == 0 ? NEAR : FAR,
                () -> both.archive(repository).wal(),
                WalSource.Memory.of(pause, both.clock));
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

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored(NEAR));
        assertThat(second.calls()).isEqualTo(before);
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
    }

    @Test
    void whatTheFirstDoesNotHaveComesFromTheNext() throws Exception {
        both.push(2, segment(1, 2));
        first.delete(List.of(key(segment(1, 2))));

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored(FAR));
    }

    @Test
    void aDamagedCopyIsReplacedByTheNextOnesAndReported() throws Exception {
        both.push(2, segment(1, 2));
        damage(first, segment(1, 2));

        FetchResult.Restored restored = (FetchResult.Restored) fetch(segment(1, 2));

        assertThat(restored.from()).isEqualTo(FAR);
        assertThat(restored.passedOver()).singleElement().satisfies(passed -> {
            assertThat(passed.repository()).isEqualTo(NEAR);
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
            assertThat(restored.from()).isEqualTo(FAR);
            assertThat(restored.passedOver()).hasSize(1);

            int before = first.calls();
            assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored(FAR));
            assertThat(first.calls()).as("it is asked last for a while").isEqualTo(before);
        } finally {
            end.countDown();
        }
    }

    @Test
    void oneThatIsDownIsAskedLastForAWhile() throws Exception {
        both.push(2, segment(1, 2));
        first.is(new Mood.Down());
        assertThat(fetch(segment(1, 2))).extracting("from").isEqualTo(FAR);
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
        awaitThreads();
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

        assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored(FAR));
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

        assertThat(fetch(segment(1, 3))).isEqualTo(new FetchResult.Restored(FAR));
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

    /** As where nothing of the child was archived yet: of the parent's, every record before the switch is replayed. */
    @Test
    void ofPartialsThatEndInThePageOfTheSwitchOneThatReachesItIsTaken() throws Exception {
        byte[] reaching = withRecords(100, 9000, 60, 60);
        switchedAfter(reaching);

        assertThat(fetch(segment(1, 3), 2)).isEqualTo(new FetchResult.Restored(FAR));
        assertThat(target).hasBinaryContent(reaching);
    }

    @Test
    void onePartialThatReachesTheSwitchWillDoWhateverIsDamagedOrSilent() throws Exception {
        byte[] reaching = withRecords(100, 9000, 60, 60);
        switchedAfter(reaching);
        damage(first, partials(first).getFirst());

        assertThat(fetch(segment(1, 3), 2)).isInstanceOf(FetchResult.Restored.class);
        assertThat(target).hasBinaryContent(reaching);
    }

    @Test
    void aDamagedOneThatMayReachTheSwitchEndsNoRecovery() throws Exception {
        switchedAfter(withRecords(100, 9000, 60, 60));
        second.delete(partials(second).stream()
                .filter(key -> !partials(first).contains(key))
                .toList());
        damage(first, partials(first).getFirst());
        damage(second, partials(second).getFirst());

        assertThatThrownBy(() -> fetch(segment(1, 3), 2))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.DAMAGED));
        assertThat(target).doesNotExist();
    }

    /** Timeline 2 begins at the end of {@code reaching}, which one repository has; both have a shorter one. */
    private void switchedAfter(byte[] reaching) throws IOException {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, 3));
        both.push(2, segment(1, 2));
        both.push(2, partial, reaching);
        first.delete(partials(first));
        both.push(2, partial, withRecords(100, 9000, 60));
        Lsn end = WalRecords.end(new ByteArrayInputStream(reaching), segment(1, 3), ArchiveFixture.SIZE)
                .orElseThrow();
        both.push(
                2,
                new WalFile.TimelineHistoryFile(new Timeline(2)),
                ("1\t" + end + "\tno recovery target specified\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static List<ObjectKey> partials(UnwillingStore store) {
        try {
            return store.list(key(segment(1, 3)).value(), Optional.empty(), 10).objects().stream()
                    .map(ObjectInfo::key)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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

        assertThat(restored.from()).isIn(NEAR, FAR);
        assertThat(target).hasBinaryContent(wal(segment(1, 2)));
        await().atMost(Duration.ofSeconds(60))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .noneMatch(Set.of("ask-" + NEAR, "ask-" + FAR)::contains));
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
