// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.tidemark.recoverability.Archives.SIZE;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.RepositoryWal;
import org.tidemark.catalog.wal.TimelineWal;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.RandomArchives;
import org.tidemark.recoverability.SkippedBackups;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.Fault;
import org.tidemark.testkit.FaultyStore;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** A plan lists WAL from the backup on that it chooses, and is the one that a listing of all WAL gives. */
class PlanListingTest {
    private final Random random = Rounds.random();

    @TempDir
    private Path work;

    private final MovableClock clock = new MovableClock(Archives.MIDNIGHT);
    private MemoryStore store = new MemoryStore(clock);
    private CountingStore counting = new CountingStore(store);

    @Test
    void thePlanIsTheOneThatAListingOfAllWalGives() throws IOException {
        RandomArchives archives = new RandomArchives(random);
        int rounds = Rounds.of(2_000, 50_000);
        for (int round = 0; round < rounds; round++) {
            Archives next = archives.nextInOrder();
            CatalogSnapshot catalog = next.build();
            ClusterArchive archive = stored(next);
            RestoreRequest request = randomRequest();

            RestorePlan whole = new RestorePlanner().plan(request, catalog.withWal(all(archive, catalog)));

            assertThat(plan(request, catalog, archive)).as("round %d", round).isEqualTo(whole);
        }
    }

    @Test
    void theNewestBackupNeedsNoListingOfOlderWal() throws IOException {
        Archives archives = years();
        CatalogSnapshot catalog = archives.build();
        ClusterArchive archive = stored(archives);

        Chosen chosen = (Chosen) plan(latest(), catalog, archive);

        assertThat(chosen.problems()).isEmpty();
        assertThat(chosen.backup().id()).isEqualTo("199");
        assertThat(chosen.wal().segments()).isEqualTo(150);
        assertThat(counting.lists()).as("pages of listings").isLessThan(10);
    }

    @Test
    void aTimeNeedsNoListingOfOlderWal() throws IOException {
        Archives archives = years();
        CatalogSnapshot catalog = archives.build();
        ClusterArchive archive = stored(archives);

        Chosen chosen = (Chosen) plan(
                RestoreRequest.of(Path.of("/pg"), new RecoveryTarget.AtTime(minute(18_777), Bound.INCLUSIVE)),
                catalog,
                archive);

        assertThat(chosen.problems()).isEmpty();
        assertThat(chosen.backup().id()).isEqualTo("187");
        assertThat(counting.lists()).as("pages of listings").isLessThan(10);
    }

    /** Every backup before the hole is followed by it. */
    @Test
    void olderWalIsListedWhereTheNewestBackupsAreNotComplete() throws IOException {
        Archives archives = years();
        for (int i = 200; i < 205; i++) {
            archives.backup(String.valueOf(i), 1, i * 100L);
        }
        CatalogSnapshot catalog = archives.build();
        ClusterArchive archive = stored(archives);

        Chosen chosen =
                (Chosen) plan(RestoreRequest.of(Path.of("/pg"), new RecoveryTarget.Immediate()), catalog, archive);

        assertThat(chosen.backup().id()).isEqualTo("200");
        assertThat(chosen.findings())
                .extracting(PlanFinding::message)
                .anyMatch(message -> message.startsWith("backup 204 was passed over"));
        assertThat(counting.lists()).as("pages of listings").isLessThan(15);
    }

    /** No backup leads there, so 200 of them need not be looked at. */
    @Test
    void aTargetPastTheEndIsRefusedWithoutAListingOfAllWal() throws IOException {
        Archives archives = years();
        CatalogSnapshot catalog = archives.build();
        ClusterArchive archive = stored(archives);

        RestorePlan plan = plan(
                RestoreRequest.of(Path.of("/pg"), new RecoveryTarget.AtLsn(at(30_000, 0), Bound.INCLUSIVE)),
                catalog,
                archive);

        assertThat(plan.problems())
                .extracting(PlanFinding::message)
                .first()
                .asString()
                .contains("is later than the end of the archived WAL")
                .contains("which ends at " + at(20_050, 0));
        assertThat(counting.lists()).as("pages of listings").isLessThan(10);
    }

    @Test
    void aListingFromFurtherBackHoldsTheFirstSegmentAndAllFromThereOn() throws IOException {
        ClusterArchive archive = stored(new Archives().partial(1, 2).wal(1, 3, 20));
        RepositoryWal wal = new RepositoryWal(archive, List.of(Timeline.FIRST), Set.of());
        Set<TimelinePath> path = Set.of(new TimelinePath(TimelineHistory.root(Timeline.FIRST), SIZE));

        for (long from : new long[] {15, 10, 3}) {
            ArchivedWal listed = wal.since(from, path);

            assertThat(listed.of(Timeline.FIRST).runs(0, 30))
                    .extracting(TimelineWal.Run::first, TimelineWal.Run::last)
                    .containsExactly(tuple(from, 20L));
            assertThat(listed.partial(Archives.segment(1, 2))).isPresent();
        }
    }

    /** All or nothing: what was read of it before does not count. */
    @Test
    void aRepositoryThatCeasesToAnswerWhileItsWalIsListedIsLeftOut() throws IOException {
        MemoryStore one = repositoryWithABackup("one");
        MemoryStore other = repositoryWithABackup("other");
        FaultyStore healthy = new FaultyStore(one, fault(Integer.MAX_VALUE));
        Holding local = holding("local", healthy);
        Fault afterwards = fault(healthy.operations() + 1);
        Holding offsite = holding("offsite", new FaultyStore(other, afterwards));
        List<Set<String>> tried = new ArrayList<>();

        RestorePlan plan =
                RestorePreparation.overThoseThatAnswer(List.of(offsite, local), Map.of(), (answering, silent) -> {
                    tried.add(silent.keySet().stream().collect(Collectors.toSet()));
                    return new RestorePreparation(answering, silent).plan(latest());
                });

        assertThat(tried).containsExactly(Set.of(), Set.of("offsite"));
        assertThat(plan).isInstanceOf(Chosen.class);
        assertThat(((Chosen) plan).backup().repositories()).containsExactly("local");
        assertThat(plan.problems())
                .singleElement()
                .satisfies(problem -> assertThat(problem.message()).contains("repository 'offsite' did not answer"));
        Holding alone = holding("alone", new FaultyStore(other, afterwards));
        assertThatThrownBy(() -> RestorePreparation.overThoseThatAnswer(
                        List.of(alone),
                        Map.of(),
                        (answering, silent) -> new RestorePreparation(answering, silent).plan(latest())))
                .isInstanceOf(UserFacingException.class);
    }

    private static Fault fault(int operation) {
        return new Fault(operation, Fault.Moment.BEFORE, Fault.Lasting.FROM_THEN_ON);
    }

    private MemoryStore repositoryWithABackup(String name) throws IOException {
        MemoryStore memory = new MemoryStore(clock);
        ClusterArchive archive = Repository.create(memory, clock)
                .register(new ClusterIdentity(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM, SIZE, 8192, 15), clock);
        new Archives().wal(1, 0, 9).store(memory, archive, clock);
        BaseBackup backup = SyntheticBackup.ofDataDirectory(Codec.parse("none"))
                .store(memory, Files.createDirectory(work.resolve(name)));
        memory.putIfAbsent(backup.keys().backup(), ObjectSource.of(backup.encode()));
        return memory;
    }

    private static Holding holding(String name, ObjectStore store) throws IOException {
        ClusterArchive archive = Repository.open(store, Optional.empty())
                .incarnation(SyntheticBackup.CLUSTER, SyntheticBackup.SYSTEM)
                .orElseThrow();
        return Holding.of(name, archive, archive.backups());
    }

    /** 20,050 segments, and a backup for each hundred. */
    private static Archives years() {
        Archives archives = new Archives().wal(1, 0, 20_049);
        for (int i = 0; i < 200; i++) {
            archives.backup(String.valueOf(i), 1, i * 100L);
        }
        return archives;
    }

    private static RestoreRequest latest() {
        return RestoreRequest.of(Path.of("/pg"), new RecoveryTarget.Latest());
    }

    private RestorePlan plan(RestoreRequest request, CatalogSnapshot catalog, ClusterArchive archive)
            throws IOException {
        counting.reset();
        RepositoryWal wal = new RepositoryWal(archive, catalog.wal().timelines(), Set.of());
        return new RestorePlanner()
                .plan(request, catalog.withWal(wal.listed()), SkippedBackups.NONE, Optional.empty(), wal::since);
    }

    private static ArchivedWal all(ClusterArchive archive, CatalogSnapshot catalog) throws IOException {
        TimelinePath any = new TimelinePath(TimelineHistory.root(Timeline.FIRST), SIZE);
        return new RepositoryWal(archive, catalog.wal().timelines(), Set.of()).since(0, Set.of(any));
    }

    private ClusterArchive stored(Archives archives) throws IOException {
        store = new MemoryStore(clock);
        counting = new CountingStore(store);
        ClusterArchive archive = Repository.create(counting, clock)
                .register(new ClusterIdentity(new ClusterName("main"), new SystemIdentifier(7), SIZE, 8192, 15), clock);
        archives.store(store, archive, clock);
        return archive;
    }

    private RestoreRequest randomRequest() {
        RecoveryTarget target = switch (random.nextInt(6)) {
            case 0 -> new RecoveryTarget.Latest();
            case 1 -> new RecoveryTarget.Immediate();
            case 2 -> new RecoveryTarget.AtTime(minute(random.nextInt(25)), Bound.INCLUSIVE);
            case 3 -> new RecoveryTarget.AtLsn(at(random.nextInt(25), random.nextInt(0x20000)), Bound.EXCLUSIVE);
            case 4 -> new RecoveryTarget.AtXid(random.nextInt(25_000), Bound.INCLUSIVE);
            default -> new RecoveryTarget.AtRestorePoint("x");
        };
        RestoreRequest request = RestoreRequest.of(Path.of("/pg/restored"), target);
        return switch (random.nextInt(3)) {
            case 0 -> request;
            case 1 -> request.withTimeline(TimelineChoice.CURRENT);
            default -> request.withTimeline(new TimelineChoice.Numbered(new Timeline(1 + random.nextInt(4))));
        };
    }
}
