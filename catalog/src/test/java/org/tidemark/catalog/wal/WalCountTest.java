// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Samples;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** What this host counted before makes a listing shorter, and is what was there at the time that is said. */
class WalCountTest {
    /** 16 segments in a log. */
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 28);

    private static final ClusterIdentity IDENTITY =
            new ClusterIdentity(Samples.IDENTITY.cluster(), Samples.SYSTEM, SIZE, Samples.IDENTITY.pageSize(), 15);
    private static final Instant BEGIN = Instant.parse("2026-11-20T07:00:00Z");
    private static final int PAGE = 2;
    private static final int LEAST = 50;

    private final Random random = Rounds.random();
    private final MovableClock clock = new MovableClock(BEGIN);

    @TempDir
    private Path spool;

    private CountingStore store = new CountingStore(new MemoryStore(clock));

    @BeforeEach
    void createRepository() throws IOException {
        Repository.create(store, clock).register(IDENTITY, clock);
    }

    private Path file() {
        return spool.resolve("a").resolve("wal");
    }

    private ClusterArchive archive() throws IOException {
        return Repository.open(store, Optional.empty())
                .incarnation(IDENTITY.cluster(), IDENTITY.system())
                .orElseThrow();
    }

    private WalCount count() throws IOException {
        return new WalCount(archive(), Optional.of(file()), LEAST, PAGE);
    }

    private WalInventory latest() throws IOException {
        return count().latest(clock.instant());
    }

    private static Segment segment(int timeline, long index) {
        return Segment.of(new Timeline(timeline), index, SIZE);
    }

    private static ObjectKey key(int timeline, long index) {
        return IDENTITY.keys().of(segment(timeline, index));
    }

    private void put(int timeline, long from, long to) throws IOException {
        for (long index = from; index <= to; index++) {
            store.putIfAbsent(key(timeline, index), ObjectSource.of(new byte[1 + random.nextInt(9)]));
        }
    }

    private void partial(long index) throws IOException {
        WalFile.PartialSegment partial = new WalFile.PartialSegment(segment(1, index));
        archive().wal().put(partial, SIZE.start(index).plus(8192), Samples.encoded(partial, new byte[3]));
    }

    private void history(int timeline, Lsn at) throws IOException {
        WalFile.TimelineHistoryFile file = new WalFile.TimelineHistoryFile(new Timeline(timeline));
        archive().wal().put(file, Samples.encoded(file, ("1\t" + at + "\tx\n").getBytes(StandardCharsets.UTF_8)));
    }

    /** As expiry does. */
    private void remove(long from, long to) throws IOException {
        archive().wal().gaps().noteRemoval(new RemovedWal(segment(1, from), segment(1, to), clock.instant(), "db1"));
        delete(from, to);
        archive().wal().gaps().joinRemovals(Instant.MAX);
    }

    private void delete(long from, long to) throws IOException {
        for (long index = from; index <= to; index++) {
            store.delete(List.of(key(1, index)));
        }
    }

    private static WalInventory asIfListed(WalInventory inventory) {
        return new WalInventory(inventory.timelines(), inventory.removed());
    }

    private void requireListed() throws IOException {
        WalInventory latest = latest();
        assertThat(latest.counted()).isEmpty();
        assertThat(latest).isEqualTo(archive().wal().inventory());
    }

    @Test
    void aCountWithWhatCameLaterIsTheWholeListing() throws IOException {
        int used = 0;
        for (int round = 0; round < Rounds.of(6, 300); round++) {
            store = new CountingStore(new MemoryStore(clock));
            createRepository();
            UnsyncedFile.removeIfPossible(file());
            long next = random.nextInt(100);
            long begin = next;
            long second = 0;
            for (int step = 0; step < 12; step++) {
                clock.set(clock.instant().plus(Duration.ofMinutes(1 + random.nextInt(300))));
                if (random.nextInt(8) == 0 && next - begin > 40) {
                    long until = begin + random.nextInt(30);
                    remove(begin, until);
                    begin = until + 1;
                }
                long count = random.nextInt(step < 2 ? 250 : 40);
                put(1, next, next + count);
                next += count + 1 + (random.nextInt(3) == 0 ? random.nextInt(40) : 0);
                if (random.nextInt(6) == 0) {
                    partial(next);
                }
                if (second > 0) {
                    put(2, second, second + 30L * step);
                    second += 30L * step + 1;
                } else if (random.nextInt(6) == 0) {
                    second = next;
                    history(2, SIZE.start(next).plus(100));
                }
                WalInventory latest = latest();
                used += latest.counted().isPresent() ? 1 : 0;
                assertThat(asIfListed(latest))
                        .as("round %d, step %d", round, step)
                        .isEqualTo(archive().wal().inventory());
            }
        }
        assertThat(used).isPositive();
    }

    @Test
    void onlyTheNewerPartIsListedAgain() throws IOException {
        put(1, 0, 2_000);
        requireListed();
        store.reset();
        requireCounted();
        int lists = store.lists();

        store.reset();
        count().recount(clock.instant());

        assertThat(lists).isLessThan(store.lists() / 5);
    }

    private void requireCounted() throws IOException {
        assertThat(latest().counted()).contains(BEGIN);
    }

    @Test
    void aSmallArchiveIsAlwaysListed() throws IOException {
        put(1, 0, LEAST - 1);
        requireListed();
        requireListed();
        assertThat(file()).doesNotExist();
    }

    @Test
    void whatWasDeletedFromOutsideIsShownWhenItIsCountedAgain() throws IOException {
        put(1, 0, 200);
        requireListed();
        delete(50, 51);

        assertThat(latest().holes()).isEmpty();
        requireCounted();
        assertThat(archive().wal().inventory().holes()).hasSize(1);

        clock.set(clock.instant().plus(Duration.ofHours(1)));
        assertThat(count().recount(clock.instant()).holes()).hasSize(1);
        assertThat(latest().holes()).hasSize(1);
        assertThat(latest().counted()).contains(clock.instant());
    }

    @Test
    void anArchiveWithoutTheEndsOfACountIsListed() throws IOException {
        put(1, 0, 200);
        requireListed();
        delete(0, 0);
        requireListed();
        requireCounted();
        delete(20, 190);
        requireListed();
        delete(1, 200);
        requireListed();
    }

    @Test
    void removedWalIsListed() throws IOException {
        put(1, 0, 200);
        requireListed();
        remove(40, 60);
        requireListed();
        requireCounted();
    }

    /** A run of expiry that has begun, or what a lock protects from one. */
    @Test
    void walThatIsNotedAndStillThereIsNotCounted() throws IOException {
        put(1, 0, 200);
        archive().wal().gaps().noteRemoval(new RemovedWal(segment(1, 3), segment(1, 5), clock.instant(), "db1"));
        requireListed();
        requireListed();
        assertThat(file()).doesNotExist();
    }

    @Test
    void aCountOfAnotherTimeIsNotUsed() throws IOException {
        put(1, 0, 200);
        requireListed();
        clock.set(clock.instant().plus(Duration.ofHours(24)));
        requireCounted();
        clock.set(clock.instant().plus(Duration.ofSeconds(1)));
        requireListed();
        clock.set(BEGIN.minusSeconds(1));
        requireListed();
    }

    @Test
    void aDamagedCountIsNotUsed() throws IOException {
        put(1, 0, 200);
        requireListed();
        byte[] whole = Files.readAllBytes(file());
        for (int round = 0; round < Rounds.of(40, 2_000); round++) {
            byte[] damaged = whole.clone();
            damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            Files.write(file(), random.nextInt(8) == 0 ? new byte[random.nextInt(50)] : damaged);
            requireListed();
            assertThat(Files.readAllBytes(file())).isEqualTo(whole);
        }
    }

    @Test
    void aCountOfAnotherRepositoryIsNotUsed() throws IOException {
        put(1, 0, 200);
        requireListed();
        byte[] others = Files.readAllBytes(file());

        store = new CountingStore(new MemoryStore(clock));
        createRepository();
        put(1, 0, 300);
        Files.write(file(), others);

        requireListed();
    }

    @Test
    void aDirectoryThatCannotBeWrittenChangesNothing() throws IOException {
        put(1, 0, 200);
        Files.writeString(spool.resolve("a"), "a file");
        requireListed();
        requireListed();
    }
}
