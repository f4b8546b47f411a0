// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.archiver.ArchiveFixture.segment;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.WalFixtures;

class WalFetcherTest {
    /** Timeline 2 left timeline 1 in the middle of segment 3. */
    private static final String SECOND = "1\t0/380000\tno recovery target specified\n";

    private static final Lsn SWITCH = Lsn.parse("0/380000");

    @TempDir
    private Path data;

    private ArchiveFixture fixture;

    @BeforeEach
    void startAnArchive() throws IOException {
        fixture = new ArchiveFixture(data);
    }

    @Test
    void whatWasPushedIsHandedOutByteForByte() throws Exception {
        fixture.push(segment(1, 2));

        assertThat(fixture.fetch(segment(1, 2), 1)).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(fixture.content(segment(1, 2)));
        try (var files = Files.list(data.resolve("pg_wal"))) {
            assertThat(files).containsExactly(fixture.target());
        }
    }

    @Test
    void theEndOfTheArchiveIsAbsent() throws Exception {
        fixture.push(segment(1, 2));

        assertThat(fixture.fetch(segment(1, 3), 1)).isInstanceOf(FetchResult.Absent.class);
        assertThat(fixture.target()).doesNotExist();
    }

    @Test
    void aHoleIsNotTheEnd() throws Exception {
        fixture.push(segment(1, 2), segment(1, 4));

        assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(segment(1, 3), 1));
    }

    @Test
    void aSegmentThatArrivesLateIsNoHole() throws Exception {
        fixture.push(segment(1, 2), segment(1, 4));
        FetchRequest patient = new FetchRequest(
                segment(1, 3),
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(data.resolve("pg_wal"), Optional.of(new Timeline(1)), Recovery.Absence.AT_THE_END),
                new FetchRequest.Patience(Duration.ofSeconds(30)),
                () -> {});
        Thread late = Thread.ofVirtual().unstarted(() -> {
            try {
                fixture.push(segment(1, 3));
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        });

        late.start();
        FetchResult result = fixture.fetch(patient);

        late.join();
        assertThat(result).isEqualTo(new FetchResult.Restored("memory"));
    }

    /** With a target that PostgreSQL guards, a segment that is only late has little time, and a store much. */
    @Test
    void whatIsAwaitedIsSaidAtOnceAndALateSegmentHasItsOwnLimit() throws Exception {
        fixture.push(segment(1, 2), segment(1, 4));
        FetchRequest request = new FetchRequest(
                segment(1, 3),
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(
                        data.resolve("pg_wal"),
                        Optional.of(new Timeline(1)),
                        () -> new TargetTimeline.Fixed(new Timeline(1)),
                        Recovery.Absence.AT_THE_END,
                        List.of(),
                        Optional.empty()),
                new FetchRequest.Patience(Duration.ofHours(1), Duration.ofSeconds(1)),
                () -> {});
        List<String> notices = new ArrayList<>();
        WalFetcher fetcher = new WalFetcher(
                List.of(new WalSource("memory", () -> fixture.archive().wal())), notices::add);

        assertRefused(ExitCode.WAL_MISSING, () -> fetcher.fetch(request));

        assertThat(notices).singleElement().asString().contains(segment(1, 3).name(), "asking again for up to 1 s");
    }

    @Test
    void aTimelineWithoutItsHistoryIsTakenForARecoveryThatEndsBeforeIt() throws Exception {
        failover();
        fixture.store.delete(List.of(key("history/00000002.history")));
        WalFile history = WalFile.parse("00000002.history");

        assertThat(fixture.fetch(recoveryTo(history, new TargetTimeline.Fixed(new Timeline(1)))))
                .isInstanceOf(FetchResult.IdTaken.class);
        assertThat(fixture.target()).content().startsWith("# ").hasLineCount(1);
        Files.delete(fixture.target());
        for (TargetTimeline mayFollow : List.of(
                new TargetTimeline.Fixed(new Timeline(2)),
                new TargetTimeline.Newest(),
                new TargetTimeline.Unknown("a file has changed"))) {
            assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(recoveryTo(history, mayFollow)));
        }
        assertThat(fixture.target()).doesNotExist();
    }

    @Test
    void aLostHistoryBeforeTheTargetTimelineIsAbsentAndNeverAComment() throws Exception {
        failover();
        fixture.store.delete(List.of(key("history/00000002.history")));

        // PostgreSQL asks for each history up to the target's, goes by the last one, and keeps what it gets.
        assertThat(fixture.fetch(
                        recoveryTo(WalFile.parse("00000002.history"), new TargetTimeline.Fixed(new Timeline(3)))))
                .isInstanceOf(FetchResult.Absent.class);
        assertThat(fixture.target()).doesNotExist();
    }

    @Test
    void aCommandThatContradictsTheSettingStopsARecovery() throws Exception {
        failover();
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));

        for (TargetTimeline other : List.of(new TargetTimeline.Fixed(new Timeline(2)), new TargetTimeline.Newest())) {
            FetchRequest request = new FetchRequest(
                    segment(1, 2),
                    fixture.target(),
                    ArchiveFixture.SYSTEM,
                    ArchiveFixture.SIZE,
                    new Recovery(
                            data.resolve("pg_wal"),
                            Optional.of(new Timeline(1)),
                            () -> other,
                            Recovery.Absence.AT_THE_END,
                            List.of(),
                            Optional.empty()),
                    new FetchRequest.Patience(Duration.ofHours(1)),
                    () -> {});
            assertRefused(ExitCode.USAGE, () -> fixture.fetch(request));
        }
    }

    @Test
    void aStandbyIsToldAbsentAtOnce() throws Exception {
        fixture.push(segment(1, 2), segment(1, 4));
        FetchRequest standby = new FetchRequest(
                segment(1, 3),
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(data.resolve("pg_wal"), Optional.empty(), Recovery.Absence.FOR_NOW),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});

        assertThat(fixture.fetch(standby)).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void aDamagedObjectIsNeverDelivered() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3));
        flipAByte("wal/00000001/00000000/" + segment(1, 2).name());

        assertRefused(ExitCode.DAMAGED, () -> fixture.fetch(segment(1, 2), 1));
    }

    @Test
    void anotherSegmentUnderThisNameIsNeverDelivered() throws Exception {
        byte[] other = fixture.content(segment(1, 4));
        fixture.push(segment(1, 4));
        ObjectKey wrong = key("wal/00000001/00000000/" + segment(1, 2).name());
        byte[] object;
        try (var in = fixture.store.open(
                key("wal/00000001/00000000/" + segment(1, 4).name()), org.tidemark.store.ByteRange.ALL)) {
            object = in.readAllBytes();
        }
        fixture.store.putIfAbsent(wrong, ObjectSource.of(object));

        assertRefused(ExitCode.DAMAGED, () -> fixture.fetch(segment(1, 2), 1));
        assertThat(other).isNotEmpty();
    }

    @Test
    void aRepositoryThatIsGoneHasNotAnswered() throws Exception {
        fixture.push(segment(1, 2));
        fixture.store.delete(List.of(new ObjectKey("tidemark.json")));

        assertRefused(ExitCode.NO_REPOSITORY, () -> fixture.fetch(segment(1, 9), 1));
    }

    @Test
    void theParentsSegmentBehindTheSwitchDoesNotExist() throws Exception {
        failover();

        assertThat(fixture.fetch(segment(1, 4), 2)).isInstanceOf(FetchResult.Absent.class);
    }

    /** Timeline 3 left timeline 1 before timeline 2 began, in the segment in which timeline 2 began. */
    private byte[] restoreBeforeTheFailover() throws IOException {
        byte[] parent = fixture.content(segment(1, 3));
        byte[] second = WalFixtures.promoted(parent, new Timeline(2), Lsn.parse("0/380000"));
        fixture.pushHistory(2, "1\t0/380000\tx\n");
        fixture.pushHistory(3, "1\t0/380000\tx\n2\t0/340000\tx\n");
        fixture.push(segment(1, 2));
        fixture.push(segment(2, 3).name(), second);
        fixture.push(segment(2, 4));
        return parent;
    }

    @Test
    void ofATimelineThatBeganAfterThePathHadLeftItsParentOnlyTheParentsPartIsHandedOut() throws Exception {
        byte[] parent = restoreBeforeTheFailover();

        assertThat(fixture.fetch(segment(2, 4), 3)).isInstanceOf(FetchResult.Absent.class);
        assertThat(fixture.fetch(segment(2, 3), 3)).isEqualTo(new FetchResult.Restored("memory"));
        byte[] delivered = Files.readAllBytes(fixture.target());
        assertThat(Arrays.copyOf(delivered, 0x40000)).isEqualTo(Arrays.copyOf(parent, 0x40000));
        assertThat(Arrays.copyOfRange(delivered, 0x40000, delivered.length)).containsOnly(0);
    }

    @Test
    void whatThatTimelineWroteLaterIsNoHoleInIt() throws Exception {
        restoreBeforeTheFailover();
        fixture.store.delete(
                List.of(key("wal/00000002/00000000/" + segment(2, 3).name())));

        assertThat(fixture.fetch(segment(2, 3), 3)).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void theParentsSegmentIsRefusedWhileTheChildHasItsOwn() throws Exception {
        failover();

        assertRefused(ExitCode.STORE_UNAVAILABLE, () -> fixture.fetch(segment(1, 3), 2));
    }

    @Test
    void withoutTheChildsCopyTheParentsIsHandedOutUpToTheSwitch() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3));
        fixture.pushHistory(2, SECOND);

        assertThat(fixture.fetch(segment(1, 3), 2)).isEqualTo(new FetchResult.Restored("memory"));
        byte[] expected = fixture.content(segment(1, 3));
        Arrays.fill(expected, ArchiveFixture.SIZE.offset(SWITCH), expected.length, (byte) 0);
        assertThat(fixture.target()).hasBinaryContent(expected);
    }

    @Test
    void aPartialThatReachesTheSwitchStandsInForTheParents() throws Exception {
        fixture.push(segment(1, 2));
        fixture.pushHistory(2, SECOND);
        byte[] partial = WalFixtures.switchedAfter(64, fixture.content(segment(1, 3)));
        fixture.push(segment(1, 3).name() + ".partial", partial);
        fixture.push(segment(1, 3).name() + ".partial", WalFixtures.switchedAfter(10, fixture.content(segment(1, 3))));

        assertThat(fixture.fetch(segment(1, 3), 2)).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(partial);
    }

    /** A standby that is promoted while it streams leaves a .partial in a file that was recycled. */
    @Test
    void whatIsBehindTheEndOfAPartialIsNotHandedOut() throws Exception {
        fixture.push(segment(1, 2));
        byte[] expected = WalFixtures.switchedAfter(64, fixture.content(segment(1, 3)));
        byte[] partial = expected.clone();
        byte[] older = fixture.content(segment(1, 1));
        int end = 64 * WalFixtures.PAGE_BYTES;
        System.arraycopy(older, end, partial, end, partial.length - end);
        fixture.push(segment(1, 3).name() + ".partial", partial);

        assertThat(fixture.fetch(segment(1, 3), 1)).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(expected);
        assertThat(fixture.fetch(WalFile.parse(segment(1, 3).name() + ".partial"), 1))
                .isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(partial);
    }

    @Test
    void aPartialBehindAMissingSegmentShowsAHole() throws Exception {
        fixture.push(segment(1, 2));
        fixture.push(segment(1, 4).name() + ".partial", fixture.content(segment(1, 4)));

        assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(segment(1, 3), 1));
    }

    @Test
    void aHistoryThatCannotBeToldMakesTheAnswerUnknown() throws Exception {
        failover();
        flipAByte("history/00000002.history");

        assertRefused(ExitCode.DAMAGED, () -> fixture.fetch(segment(1, 4), 2));
    }

    @Test
    void aHistoryThatIsNotArchivedMakesTheAnswerUnknown() throws Exception {
        fixture.push(segment(1, 4));

        assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(segment(1, 4), 2));
    }

    @Test
    void aChildOfWhichOnlyTheArchiveKnowsCutsNobodyOff() throws Exception {
        failover();

        FetchResult result = fixture.fetch(fixture.request(segment(1, 4), Optional.empty()));

        assertThat(result).isEqualTo(new FetchResult.Restored("memory"));
    }

    @Test
    void aChildThatPostgresFollowsCutsItsParentOff() throws Exception {
        failover();
        Files.writeString(data.resolve("pg_wal").resolve("00000002.history"), SECOND);

        assertThat(fixture.fetch(fixture.request(segment(1, 4), Optional.empty())))
                .isInstanceOf(FetchResult.Absent.class);
        assertRefused(
                ExitCode.STORE_UNAVAILABLE, () -> fixture.fetch(fixture.request(segment(1, 3), Optional.empty())));
    }

    /** A test copy was promoted further back than a standby had come; the standby looks at its history and keeps it. */
    @Test
    void aChildThatPostgresLookedAtAndRefusedCutsNobodyOff() throws Exception {
        failover();
        Files.writeString(data.resolve("pg_wal").resolve("00000002.history"), SECOND);

        assertThat(fixture.fetch(havingReached("0/400000"))).isEqualTo(new FetchResult.Restored("memory"));
    }

    @Test
    void aChildThatBeganWhereTheRecoveryIsCutsItsParentOff() throws Exception {
        failover();
        Files.writeString(data.resolve("pg_wal").resolve("00000002.history"), SECOND);

        assertThat(fixture.fetch(havingReached("0/380000"))).isInstanceOf(FetchResult.Absent.class);
    }

    /** An old primary archived its last segment after another server was promoted inside it. */
    @Test
    void theLastOfATimelineThatWasLeftInItIsAbsentForAStandbyThatHasAPrimaryToAsk() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3));
        fixture.pushHistory(2, SECOND);

        FetchRequest streaming = standby(segment(1, 3), "0/280000", TargetTimeline.Newest::new, true);
        assertThat(fixture.fetch(streaming)).isInstanceOf(FetchResult.Absent.class);
        assertThat(fixture.fetchAhead(streaming)).isFalse();
        assertThat(fixture.fetch(standby(segment(1, 2), "0/280000", TargetTimeline.Newest::new, true)))
                .as("the one before belongs to both")
                .isEqualTo(new FetchResult.Restored("memory"));
    }

    @Test
    void theLastOfATimelineIsDeliveredToAStandbyThatCannotOrMayNotLeaveIt() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3));
        fixture.pushHistory(2, SECOND);

        List<FetchRequest> staying = List.of(
                standby(segment(1, 3), "0/280000", TargetTimeline.Newest::new, false),
                standby(segment(1, 3), "0/380100", TargetTimeline.Newest::new, true),
                standby(segment(1, 3), "0/280000", () -> new TargetTimeline.Fixed(new Timeline(1)), true));
        for (FetchRequest request : staying) {
            assertThat(fixture.fetch(request)).isEqualTo(new FetchResult.Restored("memory"));
            Files.delete(fixture.target());
        }
        inWalDirectory(segment(1, 3).name(), fixture.content(segment(1, 3)));
        assertThat(fixture.fetch(standby(segment(1, 3), "0/280000", TargetTimeline.Newest::new, true)))
                .as("it has streamed more than the new timeline has")
                .isEqualTo(new FetchResult.Restored("memory"));
        Files.delete(data.resolve("pg_wal").resolve(segment(1, 3).name()));
        Files.delete(fixture.target());
        fixture.push(segment(1, 4));
        assertThat(fixture.fetch(standby(segment(1, 4), "0/280000", TargetTimeline.Newest::new, true)))
                .as("it has come too far to go there")
                .isEqualTo(new FetchResult.Restored("memory"));
        Files.delete(fixture.target());
        assertThat(fixture.fetch(standby(segment(1, 3), "0/280000", TargetTimeline.Newest::new, true)))
                .as("the primary went on: it was a test copy that was promoted")
                .isEqualTo(new FetchResult.Restored("memory"));
    }

    private FetchRequest havingReached(String lsn) {
        return standby(segment(1, 4), lsn, TargetTimeline.Newest::new, false);
    }

    private FetchRequest standby(Segment segment, String reached, Supplier<TargetTimeline> setting, boolean streams) {
        return new FetchRequest(
                segment,
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(
                        data.resolve("pg_wal"),
                        Optional.empty(),
                        setting,
                        Recovery.Absence.FOR_NOW,
                        List.of(new Recovery.Position(new Timeline(1), Lsn.parse(reached))),
                        Optional.of(() -> streams)),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});
    }

    @Test
    void aChildThatForkedOffBeforeWhatPostgresHasReplayedCutsNobodyOff() throws Exception {
        failover();
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        inWalDirectory(segment(1, 3).name(), fixture.content(segment(1, 3)));

        FetchResult result = fixture.fetch(fixture.request(segment(1, 4), Optional.empty()));

        assertThat(result).isEqualTo(new FetchResult.Restored("memory"));
    }

    @Test
    void aChildWhoseSegmentPostgresHasReadLastIsFollowed() throws Exception {
        failover();
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        inWalDirectory(segment(1, 3).name(), fixture.content(segment(1, 3)));
        inWalDirectory(segment(2, 3).name(), fixture.content(segment(1, 3)));

        assertThat(fixture.fetch(fixture.request(segment(1, 4), Optional.empty())))
                .isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void aChildIsFollowedWhosePlaceTheParentsSegmentTookUpToTheSwitch() throws Exception {
        failover();
        byte[] cut = fixture.content(segment(1, 3));
        Arrays.fill(cut, ArchiveFixture.SIZE.offset(SWITCH), cut.length, (byte) 0);
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        inWalDirectory(segment(1, 3).name(), cut);

        assertThat(fixture.fetch(fixture.request(segment(1, 4), Optional.empty())))
                .isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void aChildWhoseHistoryIsThereCutsNobodyOffWhereTheSettingNamesItsParent() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3), segment(1, 4));
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        TargetTimeline parent = new TargetTimeline.Fixed(new Timeline(1));

        assertThat(fixture.fetch(recoveryTo(segment(1, 3), parent))).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(fixture.content(segment(1, 3)));
        assertThat(fixture.fetch(recoveryTo(segment(1, 4), parent))).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.fetch(recoveryTo(segment(1, 5), parent))).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void aSettingThatNamesTheChildCutsItsParentOff() throws Exception {
        failover();
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        TargetTimeline child = new TargetTimeline.Fixed(new Timeline(2));

        assertThat(fixture.fetch(recoveryTo(segment(1, 4), child))).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void nothingBehindTheSwitchIsToldWhereNobodyKnowsWhetherTheChildIsFollowed() throws Exception {
        fixture.push(segment(1, 2), segment(1, 3), segment(1, 4));
        inWalDirectory("00000002.history", SECOND.getBytes(StandardCharsets.US_ASCII));
        TargetTimeline unknown = new TargetTimeline.Unknown("a file has changed");

        assertThat(fixture.fetch(recoveryTo(segment(1, 2), unknown))).isEqualTo(new FetchResult.Restored("memory"));
        Files.delete(fixture.target());
        assertRefused(ExitCode.USAGE, () -> fixture.fetch(recoveryTo(segment(1, 3), unknown)));
        assertRefused(ExitCode.USAGE, () -> fixture.fetch(recoveryTo(segment(1, 4), unknown)));
        assertRefused(ExitCode.USAGE, () -> fixture.fetch(recoveryTo(segment(1, 5), unknown)));
    }

    @Test
    void aPartialEndsARecoveryWhoseSettingNamesItsTimeline() throws Exception {
        fixture.push(segment(1, 2));
        byte[] partial = WalFixtures.switchedAfter(64, fixture.content(segment(1, 3)));
        fixture.push(segment(1, 3).name() + ".partial", partial);

        assertThat(fixture.fetch(recoveryTo(segment(1, 3), new TargetTimeline.Fixed(new Timeline(1)))))
                .isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasBinaryContent(partial);
    }

    private FetchRequest recoveryTo(WalFile file, TargetTimeline destination) {
        return new FetchRequest(
                file,
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(
                        data.resolve("pg_wal"),
                        Optional.empty(),
                        () -> destination,
                        Recovery.Absence.AT_THE_END,
                        List.of(),
                        Optional.empty()),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {});
    }

    @Test
    void aHoleBeforeTheChildsWalIsAHoleToo() throws Exception {
        fixture.pushHistory(2, SECOND);
        fixture.push(segment(1, 1), segment(2, 3), segment(2, 4));

        assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(segment(1, 2), 2));
    }

    @Test
    void aHistoryIsHandedOutOrProvenAbsent() throws Exception {
        fixture.pushHistory(2, SECOND);

        assertThat(fixture.fetch(WalFile.parse("00000002.history"), 1)).isEqualTo(new FetchResult.Restored("memory"));
        assertThat(fixture.target()).hasContent(SECOND.strip());
        assertThat(fixture.fetch(WalFile.parse("00000003.history"), 1)).isInstanceOf(FetchResult.Absent.class);
    }

    @Test
    void aHistoryThatIsMissingAlthoughItsTimelineIsArchivedIsAHole() throws Exception {
        fixture.push(segment(1, 2));
        fixture.storeWithoutItsHistory(segment(2, 3));

        assertRefused(ExitCode.WAL_MISSING, () -> fixture.fetch(WalFile.parse("00000002.history"), 1));
    }

    @Test
    void nothingAppearsWhenWhoeverAskedIsGone() throws Exception {
        fixture.push(segment(1, 2));
        FetchRequest orphaned = new FetchRequest(
                segment(1, 2),
                fixture.target(),
                ArchiveFixture.SYSTEM,
                ArchiveFixture.SIZE,
                new Recovery(data.resolve("pg_wal"), Optional.empty(), Recovery.Absence.AT_THE_END),
                new FetchRequest.Patience(Duration.ZERO),
                () -> {
                    throw new UserFacingException(ExitCode.INTERRUPTED, "gone", "gone");
                });

        assertRefused(ExitCode.INTERRUPTED, () -> fixture.fetch(orphaned));
    }

    private void inWalDirectory(String name, byte[] content) throws IOException {
        Files.write(data.resolve("pg_wal").resolve(name), content);
    }

    private void failover() throws IOException {
        Segment child = segment(2, 3);
        fixture.push(segment(1, 2), segment(1, 3), segment(1, 4));
        fixture.pushHistory(2, SECOND);
        fixture.push(child.name(), WalFixtures.promoted(fixture.content(segment(1, 3)), child.timeline(), SWITCH));
        fixture.push(segment(2, 4));
    }

    private void assertRefused(ExitCode code, org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        UserFacingException.class,
                        e -> assertThat(e.exitCode()).as(e.getMessage()).isEqualTo(code));
        assertThat(fixture.target()).doesNotExist();
    }

    private static ObjectKey key(String below) {
        return new ObjectKey(ArchiveFixture.CLUSTER + "/" + ArchiveFixture.SYSTEM + "/" + below);
    }

    private void flipAByte(String below) throws StorageException, IOException {
        ObjectKey key = key(below);
        byte[] object;
        try (var in = fixture.store.open(key, org.tidemark.store.ByteRange.ALL)) {
            object = in.readAllBytes();
        }
        object[object.length - 5] ^= 1;
        fixture.store.delete(List.of(key));
        fixture.store.putIfAbsent(key, ObjectSource.of(object));
    }
}
