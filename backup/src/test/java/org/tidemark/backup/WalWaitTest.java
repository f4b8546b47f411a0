// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.ContainerKind;
import org.tidemark.catalog.EncodedObject;
import org.tidemark.catalog.Encoding;
import org.tidemark.catalog.ObjectEncoder;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;

class WalWaitTest {
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);

    @TempDir
    private Path directory;

    /** A queue is delivered, each time just before the limit: what is awaited comes last. */
    @Test
    void earlierWalThatArrivesIsArrival() throws IOException {
        ClusterArchive archive = archive();
        for (long index = 5; index <= 100; index++) {
            put(archive, index);
        }
        long[] next = {101};
        long begun = System.nanoTime();
        BackupListener delivery = new Delivery(() -> {
            long due = begun + Duration.ofMillis(700).toNanos() * (next[0] - 100);
            if (next[0] <= 105 && System.nanoTime() >= due) {
                put(archive, next[0]++);
            }
        });
        WalWait wait = new WalWait(archive.wal(), SIZE, Duration.ofMillis(1500), "", delivery);

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
        long begun = System.nanoTime();
        BackupListener delivery = new Delivery(() -> {
            long due = begun + Duration.ofMillis(700).toNanos() * (next[0] - afterAHole);
            if (System.nanoTime() >= due) {
                put(archive, next[0] == afterAHole + 5 ? 5000 : next[0]);
                next[0]++;
            }
        });
        WalWait wait = new WalWait(archive.wal(), SIZE, Duration.ofMillis(1500), "", delivery);

        assertThat(wait.await(segment(5000))).isTrue();
    }

    @Test
    void whatWasThereBeforeIsNoArrival() throws IOException {
        ClusterArchive archive = archive();
        for (long index = 5; index <= 20; index++) {
            put(archive, index);
            put(archive, index + 20);
        }
        long begun = System.nanoTime();
        WalWait wait = new WalWait(archive.wal(), SIZE, Duration.ofSeconds(1), "", new Delivery(() -> {}));

        assertThat(wait.await(segment(5000))).isFalse();
        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofMillis(1900));
    }

    @Test
    void whereNothingArrivesTheLimitEndsIt() throws IOException {
        ClusterArchive archive = archive();
        put(archive, 100);
        WalWait wait = new WalWait(archive.wal(), SIZE, Duration.ofMillis(300), "", new Delivery(() -> {}));

        assertThat(wait.await(segment(105))).isFalse();
    }

    private static WalFile.Segment segment(long index) {
        return WalFile.Segment.of(Timeline.FIRST, index, SIZE);
    }

    private static ClusterArchive archive() throws IOException {
        return Repository.create(new MemoryStore(Clock.systemUTC()), Clock.systemUTC())
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
        public void awaitingWal(WalFile missing, Duration waited, String hint) {
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
