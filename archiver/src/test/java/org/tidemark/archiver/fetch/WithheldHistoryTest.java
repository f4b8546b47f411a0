// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.fetch.Recovery.Absence;
import org.tidemark.archiver.fetch.Recovery.Phase;
import org.tidemark.archiver.fetch.Recovery.Position;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/** The standby has come to 0/500000 of timeline 1. */
class WithheldHistoryTest {
    private static final String BEFORE = "1\t0/300000\tcopy\n";
    private static final String AFTER = "1\t0/600000\tfailover\n";
    private static final List<Position> REACHED = List.of(
            new Position(Timeline.FIRST, Lsn.parse("0/400000")), new Position(Timeline.FIRST, Lsn.parse("0/500000")));

    @TempDir
    private Path data;

    private ArchiveFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new ArchiveFixture(data);
    }

    private FetchRequest request(int timeline, TargetTimeline setting, Absence absence, Phase phase) {
        return new FetchRequest(
                new TimelineHistoryFile(new Timeline(timeline)),
                data.resolve("pg_wal/RECOVERYHISTORY"),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(
                        data.resolve("pg_wal"),
                        Optional.empty(),
                        () -> setting,
                        absence,
                        REACHED,
                        Optional.of(() -> true),
                        phase,
                        RecoveryTarget.Latest::new),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});
    }

    private FetchResult fetch(int timeline) throws InterruptedException {
        return fixture.fetch(request(timeline, new TargetTimeline.Newest(), Absence.FOR_NOW, Phase.BEFORE_REPLAY));
    }

    private void isHandedOut(FetchRequest request) throws Exception {
        assertThat(fixture.fetch(request)).isInstanceOf(FetchResult.Restored.class);
        assertThat(Files.size(request.target())).isPositive();
        Files.delete(request.target());
    }

    private void isHandedOut(int timeline) throws Exception {
        isHandedOut(request(timeline, new TargetTimeline.Newest(), Absence.FOR_NOW, Phase.BEFORE_REPLAY));
    }

    private void isWithheld(int timeline) throws Exception {
        assertThat(fetch(timeline)).isInstanceOf(FetchResult.Withheld.class);
        assertThat(data.resolve("pg_wal/RECOVERYHISTORY")).doesNotExist();
    }

    private void inWalDirectory(int timeline, String content) throws IOException {
        Files.writeString(
                data.resolve("pg_wal").resolve(new TimelineHistoryFile(new Timeline(timeline)).name()), content);
    }

    @Test
    void aTimelineThatBeganBeforeWhatTheStandbyHasReplayedIsWithheldAtItsStart() throws Exception {
        fixture.pushHistory(2, BEFORE);

        assertThat(fetch(2))
                .isEqualTo(
                        new FetchResult.Withheld("timeline 2 left timeline 1 at 0/300000, and this server has come to"
                                + " 0/400000 of timeline 1"));
        isWithheld(2);
    }

    @Test
    void aPromotionAndAnyOtherRecoveryGetsTheFile() throws Exception {
        fixture.pushHistory(2, BEFORE);

        isHandedOut(request(2, new TargetTimeline.Newest(), Absence.FOR_NOW, Phase.UNKNOWN));
        isHandedOut(request(2, new TargetTimeline.Newest(), Absence.AT_THE_END, Phase.BEFORE_REPLAY));
        isHandedOut(request(2, new TargetTimeline.Fixed(Timeline.FIRST), Absence.FOR_NOW, Phase.BEFORE_REPLAY));
        isHandedOut(request(2, new TargetTimeline.Unknown("it changed"), Absence.FOR_NOW, Phase.BEFORE_REPLAY));
    }

    @Test
    void aTimelineThatTheStandbyCanFollowIsHandedOutAndSoIsEachBeforeIt() throws Exception {
        fixture.pushHistory(2, BEFORE);
        fixture.pushHistory(3, AFTER);
        fixture.pushHistory(4, "1\t0/200000\tanother copy\n");

        isHandedOut(2);
        isHandedOut(3);
        isWithheld(4);
    }

    @Test
    void aLaterTimelineInWalDirectoryCountsAsWell() throws Exception {
        fixture.pushHistory(2, BEFORE);
        inWalDirectory(3, AFTER);
        isHandedOut(2);

        inWalDirectory(3, BEFORE);
        isWithheld(2);
    }

    @Test
    void whatPostgresFindsInWalDirectoryIsNotWithheld() throws Exception {
        fixture.pushHistory(2, BEFORE);
        inWalDirectory(2, BEFORE);

        isHandedOut(2);
    }

    @Test
    void inDoubtTheFileIsHandedOut() throws Exception {
        fixture.pushHistory(2, BEFORE);
        inWalDirectory(3, "no history\n");
        isHandedOut(2);

        Files.delete(data.resolve("pg_wal/00000003.history"));
        fixture.storeWithoutItsHistory(ArchiveFixture.segment(3, 6));
        isHandedOut(2);
    }

    @Test
    void aLaterTimelineWhoseHistoryIsDamagedIsADoubt() throws Exception {
        fixture.pushHistory(2, BEFORE);
        fixture.pushHistory(3, BEFORE);
        isWithheld(2);
        ObjectKey key = fixture.archive().identity().keys().of(new TimelineHistoryFile(new Timeline(3)));
        byte[] object;
        try (var in = fixture.store.open(key, ByteRange.ALL)) {
            object = in.readAllBytes();
        }
        object[object.length - 1] ^= 1;
        fixture.store.delete(List.of(key));
        fixture.store.putIfAbsent(key, ObjectSource.of(object));

        isHandedOut(2);
    }

    /** The second repository knows more, or does not answer. */
    @Test
    void everyRepositoryIsAsked() throws Exception {
        fixture.pushHistory(2, BEFORE);
        ArchiveFixture other = new ArchiveFixture(data.resolve("other"), new MemoryStore(Clock.systemUTC()));
        WalSource first = new WalSource("first", () -> fixture.archive().wal());
        WalSource second = new WalSource("second", () -> other.archive().wal());
        WalSource silent = new WalSource("silent", () -> {
            throw new IOException("it does not answer");
        });
        FetchRequest request = request(2, new TargetTimeline.Newest(), Absence.FOR_NOW, Phase.BEFORE_REPLAY);

        assertThat(new WalFetcher(List.of(first, second)).fetch(request)).isInstanceOf(FetchResult.Withheld.class);
        assertThat(new WalFetcher(List.of(first, silent)).fetch(request)).isInstanceOf(FetchResult.Restored.class);
        other.pushHistory(3, AFTER);
        assertThat(new WalFetcher(List.of(first, second)).fetch(request)).isInstanceOf(FetchResult.Restored.class);
    }

    @Test
    void aSegmentIsNeverWithheld() throws Exception {
        fixture.push(ArchiveFixture.segment(1, 5));
        WalFile segment = ArchiveFixture.segment(1, 5);
        FetchRequest history = request(2, new TargetTimeline.Newest(), Absence.FOR_NOW, Phase.BEFORE_REPLAY);

        assertThat(fixture.fetch(new FetchRequest(
                        segment,
                        fixture.target(),
                        history.system(),
                        history.segmentSize(),
                        history.recovery(),
                        history.patience(),
                        () -> {})))
                .isInstanceOf(FetchResult.Restored.class);
    }

    @Test
    void theHistoriesInWalDirectoryThatKeepAStandbyFromStartingAreNamed() {
        FollowableTimelines standby = new FollowableTimelines(Timeline.FIRST, REACHED);
        TimelineHistory stray = history(2, BEFORE);

        assertThat(standby.inTheWay(List.of(stray), List.of())).containsExactly(stray);
        assertThat(standby.inTheWay(List.of(stray), List.of(stray, history(3, AFTER))))
                .as("PostgreSQL goes to the later one")
                .isEmpty();
        assertThat(standby.inTheWay(List.of(history(3, BEFORE)), List.of()))
                .as("PostgreSQL looks no further than to the first free id")
                .isEmpty();
        assertThat(standby.inTheWay(List.of(history(2, AFTER), history(3, BEFORE)), List.of()))
                .containsExactly(history(3, BEFORE));
        assertThat(new FollowableTimelines(new Timeline(2), REACHED).inTheWay(List.of(stray), List.of()))
                .as("its own")
                .isEmpty();
    }

    private static TimelineHistory history(int timeline, String content) {
        return TimelineHistory.parse(new Timeline(timeline), content);
    }
}
