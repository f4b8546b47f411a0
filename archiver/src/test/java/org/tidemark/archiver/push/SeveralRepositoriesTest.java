// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.TwoRepositories;
import org.tidemark.archiver.UnwillingStore;
import org.tidemark.archiver.UnwillingStore.Mood;
import org.tidemark.archiver.push.WalPusher.Acknowledgement;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.archiver.queue.BacklogDelivery;
import org.tidemark.archiver.queue.Spool;
import org.tidemark.catalog.EncryptedOnlyStore;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.BackupHistoryFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.WalFixtures;

@Isolated // what it waits for is half a second
@Timeout(60)
class SeveralRepositoriesTest {
    private static final String BACKUP_HISTORY = """
            START WAL LOCATION: 0/200028 (file 000000010000000000000002)
            STOP WAL LOCATION: 0/200100 (file 000000010000000000000002)
            CHECKPOINT LOCATION: 0/200060
            BACKUP METHOD: streamed
            BACKUP FROM: primary
            START TIME: 2026-11-20 06:30:11 UTC
            LABEL: x
            START TIMELINE: 1
            STOP TIME: 2026-11-20 06:30:12 UTC
            STOP TIMELINE: 1
            """;

    @TempDir
    private Path directory;

    private final UnwillingStore first = new UnwillingStore(new MemoryStore(Clock.systemUTC()));
    private final UnwillingStore second = new UnwillingStore(new MemoryStore(Clock.systemUTC()));
    private TwoRepositories both;

    @BeforeEach
    void start() throws IOException {
        both = new TwoRepositories(directory, first, second);
    }

    /** What hung goes on, and may still write into the spool: not while the directory is deleted. */
    @AfterEach
    void awaitThreads() {
        await().atMost(Duration.ofSeconds(30))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .map(Thread::getName)
                        .noneMatch(name -> name.startsWith("push-") || name.startsWith("backlog-")));
    }

    @Test
    void everyRepositoryGetsTheSegmentAndNothingIsKept() throws Exception {
        PushReport report = both.push(2, segment(1, 2));

        assertThat(both.holds(0, segment(1, 2))).isTrue();
        assertThat(both.holds(1, segment(1, 2))).isTrue();
        assertThat(report).isEqualTo(PushReport.COMPLETE);
        assertThat(directory.resolve("spool")).doesNotExist();
    }

    @Test
    void eachRepositoryHasItsOwnCompression() throws Exception {
        both.codecs[1] = "gzip:6";

        both.push(2, segment(1, 2));

        assertThat(both.content(0, segment(1, 2))).isEqualTo(both.content(1, segment(1, 2)));
        assertThat(both.archive(0)
                        .wal()
                        .open(segment(1, 2))
                        .orElseThrow()
                        .header()
                        .codec())
                .isEqualTo("zstd");
        assertThat(both.archive(1)
                        .wal()
                        .open(segment(1, 2))
                        .orElseThrow()
                        .header()
                        .codec())
                .isEqualTo("gzip");
    }

    @Test
    void whereAllMustHoldItOneThatIsDownFailsThePushAndTheOtherGetsItAllTheSame() throws Exception {
        second.is(new Mood.Down());

        assertFails(ExitCode.STORE_UNAVAILABLE, () -> both.push(2, segment(1, 2)))
                .hasMessageContaining("'offsite'");

        assertThat(both.holds(0, segment(1, 2))).isTrue();
        assertThat(both.kept(1)).isEmpty();
    }

    @Test
    void whatOneThatIsDownMissedIsKeptForItAndDeliveredLater() throws Exception {
        second.is(new Mood.Down());
        PushReport report = both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));

        assertThat(report.lagging())
                .containsExactly(new PushReport.Lagging("offsite", "it is down", 1, PushReport.Cause.FAILS));
        assertThat(both.kept(1))
                .containsExactly(segment(1, 2).name(), segment(1, 3).name());
        second.is(new Mood.Well());
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);
        PushReport caughtUp = both.push(1, segment(1, 4));

        assertThat(caughtUp.lagging()).isEmpty();
        assertThat(both.kept(1)).isEmpty();
        for (int number = 2; number <= 4; number++) {
            assertThat(both.content(1, segment(1, number))).isEqualTo(both.content(0, segment(1, number)));
        }
    }

    @Test
    void oneThatFailedAMomentAgoIsLeftAloneAndCostsNothing() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        int before = second.calls();

        both.push(1, segment(1, 3));
        both.push(1, segment(1, 4));

        assertThat(second.calls()).isEqualTo(before);
        assertThat(both.kept(1)).hasSize(3);
    }

    @Test
    void aHangingRepositoryIsSkippedAfterTheLimit() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        second.is(new Mood.Hanging(end));
        both.patience = TwoRepositories.PATIENCE;
        try {
            long start = System.nanoTime();
            PushReport report = both.push(1, segment(1, 2));
            Duration took = Duration.ofNanos(System.nanoTime() - start);

            assertThat(took).isBetween(TwoRepositories.PATIENCE, both.limit.dividedBy(2));
            assertThat(report.abandoned()).isTrue();
            assertThat(both.kept(1)).containsExactly(segment(1, 2).name());
            int before = second.calls();
            both.push(1, segment(1, 3));
            assertThat(second.calls()).as("it is left alone for a while").isEqualTo(before);
        } finally {
            end.countDown();
        }
    }

    @Test
    void whereAllMustHoldItOneThatHangsFailsThePushAtItsLimit() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        second.is(new Mood.Hanging(end));
        both.patience = TwoRepositories.PATIENCE;
        both.limit = TwoRepositories.LIMIT;
        try {
            assertFails(ExitCode.TIMED_OUT, () -> both.push(2, segment(1, 2))).hasMessageContaining("'offsite'");
            assertThat(both.holds(0, segment(1, 2))).isTrue();
        } finally {
            end.countDown();
        }
    }

    @Test
    void aSlowOneIsWaitedForWithinItsPatience() throws Exception {
        second.is(new Mood.Slow(Duration.ofMillis(50)));

        PushReport report = both.push(1, segment(1, 2));

        assertThat(report.lagging()).isEmpty();
        assertThat(both.holds(1, segment(1, 2))).isTrue();
    }

    /** Else nothing would be archived any more: the other one is not tried while something is kept for it. */
    @Test
    void aLateOneIsAskedAtOnceIfTheOthersAreNotEnough() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        second.is(new Mood.Well());
        CountDownLatch end = new CountDownLatch(1);
        first.is(new Mood.Hanging(end));
        both.patience = TwoRepositories.PATIENCE;
        both.limit = TwoRepositories.LIMIT.multipliedBy(2);
        try {
            both.push(1, segment(1, 3));

            assertThat(both.holds(1, segment(1, 3))).isTrue();
            assertThat(both.kept(0)).containsExactly(segment(1, 3).name());
        } finally {
            end.countDown();
        }
        first.is(new Mood.Down());
        both.push(1, segment(1, 4));
        assertThat(both.holds(1, segment(1, 4))).isTrue();
        assertThat(both.kept(0)).hasSize(2);
    }

    @Test
    void withNoRepositoryThePushFailsAndNothingIsKept() throws Exception {
        first.is(new Mood.Down());
        second.is(new Mood.Down());

        assertFails(ExitCode.STORE_UNAVAILABLE, () -> both.push(1, segment(1, 2)))
                .hasMessageContaining("'local'")
                .hasMessageContaining("'offsite'");

        assertThat(both.kept(0)).isEmpty();
        assertThat(both.kept(1)).isEmpty();
    }

    /** Of a timeline without its history nothing can be restored, from whichever repository. */
    @Test
    void eachRepositoryGetsTheHistoryOfATimelineBeforeItsWalTheLateOneAsWell() throws Exception {
        Files.writeString(directory.resolve("00000002.history"), "1\t0/280000\tx\n");
        second.is(new Mood.Down());

        both.push(1, segment(2, 3));
        both.push(1, segment(2, 4));

        assertThat(both.archive(0).wal().history(new Timeline(2))).isPresent();
        assertThat(both.kept(1))
                .containsExactly(
                        "00000002.history", segment(2, 3).name(), segment(2, 4).name());
        second.is(new Mood.Well());
        both.deliver(1);
        assertThat(both.archive(1).wal().history(new Timeline(2))).isPresent();
        assertThat(both.holds(1, segment(2, 4))).isTrue();
    }

    /** Else it would have begun there when the repository was back, and no other timeline competed with it. */
    @Test
    void whenATimelineBeganIsKeptWithAHistoryThatIsDeliveredLate() throws Exception {
        Files.writeString(directory.resolve("00000002.history"), "1\t0/280000\tx\n");
        second.is(new Mood.Down());
        both.push(1, segment(2, 3));
        Instant queued = Instant.now().minus(Duration.ofHours(2)).truncatedTo(ChronoUnit.SECONDS);
        Files.setLastModifiedTime(both.queue(1).pending().getFirst().file(), FileTime.from(queued));

        second.is(new Mood.Well());
        both.deliver(1);

        assertThat(both.archive(1).backups().walMarks().begun()).containsExactly(Map.entry(new Timeline(2), queued));
    }

    @Test
    void otherContentInOneRepositoryIsAnErrorAtOnceHoweverFewMustHoldIt() throws Exception {
        both.push(2, segment(1, 2));
        byte[] other = WalFixtures.segment(segment(1, 2), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8);
        first.delete(List.of(new org.tidemark.store.ObjectKey("main/" + ArchiveFixture.SYSTEM
                + "/wal/00000001/00000000/" + segment(1, 2).name())));

        assertFails(ExitCode.WAL_CONFLICT, () -> both.push(1, segment(1, 2), other));

        assertThat(both.kept(1)).isEmpty();
    }

    @Test
    void otherContentThanWhatIsKeptIsAnErrorAtOnce() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        byte[] other = WalFixtures.segment(segment(1, 2), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8);
        first.delete(List.of(new org.tidemark.store.ObjectKey("main/" + ArchiveFixture.SYSTEM
                + "/wal/00000001/00000000/" + segment(1, 2).name())));

        assertFails(ExitCode.WAL_CONFLICT, () -> both.push(1, segment(1, 2), other));
    }

    /** Another primary archived there while it could not be reached from here. */
    @Test
    void whatIsKeptAndMeetsOtherContentIsPutAsideAndTheRestIsDelivered() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));
        second.is(new Mood.Well());
        byte[] other = WalFixtures.segment(segment(1, 2), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8);
        TwoRepositories elsewhere = both;
        Path file = Files.write(directory.resolve("other"), other);
        new WalPusher(
                        new PushTarget(
                                "offsite",
                                Encoding.of(org.tidemark.catalog.format.Codec.parse("none")),
                                system -> elsewhere.archive(1)),
                        directory,
                        Clock.systemUTC())
                .push(new PushRequest(segment(1, 2), file, ArchiveFixture.CONTROL));
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        PushReport report = both.push(1, segment(1, 4));

        assertThat(report.refused()).singleElement().satisfies(each -> {
            assertThat(each.repository()).isEqualTo("offsite");
            assertThat(each.keyName()).isEqualTo(segment(1, 2).name());
        });
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.queue(1).refused()).hasSize(1);
        assertThat(both.content(1, segment(1, 2))).isEqualTo(other);
        assertThat(both.holds(1, segment(1, 3))).isTrue();
        assertThat(both.holds(1, segment(1, 4))).isTrue();
    }

    @Test
    void aSpoolThatCannotBeWrittenStopsNothing() throws Exception {
        Files.writeString(directory.resolve("spool"), "no directory");
        second.is(new Mood.Down());

        PushReport report = both.push(1, segment(1, 3));

        assertThat(report.unqueued())
                .extracting(PushReport.Unqueued::repository)
                .containsExactly("offsite");
        assertThat(both.holds(0, segment(1, 3))).isTrue();
    }

    /** To open it takes longer than the whole time for the backlog: each push gives it one anyway. */
    @Test
    void aRepositoryThatIsSlowToOpenGetsOneFileEachTime() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));
        both.patience = TwoRepositories.PATIENCE;
        second.is(new Mood.Slow(both.patience.multipliedBy(6).dividedBy(10)));
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        both.push(1, segment(1, 4));

        assertThat(both.kept(1))
                .containsExactly(segment(1, 3).name(), segment(1, 4).name());
    }

    /** As after acknowledge was changed from 1 to all. */
    @Test
    void aQueueIsDeliveredAlsoWhereAllMustHoldAFile() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        second.is(new Mood.Well());
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        both.push(2, segment(1, 3));

        assertThat(both.kept(1)).isEmpty();
        assertThat(both.holds(1, segment(1, 2))).isTrue();
    }

    /** Nothing but a name needs to be remembered of what another repository holds: no disk is too small for it. */
    @Test
    void whatAnotherRepositoryHoldsIsQueuedByItsNameWhateverTheSpoolMayKeep() throws Exception {
        second.is(new Mood.Down());
        both.spool = new Spool(directory.resolve("spool"), 1);

        PushReport report = both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));

        assertThat(report.unqueued()).isEmpty();
        assertThat(report.lagging())
                .containsExactly(new PushReport.Lagging("offsite", "it is down", 1, PushReport.Cause.FAILS));
        assertThat(both.kept(1))
                .containsExactly(segment(1, 2).name(), segment(1, 3).name());
        assertThat(both.spool.usedBytes()).isZero();
        second.is(new Mood.Well());
        assertThat(both.deliver(1).objects()).isEqualTo(2);
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.content(1, segment(1, 2))).isEqualTo(both.content(0, segment(1, 2)));
        assertThat(both.content(1, segment(1, 3))).isEqualTo(both.content(0, segment(1, 3)));
    }

    /** Else the push would fail forever: with a full spool PostgreSQL always has more to archive. */
    @Test
    void aFullSpoolIsEmptiedIntoARepositoryThatIsBackThoughPostgresHasMoreToArchive() throws Exception {
        both.recipients.set(
                1,
                Optional.of(new Recipients(
                        List.of(AgeIdentity.generate(new SecureRandom()).recipient()))));
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.spool = new Spool(directory.resolve("spool"), both.spool.usedBytes() + 1000);
        Path status = Files.createDirectory(directory.resolve("archive_status"));
        Files.createFile(status.resolve(segment(1, 4).name() + ".ready"));
        assertFails(ExitCode.SPOOL_FULL, () -> both.push(1, segment(1, 3)));
        second.is(new Mood.Well());
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        both.push(1, segment(1, 3));

        assertThat(both.holds(1, segment(1, 2))).isTrue();
        assertThat(both.kept(1)).containsExactly(segment(1, 3).name());
    }

    /** The repository that holds it was lost before the other one had it. */
    @Test
    void whatNoRepositoryHoldsAnyMoreIsPutAsideAndTheRestIsDelivered() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));
        first.delete(List.of(key(segment(1, 2))));
        second.is(new Mood.Well());

        BacklogDelivery.DeliveryReport delivered = both.deliver(1);

        assertThat(delivered.refused()).singleElement().satisfies(each -> {
            assertThat(each.keyName()).isEqualTo(segment(1, 2).name());
            assertThat(each.problem()).contains("'local' does not have it");
        });
        assertThat(both.holds(1, segment(1, 3))).isTrue();
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.queue(1).refused()).hasSize(1);
    }

    @Test
    void whatAnExpiryRemovedBeforeItWasDeliveredIsNoDamage() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.push(1, segment(1, 3));
        both.push(1, segment(1, 4));
        RemovedWal range = new RemovedWal(segment(1, 2), segment(1, 3), Instant.EPOCH, "db1");
        both.archive(0).wal().gaps().noteRemoval(range);
        first.delete(List.of(key(segment(1, 2)), key(segment(1, 3))));
        second.is(new Mood.Well());
        both.queue(1).refuse(both.queue(1).pending().getFirst());

        BacklogDelivery.DeliveryReport again = both.retryRefused(1);
        BacklogDelivery.DeliveryReport delivered = both.deliver(1);

        assertThat(again.refused()).isEmpty();
        assertThat(again.removed())
                .extracting(each -> each.keyName())
                .containsExactly(segment(1, 2).name());
        assertThat(delivered.refused()).isEmpty();
        assertThat(delivered.removed()).singleElement().satisfies(each -> {
            assertThat(each.keyName()).isEqualTo(segment(1, 3).name());
            assertThat(each.problem()).contains("the retention of 'local' removed it");
        });
        assertThat(both.queue(1).refused()).isEmpty();
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.holds(1, segment(1, 4))).isTrue();
        assertThat(both.archive(1).wal().gaps().removed())
                .anyMatch(each -> each.contains(segment(1, 2)))
                .anyMatch(each -> each.contains(segment(1, 3)));
    }

    /** A backup of the second repository may need it; that it cannot be read changes nothing. */
    @Test
    void whatAnExpiryRemovedStaysAHoleWhereABackupMayNeedIt() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.archive(0).wal().gaps().noteRemoval(new RemovedWal(segment(1, 2), segment(1, 2), Instant.EPOCH, "db1"));
        first.delete(List.of(key(segment(1, 2))));
        second.is(new Mood.Well());
        BackupId id = BackupId.of(Instant.EPOCH, 1);
        second.putIfAbsent(both.archive(1).identity().keys().backup(id).backup(), ObjectSource.of(new byte[1]));

        BacklogDelivery.DeliveryReport delivered = both.deliver(1);

        assertThat(delivered.removed())
                .singleElement()
                .satisfies(each -> assertThat(each.problem()).contains("cannot be recovered past it"));
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.archive(1).wal().gaps().removed()).isEmpty();
    }

    /** No recovery needs it: a backup has its own label. What was put aside before is cleared by sync. */
    @Test
    void aBackupHistoryThatNoRepositoryHoldsAnyMoreIsForgotten() throws Exception {
        BackupHistoryFile history = new BackupHistoryFile(segment(1, 2), 0x28);
        second.is(new Mood.Down());
        both.push(1, history, BACKUP_HISTORY.getBytes(StandardCharsets.US_ASCII));
        both.push(1, segment(1, 3));
        first.delete(List.of(both.archive(0).wal().key(history.name())));
        second.is(new Mood.Well());
        both.queue(1).refuse(both.queue(1).pending().getFirst());

        assertThat(both.retryRefused(1))
                .isEqualTo(new BacklogDelivery.DeliveryReport(0, 0, List.of(), Optional.empty()));

        assertThat(both.queue(1).refused()).isEmpty();
        second.is(new Mood.Down());
        both.push(1, history, BACKUP_HISTORY.getBytes(StandardCharsets.US_ASCII));
        first.delete(List.of(both.archive(0).wal().key(history.name())));
        second.is(new Mood.Well());

        assertThat(both.deliver(1).refused()).isEmpty();

        assertThat(both.kept(1)).isEmpty();
        assertThat(both.queue(1).refused()).isEmpty();
        assertThat(both.holds(1, segment(1, 3))).isTrue();
    }

    /** The one that holds it is asked again later: nothing is put aside for that. */
    @Test
    void aHolderThatDoesNotAnswerKeepsTheQueueWaiting() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        second.is(new Mood.Well());
        first.is(new Mood.Down());

        BacklogDelivery.DeliveryReport delivered = both.deliver(1);

        assertThat(delivered.stoppedBy())
                .hasValueSatisfying(
                        each -> assertThat(each).hasMessageContaining("'local'").hasMessageContaining("it is down"));
        assertThat(both.kept(1)).hasSize(1);
        assertThat(both.queue(1).refused()).isEmpty();
    }

    /** What was acknowledged is what is delivered, or nothing. */
    @Test
    void otherContentUnderAQueuedNameIsNeverDelivered() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        first.delete(List.of(key(segment(1, 2))));
        TwoRepositories elsewhere = both;
        Path file = Files.write(
                directory.resolve("other"),
                WalFixtures.segment(segment(1, 2), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 8));
        new WalPusher(
                        new PushTarget("local", Encoding.of(Codec.parse("none")), system -> elsewhere.archive(0)),
                        directory,
                        Clock.systemUTC())
                .push(new PushRequest(segment(1, 2), file, ArchiveFixture.CONTROL));
        second.is(new Mood.Well());

        assertThat(both.deliver(1).refused())
                .singleElement()
                .satisfies(each -> assertThat(each.problem()).contains("'local' holds different content"));

        assertThat(both.holds(1, segment(1, 2))).isFalse();
    }

    /** Without its history nothing of a timeline can be restored, and the history that is there is another one's. */
    @Test
    void aRefusedHistoryHoldsBackTheWalOfItsTimelineAlsoWhenItIsTriedAgain() throws Exception {
        Files.writeString(directory.resolve("00000002.history"), "1\t0/280000\tx\n");
        second.is(new Mood.Down());
        both.push(1, segment(2, 3));
        second.is(new Mood.Well());
        Files.writeString(directory.resolve("00000002.history"), "1\t0/180000\tanother primary\n");
        TwoRepositories elsewhere = both;
        new WalPusher(
                        new PushTarget("offsite", Encoding.of(Codec.parse("none")), system -> elsewhere.archive(1)),
                        directory,
                        Clock.systemUTC())
                .push(new PushRequest(
                        WalFile.parse("00000002.history"),
                        directory.resolve("00000002.history"),
                        ArchiveFixture.CONTROL));

        BacklogDelivery.DeliveryReport delivered = both.deliver(1);

        assertThat(delivered.refused())
                .extracting(BacklogDelivery.RefusedObject::keyName)
                .containsExactly("00000002.history", segment(2, 3).name());
        assertThat(both.holds(1, segment(2, 3))).isFalse();
        assertThat(both.retryRefused(1).refused()).hasSize(2);
        assertThat(both.holds(1, segment(2, 3))).isFalse();
        second.delete(List.of(
                new org.tidemark.store.ObjectKey("main/" + ArchiveFixture.SYSTEM + "/history/00000002.history")));
        assertThat(both.retryRefused(1).refused()).isEmpty();
        assertThat(both.holds(1, segment(2, 3))).isTrue();
    }

    /** Of another host of the cluster: the history is in the first repository, and not beside the segment. */
    @Test
    void aHistoryThatIsOnlyInTheOtherRepositoryIsQueuedFromThere() throws Exception {
        Files.writeString(directory.resolve("00000002.history"), "1\t0/280000\tx\n");
        both.push(1, segment(2, 3));
        second.delete(List.of(
                new org.tidemark.store.ObjectKey("main/" + ArchiveFixture.SYSTEM + "/history/00000002.history")));
        Files.delete(directory.resolve("00000002.history"));
        second.is(new Mood.Down());
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofHours(2)), ZoneOffset.UTC);

        both.push(1, segment(2, 4));

        assertThat(both.kept(1))
                .containsExactly("00000002.history", segment(2, 4).name());
        second.is(new Mood.Well());
        both.deliver(1);
        assertThat(both.archive(1).wal().history(new Timeline(2))).isPresent();
    }

    @Test
    void aHistoryThatWasDeliveredIsNotQueuedAgain() throws Exception {
        Files.writeString(directory.resolve("00000002.history"), "1\t0/280000\tx\n");
        second.is(new Mood.Down());
        both.push(1, segment(2, 3));
        second.is(new Mood.Well());
        both.deliver(1);
        second.is(new Mood.Down());

        both.push(1, segment(2, 4));

        assertThat(both.kept(1)).containsExactly(segment(2, 4).name());
    }

    private static org.tidemark.store.ObjectKey key(org.tidemark.core.WalFile.Segment segment) {
        return new org.tidemark.store.ObjectKey(
                "main/" + ArchiveFixture.SYSTEM + "/wal/00000001/00000000/" + segment.name());
    }

    /** No other repository has what it is to hold: sync copies between repositories of the same keys alone. */
    @Test
    void whatOnlyTheSpoolCouldRememberIsNotAcknowledgedWithoutIt() throws Exception {
        second.is(new Mood.Down());
        both.recipients.set(
                1,
                Optional.of(new Recipients(
                        List.of(AgeIdentity.generate(new SecureRandom()).recipient()))));
        both.spool = new Spool(directory.resolve("spool"), 10_000);

        assertFails(ExitCode.SPOOL_FULL, () -> both.push(1, segment(1, 3))).hasMessageContaining("host.spool-limit");
    }

    /**
     * A secret that cannot be had, a wrong option, an incarnation that is not registered, a defect: all of the second.
     */
    @Test
    void whateverIsWrongWithTheSecondRepositoryDoesNotStopTheFirst() throws Exception {
        List<RuntimeException> problems = List.of(
                new UserFacingException(ExitCode.USAGE, "no such option", "x"),
                new UserFacingException(ExitCode.STORE_DENIED, "no secret", "x"),
                new UserFacingException(ExitCode.WRONG_CLUSTER, "not registered", "x"),
                new UserFacingException(ExitCode.LOCAL_FILES, "not readable", "x"),
                new UserFacingException(ExitCode.INTERNAL, "defect", "x"),
                new IllegalStateException("the software of the store"));
        for (int i = 0; i < problems.size(); i++) {
            RuntimeException problem = problems.get(i);
            both.spool = new Spool(directory.resolve("spool" + i), TwoRepositories.SPOOL_LIMIT_BYTES);
            both.refusal = Optional.of(problem);

            PushReport report = both.push(1, segment(1, 2 + i));

            assertThat(report.lagging())
                    .singleElement()
                    .satisfies(late -> assertThat(late.reason()).contains(String.valueOf(problem.getMessage())));
            assertThat(both.holds(0, segment(1, 2 + i))).isTrue();
            assertThatThrownBy(() -> both.push(2, segment(1, 20))).isInstanceOf(UserFacingException.class);
        }
    }

    /** Each file that waits takes room in pg_wal. */
    @Test
    void nothingIsDeliveredWhilePostgresHasMoreToArchive() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        second.is(new Mood.Well());
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);
        Path status = Files.createDirectory(directory.resolve("archive_status"));
        Files.createFile(status.resolve(segment(1, 3).name() + ".ready"));
        Path next = Files.createFile(status.resolve(segment(1, 4).name() + ".ready"));
        int before = second.calls();

        both.push(1, segment(1, 3));
        assertThat(second.calls()).isEqualTo(before);
        assertThat(both.kept(1)).hasSize(2);
        Files.delete(next);
        both.push(1, segment(1, 3));

        assertThat(both.kept(1)).isEmpty();
    }

    /** More comes while an object is on a slow line: it is not waited for. */
    @Test
    void aDeliveryEndsSoonWhenPostgresHasMoreToArchive() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.patience = TwoRepositories.PATIENCE;
        second.is(new Mood.Slow(Duration.ofMinutes(1)));
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);
        Path status = Files.createDirectory(directory.resolve("archive_status"));
        Thread postgres = Thread.ofVirtual().start(() -> {
            try {
                Thread.sleep(both.patience);
                Files.createFile(status.resolve(segment(1, 4).name() + ".ready"));
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        long start = System.nanoTime();

        both.push(1, segment(1, 3));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(both.limit.dividedBy(2));
        postgres.join();
        assertThat(both.kept(1)).hasSize(2);
    }

    @Test
    void aRepositoryThatThisHostNeverSawStopsNothing() throws Exception {
        second.is(new Mood.Down());
        Path file = Files.write(
                directory.resolve("x"),
                WalFixtures.segment(segment(1, 2), ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 7));
        List<PushTarget> targets = List.of(
                new PushTarget("local", Encoding.of(Codec.parse("zstd:1")), system -> both.archive(0)),
                new PushTarget("offsite", Encoding.of(Codec.parse("zstd:1")), system -> both.archive(1)));

        PushReport report = new WalPusher(
                        targets,
                        directory,
                        new Acknowledgement(
                                1, both.spool, ArchiveFixture.CLUSTER, both.limit, both.patience, both.clock))
                .push(new PushRequest(segment(1, 2), file, ArchiveFixture.CONTROL));

        assertThat(report.unqueued())
                .singleElement()
                .satisfies(each -> assertThat(each.problem())
                        .as("without the reason, which stands beside it")
                        .isEqualTo("this host does not know which repository is at its address"));
    }

    @Test
    void oneThatThisHostNeverSawIsLeftAloneAfterAFailure() throws Exception {
        second.is(new Mood.Down());
        pushToUnknown(segment(1, 2), 1);
        int before = second.calls();

        PushReport report = pushToUnknown(segment(1, 3), 1);

        assertThat(second.calls()).isEqualTo(before);
        assertThat(report.unqueued()).singleElement().satisfies(each -> {
            assertThat(each.reason())
                    .matches("it failed recently; the next attempt is at \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\dZ");
            assertThat(each.neverSeen()).isTrue();
        });
        second.is(new Mood.Well());
        assertThat(pushToUnknown(segment(1, 4), 2)).as("it is needed").isEqualTo(PushReport.COMPLETE);
    }

    private PushReport pushToUnknown(WalFile.Segment segment, int acknowledge) throws IOException {
        Path file = Files.write(
                directory.resolve(segment.name()),
                WalFixtures.segment(segment, ArchiveFixture.SYSTEM, ArchiveFixture.SIZE, 7));
        return new WalPusher(
                        List.of(
                                new PushTarget("local", Encoding.of(Codec.parse("zstd:1")), system -> both.archive(0)),
                                new PushTarget(
                                        "offsite", Encoding.of(Codec.parse("zstd:1")), system -> both.archive(1))),
                        directory,
                        new Acknowledgement(
                                acknowledge, both.spool, ArchiveFixture.CLUSTER, both.limit, both.patience, both.clock))
                .push(new PushRequest(segment, file, ArchiveFixture.CONTROL));
    }

    @Test
    void twoNamesOfOneRepositoryAreAnErrorHoweverFewMustHoldIt() throws Exception {
        both.stores[1] = first;
        both.ids[1] = both.ids[0];

        assertFails(ExitCode.USAGE, () -> both.push(2, segment(1, 2))).hasMessageContaining("the same repository");
        assertFails(ExitCode.USAGE, () -> both.push(1, segment(1, 2))).hasMessageContaining("the same repository");
    }

    /** What is kept has the id alone: given to the one, the other would never get it. */
    @Test
    void aRepositoryAndACopyOfItsFilesAreAnErrorAndNothingThatIsKeptIsLost() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 3));
        second.is(new Mood.Well());
        ObjectStore copy = new MemoryStore(Clock.systemUTC());
        for (var object : second.list("", Optional.empty(), 1000).objects()) {
            try (var in = second.open(object.key(), ByteRange.ALL)) {
                copy.putIfAbsent(object.key(), ObjectSource.of(in.readAllBytes()));
            }
        }
        both.stores[0] = copy;
        both.ids[0] = both.ids[1];
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        assertFails(ExitCode.USAGE, () -> both.push(1, segment(1, 4)));

        assertThat(both.kept(1)).containsExactly(segment(1, 3).name());
    }

    /** Why nothing is delivered is said also while the repository itself is not asked for the new file. */
    @Test
    void whatKeepsABacklogFromBeingDeliveredIsSaid() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        PushReport report = both.push(1, segment(1, 3));

        assertThat(report.lagging())
                .containsExactly(new PushReport.Lagging("offsite", "it is down", 2, PushReport.Cause.FAILS));
    }

    @Test
    void anotherRepositoryAtTheAddressNeverGetsWhatIsKept() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        TwoRepositories others = new TwoRepositories(directory, first, new MemoryStore(Clock.systemUTC()));

        assertFails(
                ExitCode.OTHER_REPOSITORY,
                () -> new BacklogDelivery(
                        both.queue(1),
                        others.archive(1),
                        id -> List.of(),
                        both.spool.histories(both.clock),
                        both.clock));
        assertThat(both.kept(1)).hasSize(1);
    }

    /** encrypt-to was added while something in the clear was kept: that goes nowhere, and is in nobody's way. */
    @Test
    void whatIsKeptInTheClearNeverGetsIntoAnEncryptedRepositoryAndDoesNotHoldUpTheRest() throws Exception {
        second.is(new Mood.Down());
        both.push(1, segment(1, 2));
        second.is(new Mood.Well());
        both.stores[1] = new EncryptedOnlyStore(second);
        both.recipients.set(
                1,
                Optional.of(new Recipients(
                        List.of(AgeIdentity.generate(new SecureRandom()).recipient()))));
        both.clock = Clock.fixed(Instant.now().plus(Duration.ofMinutes(10)), ZoneOffset.UTC);

        PushReport report = both.push(1, segment(1, 3));

        assertThat(report.refused())
                .singleElement()
                .satisfies(each -> assertThat(each.problem()).contains("is not encrypted"));
        assertThat(both.holds(1, segment(1, 2))).isFalse();
        assertThat(both.holds(1, segment(1, 3))).isTrue();
        assertThat(both.kept(1)).isEmpty();
        assertThat(both.queue(1).refused()).hasSize(1);
        assertThat(both.retryRefused(1).refused()).hasSize(1);
    }

    /** It would be kept forever: what is in the clear never gets there. */
    @Test
    void pushingInTheClearToAnEncryptedRepositoryIsAnErrorAtOnceHoweverFewMustHoldIt() throws Exception {
        both.stores[1] = new EncryptedOnlyStore(second);

        assertFails(ExitCode.STORE_DENIED, () -> both.push(1, segment(1, 2))).hasMessageContaining("is not encrypted");

        assertThat(both.kept(1)).isEmpty();
    }

    private static org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> assertFails(
            ExitCode code, ThrowingCallable push) {
        return assertThatThrownBy(push)
                .isInstanceOfSatisfying(
                        UserFacingException.class,
                        e -> assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(code));
    }
}
