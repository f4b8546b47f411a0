// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CountingStore;

class WalWaitTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    @TempDir
    private Path directory;

    private final PausedTime time = new PausedTime();

    /** Time that passes in pauses alone. */
    private static final class PausedTime implements ElapsedTime {
        private long nanos;

        @Override
        public long nanos() {
            return nanos;
        }

        @Override
        public void pause(Duration duration) {
            nanos += duration.toNanos();
        }
    }

    /** A queue is delivered, each time just before the limit: what is awaited comes last. */
    @Test
    void earlierWalThatArrivesIsArrival() throws IOException {
        ClusterArchive archive = archive();
        for (long index = 5; index <= 100; index++) {
            put(archive, index);
        }
        long[] next = {101};
        BackupListener delivery = new Delivery(() -> {
            long due = Duration.ofMillis(700).toNanos() * (next[0] - 100);
            if (next[0] <= 105 && time.nanos() >= due) {
                put(archive, next[0]++);
            }
        });
        WalWait wait = new WalWait("local", archive.wal(), SIZE, Duration.ofMillis(1500), "", delivery, time);

        assertThat(wait.await(segment(105))).isTrue();
    }

    /** The first that were ever archived, at the begin of a queue of thousands; and a part of it after a hole. */
    @ParameterizedTest
    @CsvSource({"5, 5", "5, 40"})
    void earlierWalIsArrivalHoweverOldItIs(long first, long afterAHole) throws IOException {
        ClusterArchive archive = archive();
        put(archive, first);
        put(archive, afterAHole);
        long[] next = {afterAHole + 1};
        BackupListener delivery = new Delivery(() -> {
            long due = Duration.ofMillis(700).toNanos() * (next[0] - afterAHole);
            if (time.nanos() >= due) {
                put(archive, next[0] == afterAHole + 5 ? 5000 : next[0]);
                next[0]++;
            }
        });
        WalWait wait = new WalWait("local", archive.wal(), SIZE, Duration.ofMillis(1500), "", delivery, time);

        assertThat(wait.await(segment(5000))).isTrue();
    }

    @Test
    void whatWasThereBeforeIsNoArrival() throws IOException {
        ClusterArchive archive = archive();
        for (long index = 5; index <= 20; index++) {
            put(archive, index);
            put(archive, index + 20);
        }
        WalWait wait =
                new WalWait("local", archive.wal(), SIZE, Duration.ofSeconds(1), "", new Delivery(() -> {}), time);

        assertThat(wait.await(segment(5000))).isFalse();
        assertThat(Duration.ofNanos(time.nanos())).isEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void whereNothingArrivesTheLimitEndsIt() throws IOException {
        ClusterArchive archive = archive();
        put(archive, 100);
        WalWait wait =
                new WalWait("local", archive.wal(), SIZE, Duration.ofMillis(300), "", new Delivery(() -> {}), time);

        assertThat(wait.await(segment(105))).isFalse();
    }

    /** A backup of a day: 5,000 segments, of which some arrive while it waits. */
    @Test
    void whatIsArchivedIsListedNotAskedForOneByOne() throws IOException {
        CountingStore store = new CountingStore(new MemoryStore(Clock.systemUTC()));
        ClusterArchive archive = archive(store);
        for (long index = 0; index < 5_000; index++) {
            if (index != 2_500 && index != 4_999) {
                putEmpty(store, archive, index);
            }
        }
        long[] late = {2_500, 4_999};
        int[] delivered = {0};
        BackupListener delivery = new Delivery(() -> putEmpty(store, archive, late[delivered[0]++]));
        WalWait wait = new WalWait("local", archive.wal(), SIZE, Duration.ofSeconds(30), "", delivery, time);
        store.reset();

        Optional<WalFile> missing = wait.await(new WalRange(Timeline.FIRST, SIZE.start(0), SIZE.start(5_000)));

        assertThat(missing).isEmpty();
        assertThat(delivered[0]).isEqualTo(2);
        assertThat(store.requests()).as("requests for 5,000 segments").isLessThan(30);
    }

    @Test
    void theFirstMissingSegmentOfARangeIsNamed() throws IOException {
        CountingStore store = new CountingStore(new MemoryStore(Clock.systemUTC()));
        ClusterArchive archive = archive(store);
        for (long index = 10; index < 400; index++) {
            if (index != 300) {
                putEmpty(store, archive, index);
            }
        }
        // A partial segment is not the segment.
        store.putIfAbsent(
                archive.wal().key(segment(300).name() + ".partial-0000000000000000-0000000000000000"),
                ObjectSource.of(new byte[1]));
        WalWait wait =
                new WalWait("local", archive.wal(), SIZE, Duration.ofMillis(300), "", new Delivery(() -> {}), time);

        assertThat(wait.await(new WalRange(Timeline.FIRST, SIZE.start(10), SIZE.start(400))))
                .contains(segment(300));
        assertThat(wait.await(new WalRange(Timeline.FIRST, SIZE.start(10), SIZE.start(300))))
                .isEmpty();
    }

    /** A segment usually arrives within seconds, and the backup ends when it is seen. */
    @Test
    void theFirstTenSecondsItAsksAtLeastTenTimesASecond() {
        for (int millis = 0; millis < 10_000; millis += 100) {
            assertThat(WalWait.pause(Duration.ofMillis(millis)))
                    .isBetween(Duration.ofMillis(50), Duration.ofMillis(100));
        }
        assertThat(WalWait.pause(Duration.ofSeconds(10))).isEqualTo(Duration.ofSeconds(1));
        assertThat(WalWait.pause(Duration.ofHours(1))).isEqualTo(Duration.ofSeconds(2));
    }

    private static void putEmpty(ObjectStore store, ClusterArchive archive, long index) throws IOException {
        store.putIfAbsent(archive.wal().key(segment(index)), ObjectSource.of(new byte[1]));
    }

    private static WalFile.Segment segment(long index) {
        return WalFile.Segment.of(Timeline.FIRST, index, SIZE);
    }

    private static ClusterArchive archive() throws IOException {
        return archive(new MemoryStore(Clock.systemUTC()));
    }

    private static ClusterArchive archive(ObjectStore store) throws IOException {
        return Repository.create(store, Clock.systemUTC())
                .register(
                        new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(7), SIZE, 8192, 15),
                        Clock.systemUTC());
    }

    private void put(ClusterArchive archive, long index) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.WAL,
                segment(index).name(),
                archive.identity().system(),
                Encoding.of(Codec.parse("none")),
                ObjectSource.of(new byte[SIZE.bytes()]),
                directory)) {
            archive.wal().put(segment(index), encoded);
        }
    }

    /** Whatever is to happen while WAL is awaited. */
    private record Delivery(Step step) implements BackupListener {
        interface Step {
            void run() throws IOException;
        }

        @Override
        public void phase(BackupId id, Phase phase) {}

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            try {
                step.run();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void warning(String message) {}
    }
}
