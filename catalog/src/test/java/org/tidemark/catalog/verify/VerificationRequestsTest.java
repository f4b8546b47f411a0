// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.Rounds;

/** How much a verification asks of a store, and of its own memory. */
class VerificationRequestsTest {
    private final Random random = Rounds.random();

    @TempDir
    private Path work;

    /** Of backups that were verified before, only documents and listings are read: several at a time. */
    @Test
    void whatManyBackupsHaveIsReadSeveralAtATime() throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        SampleRepository repository = new SampleRepository(store, work, random);
        int backups = 20;
        for (int i = 0; i < backups; i++) {
            repository.publish();
        }
        verify(store);
        CountingStore counting = new CountingStore(store, Duration.ofMillis(20));

        VerifyReport report = verify(counting);

        assertThat(report.isSound()).isTrue();
        // Of each: backup.json, its mark, the list of its bundles and its intent.
        assertThat(counting.reads()).isEqualTo(4 * backups);
        assertThat(counting.stats()).isZero();
        assertThat(counting.lists()).isLessThan(10);
        assertThat(counting.mostAtOnce()).isBetween(3, 16);
    }

    @Test
    void oneBackupIsVerifiedWithoutAListingOfAllWal() throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        SampleRepository repository = new SampleRepository(store, work, random);
        BaseBackup backup = repository.publish();
        for (int i = 0; i < 5; i++) {
            repository.publish();
        }
        for (long index = 40; index < 9_000; index++) {
            Segment segment = Segment.of(backup.wal().timeline(), index, SampleRepository.SEGMENT_SIZE);
            store.putIfAbsent(backup.keys().incarnation().of(segment), ObjectSource.of(new byte[1]));
        }
        CountingStore counting = new CountingStore(store);

        VerifyReport report =
                verifier(counting).verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.of(backup.id()));

        assertThat(report.isSound()).isTrue();
        assertThat(report.sound()).containsExactly(backup.id());
        assertThat(counting.lists()).as("pages of listings").isLessThan(10);
        assertThat(counting.reads())
                .as("objects of one backup, with the number of their requests")
                .isLessThan(20);
    }

    private static VerifyReport verify(ObjectStore store) throws IOException {
        return verifier(store).verify(SampleRepository.NAME, SampleRepository.SYSTEM, Optional.empty());
    }

    private static Verifier verifier(ObjectStore store) {
        return new Verifier(
                store,
                PrivateKeys.NONE,
                new Verifier.Options(Extent.UNMARKED, Scope.ALL, 1),
                SampleRepository.CLOCK,
                (objects, bytes) -> {});
    }

    @Test
    void theBackupsThatNeedASegmentAreThoseWhoseRangeItIsIn() throws IOException {
        BaseBackup sample = new SampleRepository(new MemoryStore(Clock.systemUTC()), work, random).publish();
        for (int round = 0; round < 50; round++) {
            List<BackupToVerify> backups = new ArrayList<>();
            for (int i = random.nextInt(30); i > 0; i--) {
                long start = random.nextLong(60L << 20);
                long length = random.nextInt(10) == 0 ? random.nextLong(40L << 20) : random.nextLong(3L << 20);
                Timeline timeline = new Timeline(random.nextInt(1, 3));
                backups.add(new BackupToVerify(
                        with(sample, new WalRange(timeline, new Lsn(start), new Lsn(start + length))),
                        PastReading.NONE));
            }

            NeededWal needed = new NeededWal(backups);

            for (int timeline = 1; timeline <= 3; timeline++) {
                for (long index = 0; index < 110; index++) {
                    Segment segment = Segment.of(new Timeline(timeline), index, SampleRepository.SEGMENT_SIZE);
                    assertThat(needed.by(segment))
                            .as("round %d, %s", round, segment)
                            .containsExactlyInAnyOrderElementsOf(backups.stream()
                                    .filter(each -> each.backup()
                                            .wal()
                                            .segments(SampleRepository.SEGMENT_SIZE)
                                            .anyMatch(segment::equals))
                                    .toList());
                }
            }
        }
    }

    private static BaseBackup with(BaseBackup backup, WalRange wal) {
        return new BaseBackup(
                backup.id(),
                backup.type(),
                backup.name(),
                backup.origin(),
                backup.run(),
                wal,
                backup.nextXid(),
                backup.contents(),
                backup.objects());
    }
}
