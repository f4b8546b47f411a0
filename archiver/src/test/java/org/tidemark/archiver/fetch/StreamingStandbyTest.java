// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.archiver.UnwillingStore;
import org.tidemark.archiver.UnwillingStore.Mood;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.archiver.queue.RetryPause;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.TemporaryTree;

/** A standby with one repository, which gets by without it as long as it is silent. */
@Timeout(120)
@Execution(ExecutionMode.CONCURRENT) // each waits for limits of time
@Order(1) // among the longest
@InTurn
class StreamingStandbyTest {
    private static final Duration PAUSE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;

    private final CountDownLatch end = new CountDownLatch(1);
    private final MemoryStore memory = new MemoryStore(Clock.systemUTC());
    private final UnwillingStore store = new UnwillingStore(new Stalling(memory));
    private final AtomicBoolean stalls = new AtomicBoolean();
    private final AtomicBoolean streams = new AtomicBoolean(true);
    private TwoRepositories repositories;
    private Path target = Path.of("/nowhere");
    private Clock clock = Clock.systemUTC();
    private Duration untilReady = Duration.ZERO;

    /** Each read from it takes a moment, or hangs in the middle of an object. */
    private final class Stalling extends DelegatingStore {
        Stalling(MemoryStore delegate) {
            super(delegate);
        }

        @Override
        public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
            return new FilterInputStream(memory.open(key, range)) {
                private int count;

                @Override
                public int read(byte[] buffer, int offset, int length) throws IOException {
                    // The header comes at once, and of the rest a part.
                    if (stalls.get() && count++ > 1) {
                        try {
                            end.await();
                        } catch (InterruptedException e) {
                            Thread.currentThread().interrupt();
                            throw new IOException(e);
                        }
                    }
                    return super.read(buffer, offset, Math.min(length, 100));
                }
            };
        }
    }

    /** As a program that has just been started, on a busy host. */
    private final class SlowlyReady implements WalSource.Opening {
        @Override
        public WalArchive open() throws IOException {
            return repositories.archive(0).wal();
        }

        @Override
        public WalArchive open(Runnable ready) throws IOException {
            LockSupport.parkNanos(untilReady.toNanos());
            ready.run();
            return open();
        }
    }

    @BeforeEach
    void start() throws IOException {
        repositories = new TwoRepositories(directory, store, new MemoryStore(Clock.systemUTC()));
        target = Files.createDirectories(directory.resolve("data/pg_wal")).resolve("RECOVERYXLOG");
        repositories.push(2, segment(1, 2));
    }

    /** What hung goes on, and may still make a temporary file: not where there is no directory any more. */
    @AfterEach
    void wakeUp() {
        end.countDown();
        Awaitility.await().ignoreExceptions().until(() -> {
            TemporaryTree.delete(directory.resolve("data"));
            return Files.notExists(directory.resolve("data"));
        });
    }

    /** As a process of its own: what it remembers, it reads from the spool. */
    private FetchResult fetch(Segment segment) throws InterruptedException {
        RetryPause pause = RetryPause.ofReading(directory.resolve("spool"), "source", PAUSE);
        WalSource source = new WalSource("local", new SlowlyReady(), WalSource.Memory.of(pause, clock));
        return new WalFetcher(List.of(source))
                .fetch(new FetchRequest(
                        segment,
                        target,
                        ArchiveFixture.SYSTEM,
                        ArchiveFixture.SIZE,
                        new Recovery(
                                directory.resolve("data/pg_wal"),
                                Optional.empty(),
                                TargetTimeline.Newest::new,
                                Recovery.Absence.FOR_NOW,
                                List.of(),
                                Optional.of(streams::get)),
                        new FetchRequest.Patience(Duration.ZERO),
                        () -> {}));
    }

    private Duration failing(Segment segment) {
        long start = System.nanoTime();
        assertThatThrownBy(() -> fetch(segment))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.STORE_UNAVAILABLE));
        assertThat(target).doesNotExist();
        return Duration.ofNanos(System.nanoTime() - start);
    }

    @Test
    void silenceIsWaitedForOnceAndThenBrieflyAndEachTimeItIsAsked() throws Exception {
        store.is(new Mood.Hanging(end));
        assertThat(failing(segment(1, 2))).isBetween(HedgedRequest.SILENCE_WITH_ALTERNATIVE, Duration.ofSeconds(10));
        assertThat(failing(segment(1, 2))).isBetween(HedgedRequest.SILENCE_AGAIN, Duration.ofSeconds(4));
        int before = store.calls();
        assertThat(failing(segment(1, 2))).isLessThan(Duration.ofSeconds(4));
        assertThat(store.calls()).isGreaterThan(before);

        store.is(new Mood.Well());
        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
        Files.delete(target);
        store.is(new Mood.Hanging(end));
        assertThat(failing(segment(1, 2)))
                .as("it had answered meanwhile")
                .isGreaterThanOrEqualTo(HedgedRequest.SILENCE_WITH_ALTERNATIVE);
    }

    @Test
    void aStoreThatIsSlowHasItsTimeAgainWhenThePauseHasEnded() throws Exception {
        store.is(new Mood.Hanging(end));
        failing(segment(1, 2));
        store.is(new Mood.Slow(Duration.ofMillis(1500)));
        assertThat(failing(segment(1, 2))).isLessThan(Duration.ofSeconds(4));

        clock = Clock.fixed(Instant.now().plus(PAUSE), ZoneOffset.UTC);

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
    }

    @Test
    void whatThisHostNeedsBeforeItCanAskIsNotTheStoresSilence() throws Exception {
        store.is(new Mood.Hanging(end));
        failing(segment(1, 2));
        untilReady = HedgedRequest.SILENCE_AGAIN.plusMillis(500);
        assertThat(failing(segment(1, 2)))
                .isBetween(untilReady.plus(HedgedRequest.SILENCE_AGAIN), untilReady.plusSeconds(3));

        store.is(new Mood.Slow(Duration.ofMillis(100)));

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
    }

    @Test
    void aHostThatIsNeverReadyIsNotWaitedForLonger() {
        untilReady = Duration.ofMinutes(1);

        Duration once = HedgedRequest.SILENCE_WITH_ALTERNATIVE;
        assertThat(failing(segment(1, 2))).isBetween(once, once.multipliedBy(2).minusMillis(500));
        assertThat(failing(segment(1, 2))).isBetween(once, once.multipliedBy(2).minusMillis(500));
    }

    /** As a segment that rsync fetches whole over a slow line: of it nothing is heard before its end. */
    @Test
    void aStoreThatIsSlowerThanItMayBeSilentIsGivenMoreTime() throws Exception {
        // It is asked twice before it counts as open.
        store.is(new Mood.Slow(
                HedgedRequest.SILENCE_WITH_ALTERNATIVE.dividedBy(2).plusMillis(200)));
        failing(segment(1, 2));
        clock = Clock.offset(clock, PAUSE);
        failing(segment(1, 2));
        clock = Clock.offset(clock, PAUSE);

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
        Files.delete(target);
        assertThat(fetch(segment(1, 2)))
                .as("what it needs is remembered for the next segment")
                .isEqualTo(new FetchResult.Restored("local"));
    }

    @Test
    void aTransferThatStallsIsSilence() throws Exception {
        stalls.set(true);

        assertThat(failing(segment(1, 2))).isBetween(HedgedRequest.SILENCE_WITH_ALTERNATIVE, Duration.ofSeconds(10));
        stalls.set(false);
        end.countDown();

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
    }

    @Test
    void withoutAnotherWayItIsWaitedFor() throws Exception {
        streams.set(false);
        store.is(new Mood.Slow(HedgedRequest.SILENCE_WITH_ALTERNATIVE.plusSeconds(1)));

        assertThat(fetch(segment(1, 2))).isEqualTo(new FetchResult.Restored("local"));
    }
}
