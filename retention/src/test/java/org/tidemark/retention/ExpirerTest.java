// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.layout.WalPiece;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.retention.Expirer.ExpiryReport;
import org.tidemark.retention.RetentionPolicy.RecoveryWindow;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.retention.RetentionPolicy.Unit;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

class ExpirerTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final Instant NOW = BEGIN.plus(Duration.ofDays(30));

    @TempDir
    private Path work;

    private final MovableClock clock = new MovableClock(BEGIN);
    private ObjectStore store;
    private StoredArchive stored;

    @BeforeEach
    void newStore() throws IOException {
        use(new MemoryStore(clock));
    }

    private void use(ObjectStore other) throws IOException {
        store = other;
        clock.set(BEGIN);
        stored = new StoredArchive(store, clock, work);
    }

    /** Segments 1 to 40, and four backups of two segments each, five days apart. */
    private List<BackupId> fourBackups() throws IOException {
        List<BackupId> ids = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            stored.at(day(5 * i));
            stored.wal(1, 1 + 10 * i, 10 + 10 * i);
            ids.add(stored.backup(1, 3 + 10 * i, 4 + 10 * i));
        }
        stored.at(NOW);
        return ids;
    }

    private static Instant day(int day) {
        return BEGIN.plus(Duration.ofDays(day));
    }

    private static RetentionSettings redundancy(int backups) {
        return RetentionSettings.NONE.with(new Redundancy(backups));
    }

    private RetentionPlan plan(ObjectStore from, RetentionSettings settings) throws IOException {
        ClusterArchive archive = StoredArchive.open(from);
        return RetentionPlanner.plan(
                settings, CatalogReading.of(archive, archive.backups(), clock.instant()), clock.instant());
    }

    private ExpiryReport expire(ObjectStore from, RetentionPlan plan) throws IOException {
        return new Expirer(StoredArchive.open(from), clock, "db1", "REDUNDANCY 2", (objects, bytes) -> {}).run(plan);
    }

    private ExpiryReport expire(RetentionSettings settings) throws IOException {
        return expire(store, plan(store, settings));
    }

    private static void refused(ExitCode status, String message, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(status);
            assertThat(e).hasMessageContaining(message);
            assertThat(e.hint()).isNotEmpty();
        });
    }

    /** Evidence outlives its backup, goes from the beginning of a chain, and the last of it never goes. */
    @Test
    void evidenceOfDrillsGoesByItsOwnAge() throws IOException {
        fourBackups();
        IncarnationKeys keys = StoredArchive.open(store).identity().keys();
        DrillKeys chain = new DrillKeys(keys, UUID.randomUUID(), UUID.randomUUID());
        DrillKeys other = new DrillKeys(keys, UUID.randomUUID(), UUID.randomUUID());
        DrillChains chains = new DrillChains(store, keys);
        for (int day : List.of(1, 2, 20)) {
            clock.set(day(day));
            chains.append(chain, HeldEvidence.proven(keys, "on day " + day, "20261101T000000Z", day(day)));
        }
        clock.set(day(3));
        chains.append(other, HeldEvidence.proven(keys, "x", "20261101T000000Z", day(3)));
        clock.set(NOW);

        new Expirer(
                        StoredArchive.open(store),
                        clock,
                        "db1",
                        "x",
                        Expirer.Notes.REQUIRED,
                        Duration.ofDays(15),
                        (objects, bytes) -> {})
                .run(plan(store, redundancy(1)));

        assertThat(chains.read()).extracting(DrillChain::first).containsExactlyInAnyOrder(3, 1);
        assertThat(chains.read()).allSatisfy(each -> assertThat(each.problems()).isEmpty());
    }

    @Test
    void evidenceThatTheStoreProtectsLeavesNoHole() throws IOException {
        fourBackups();
        IncarnationKeys keys = StoredArchive.open(store).identity().keys();
        DrillKeys chain = new DrillKeys(keys, UUID.randomUUID(), UUID.randomUUID());
        for (int n = 1; n <= 4; n++) {
            new DrillChains(store, keys)
                    .append(chain, HeldEvidence.proven(keys, "drill " + n, "20261101T000000Z", day(1)));
        }
        ObjectStore locked = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keysToDelete) throws StorageException {
                if (keysToDelete.contains(chain.evidence(2))) {
                    throw new StorageDenied("locked", null);
                }
                super.delete(keysToDelete);
            }
        };
        clock.set(day(600));

        ExpiryReport report = expire(locked, plan(store, redundancy(1)));

        assertThat(report.refused()).isEqualTo(1);
        assertThat(new DrillChains(store, keys).read())
                .singleElement()
                .satisfies(each -> assertThat(each.first()).isEqualTo(2))
                .satisfies(each -> assertThat(each.problems()).isEmpty());
    }

    /** Each run lets one backup go because the other one stays. */
    @Test
    void twoRunsNeverRemoveEachOthersLastBackup() throws Exception {
        int rounds = Rounds.of(40, 1000);
        int both = 0;
        for (int round = 0; round < rounds; round++) {
            newStore();
            stored.wal(1, 1, 20);
            BackupId older = stored.backup(1, 3, 4);
            stored.at(day(5));
            List<BackupId> ids = List.of(older, stored.backup(1, 13, 14));
            stored.at(NOW);
            List<RetentionPlan> plans = List.of(without(ids.getFirst()), without(ids.getLast()));
            CyclicBarrier begin = new CyclicBarrier(2);
            try (Workers workers = new Workers("run", 2)) {
                for (RetentionPlan plan : plans) {
                    workers.submit(() -> {
                        await(begin);
                        try {
                            expire(store, plan);
                        } catch (UserFacingException e) {
                            assertThat(e.exitCode()).isEqualTo(ExitCode.NO);
                            assertThat(e).hasMessageContaining("is being deleted from db1");
                        }
                    });
                }
                workers.await();
            }
            List<CatalogEntry> left = stored.archive().backups().list();
            assertThat(left).isNotEmpty().allMatch(CatalogEntry.Published.class::isInstance);
            both += left.size() == 2 ? 1 : 0;
            if (left.size() == 2) {
                assertThat(stored.archive().backups().removed())
                        .as("nothing says that it goes")
                        .isEmpty();
            }
        }
        assertThat(both).as("both gave way").isLessThan(rounds);
    }

    /** A run that was cut off says that a backup goes, which is there. */
    @Test
    void anOldNoteKeepsNoOtherBackup() throws IOException {
        List<BackupId> ids = fourBackups();
        BackupCatalog catalog = stored.archive().backups();
        catalog.noteRemoval(new Tombstone(ids.getLast(), BEGIN, NOW.minus(Duration.ofHours(23)), "db2", "deleted"));
        refused(
                ExitCode.NO,
                "backup '" + ids.getLast() + "', which stays by this plan, is being deleted from db2 (deleted)",
                () -> expire(redundancy(2)));
        assertThat(catalog.removed()).containsExactly(ids.getLast());
        assertThat(catalog.list()).hasSize(4);

        stored.at(NOW.plus(Duration.ofHours(2)));
        assertThat(expire(redundancy(2)).backups()).containsExactlyElementsOf(ids.subList(0, 2));
        expire(store, without(ids.getLast()));
        assertThat(catalog.removal(ids.getLast()).map(Tombstone::host))
                .as("the new note")
                .contains("db1");
    }

    /** The other run gives way, and takes back what it said of a backup that this one removes as well. */
    @Test
    void aBackupThatGoesIsNotedAlsoIfAnotherRunTakesBackItsNote() throws IOException {
        List<BackupId> ids = fourBackups();
        BackupCatalog catalog = stored.archive().backups();
        catalog.noteRemoval(new Tombstone(ids.getFirst(), BEGIN, NOW, "db2", "another run"));
        ObjectKey description = catalog.keys(ids.getFirst()).backup();
        ObjectStore beside = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                super.delete(keys);
                if (keys.contains(description)) {
                    super.delete(List.of(catalog.keys(ids.getFirst()).tombstone()));
                }
            }
        };

        assertThat(expire(beside, plan(store, redundancy(3))).backups()).containsExactly(ids.getFirst());

        assertThat(catalog.removal(ids.getFirst()).map(Tombstone::host)).contains("db1");
    }

    private RetentionPlan without(BackupId id) throws IOException {
        ClusterArchive archive = StoredArchive.open(store);
        return RetentionPlanner.without(
                Set.of(id), CatalogReading.of(archive, archive.backups(), clock.instant()), clock.instant());
    }

    private static void await(CyclicBarrier barrier) {
        try {
            barrier.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void aPlanSaysHowMuchWalItRemovesAlsoWhereTheSizesOfNeighboursDiffer() throws IOException {
        fourBackups();
        store.delete(List.of(stored.archive().identity().keys().of(StoredArchive.segment(1, 2))));
        store.putIfAbsent(
                stored.archive().identity().keys().of(StoredArchive.segment(1, 2)), ObjectSource.of(new byte[5000]));
        RetentionPlan plan = plan(store, redundancy(4));
        assertThat(plan.leaving()).isEmpty();

        RetentionPlan measured = plan.measured(stored.archive());
        ExpiryReport report = expire(store, measured);

        assertThat(measured.leavingWal()).singleElement().satisfies(fate -> {
            assertThat(fate.segments()).isEqualTo(2);
            assertThat(fate.storedBytes()).isEqualTo(5003).isEqualTo(report.bytes());
        });
        assertThat(measured.summary()).endsWith("2 segments, about 4.9 KiB");
    }

    /** Otherwise sync may copy back what went, and nobody was told. */
    @Test
    void anExpiryThatNobodyWatchesRemovesNoBackupThatItCannotNote() throws IOException {
        fourBackups();
        AtomicInteger room = new AtomicInteger();
        ObjectStore full = new DelegatingStore(store) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                if (ObjectName.parse(key) instanceof ObjectName.Tombstone && room.decrementAndGet() < 0) {
                    throw new StorageFull("no room for '" + key + "'", null);
                }
                super.putIfAbsent(key, source);
            }
        };
        RetentionPlan plan = plan(store, redundancy(2));

        Expirer unattended = new Expirer(
                StoredArchive.open(full),
                clock,
                "db1",
                "x",
                Expirer.Notes.REQUIRED,
                Duration.ofDays(400),
                (objects, bytes) -> {});
        assertThatThrownBy(() -> unattended.run(plan)).hasStackTraceContaining("no room for");

        assertThat(plan(store, redundancy(9)).backups()).hasSize(4);
        room.set(1);
        ExpiryReport some = new Expirer(
                        StoredArchive.open(full),
                        clock,
                        "db1",
                        "x",
                        Expirer.Notes.REQUIRED,
                        Duration.ofDays(400),
                        (objects, bytes) -> {})
                .run(plan);
        assertThat(some.backups()).as("there was room for one note").hasSize(1);
        assertThat(some.spared().values()).singleElement().asString().contains("no room to note its removal");
        assertThat(some.walLeft()).isPresent();
        assertThat(expire(full, plan(store, redundancy(2))).backups())
                .as("an operator is told of it")
                .hasSize(1);
    }

    @Test
    void piecesGoOnceTheirSegmentIsArchivedAlsoIfNothingElseGoes() throws IOException {
        fourBackups();
        expire(redundancy(4));
        for (long place : new long[] {39, 40, 41}) {
            piece(StoredArchive.segment(1, place), 0, 100);
        }

        ExpiryReport report = expire(redundancy(4));

        assertThat(report.objects()).isEqualTo(2);
        assertThat(StoredArchive.keys(store).stream().filter(key -> key.contains("stream/")))
                .singleElement()
                .asString()
                .contains(StoredArchive.segment(1, 41).name());
    }

    /** The segment in which a timeline ends is never archived whole. */
    @Test
    void piecesGoThatAPartialSegmentHolds() throws IOException {
        fourBackups();
        expire(redundancy(4));
        Segment last = StoredArchive.segment(1, 41);
        Lsn start = last.start(stored.archive().identity().walSegmentSize());
        piece(last, 0, 100);
        piece(last, 100, 8192);
        piece(last, 8192, 8200);
        store.putIfAbsent(
                stored.archive().identity().keys().of(new StoredPartial(last, start.plus(8192), "0123456789abcdef")),
                ObjectSource.of(new byte[100]));

        assertThat(expire(redundancy(4)).objects()).isEqualTo(2);
        assertThat(StoredArchive.keys(store).stream().filter(key -> key.contains("stream/")))
                .singleElement()
                .asString()
                .contains("2000-");
    }

    private void piece(Segment segment, long from, long to) throws IOException {
        Lsn start = segment.start(stored.archive().identity().walSegmentSize());
        store.putIfAbsent(
                stored.archive().identity().keys().of(new WalPiece(segment, start.plus(from), start.plus(to), "w")),
                ObjectSource.of(new byte[100]));
    }

    @Test
    void backupsGoWithTheirDataTheirMarksAndTheWalBeforeTheOldestThatStays() throws IOException {
        List<BackupId> ids = fourBackups();
        stored.archive().backups().mark(ids.getFirst(), new Mark.Annotated(NOW, "before 5.0"));
        Set<String> before = StoredArchive.keys(store);

        ExpiryReport report = expire(redundancy(2));

        assertThat(report.backups()).containsExactly(ids.get(0), ids.get(1));
        assertThat(report.walLeft()).isEmpty();
        Set<String> expected = new TreeSet<>(before);
        expected.removeIf(key ->
                key.contains(ids.get(0).value()) || key.contains(ids.get(1).value()));
        for (long place = 1; place <= 22; place++) {
            expected.remove(
                    "wal/00000001/00000000/" + StoredArchive.segment(1, place).name());
        }
        expected.add("dead/" + ids.get(0) + ".json");
        expected.add("dead/" + ids.get(1) + ".json");
        expected.add("gap/00000001/000000010000000000000001-000000010000000000000016.json");
        assertThat(StoredArchive.keys(store)).isEqualTo(expected);
        assertThat(report.objects()).isEqualTo(before.size() - (expected.size() - 3));
        assertThat(plan(store, redundancy(2)).removesNothing()).isTrue();
        assertThat(store.list("check/", Optional.empty(), 10).objects()).isEmpty();
    }

    @Test
    void noFaultLeavesALieOrStopsTheNextRun() {
        FaultLoop.Tried tried = FaultLoop.run(
                () -> new MemoryStore(clock),
                new FaultLoop.Scenario() {
                    @Override
                    public void prepare(ObjectStore healthy) throws Exception {
                        use(healthy);
                        List<BackupId> ids = fourBackups();
                        stored.archive()
                                .backups()
                                .mark(
                                        ids.getFirst(),
                                        new Mark.Kept(
                                                NOW,
                                                Mark.Kept.Target.STANDALONE,
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty()));
                    }

                    @Override
                    public void run(ObjectStore faulty) throws Exception {
                        RetentionPlan plan = plan(faulty, redundancy(1));
                        expire(faulty, plan);
                    }

                    @Override
                    public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                        ClusterArchive archive = StoredArchive.open(healthy);
                        WalInventory wal = archive.wal().inventory();
                        assertThat(wal.holes()).isEmpty();
                        Set<String> published = new TreeSet<>();
                        for (CatalogEntry entry : archive.backups().list()) {
                            if (entry instanceof CatalogEntry.Published each) {
                                published.add(each.id().value());
                                requireWhole(healthy, archive.backups(), each.backup());
                                assertThat(each.backup().wal().segments(StoredArchive.SIZE))
                                        .allMatch(wal::contains);
                            }
                        }
                        Set<String> staying = Set.of("20261101T000000Z", "20261116T000000Z");
                        assertThat(published).containsAll(staying);
                        for (long place = 33; place <= 40; place++) {
                            assertThat(wal.contains(StoredArchive.segment(1, place)))
                                    .isTrue();
                        }
                        if (failure.isEmpty()) {
                            assertThat(published).isEqualTo(staying);
                            assertThat(plan(healthy, redundancy(1)).removesNothing())
                                    .isTrue();
                            assertThat(StoredArchive.keys(healthy))
                                    .noneMatch(key ->
                                            key.startsWith("backup/20261106") || key.startsWith("catalog/20261106"));
                        }
                    }
                },
                Rounds.of(3, 1));
        assertThat(tried.operations()).isGreaterThan(60);
    }

    private static void requireWhole(ObjectStore healthy, BackupCatalog catalog, BaseBackup backup) throws IOException {
        for (BundleRef bundle : catalog.bundles(backup).values()) {
            assertThat(healthy.stat(catalog.keys(bundle.id()).bundle(bundle.number())))
                    .as("bundle %d of %s", bundle.number(), backup.id())
                    .isPresent();
        }
        assertThat(healthy.stat(backup.keys().manifestPart(1))).isPresent();
        assertThat(healthy.stat(backup.keys().intent())).isPresent();
    }

    @Test
    void aBackupThatIsKeptAfterThePlanWasMadeStaysWithItsWal() throws IOException {
        List<BackupId> ids = fourBackups();
        RetentionPlan plan = plan(store, redundancy(2));
        keep(ids.get(0));

        ExpiryReport report = expire(store, plan);

        assertThat(report.backups()).containsExactly(ids.get(1));
        assertThat(report.spared()).containsOnlyKeys(ids.get(0));
        assertThat(report.walLeft()).isPresent();
        requireWhole(
                store, stored.archive().backups(), stored.archive().backups().read(ids.get(0)));
        assertThat(stored.archive().wal().inventory().contains(StoredArchive.segment(1, 1)))
                .isTrue();
    }

    /** With the store's clock months ahead, nothing tells of a backup that its server's clock was months slow. */
    @Test
    void backupsOfTwoWrongClocksStandInForNoOthers() throws IOException {
        stored.at(NOW.minus(Duration.ofDays(2)));
        stored.wal(1, 1, 30);
        stored.backup(1, 3, 4);
        stored.endedBefore(NOW.plus(Duration.ofDays(60)));
        stored.at(NOW.minus(Duration.ofDays(160)));
        stored.backup(1, 13, 14);
        stored.at(NOW.minus(Duration.ofDays(159)));
        stored.backup(1, 15, 16);
        stored.endedBefore(NOW);
        stored.at(NOW);
        stored.backup(1, 25, 26);

        assertThat(expire(RetentionSettings.NONE.with(new RecoveryWindow(5, Unit.DAYS)))
                        .backups())
                .isEmpty();
    }

    /** The operator's command looks whether backup.json is there after it has set its mark. */
    @Test
    void aBackupThatIsKeptWhileItIsRemovedIsPublishedAgain() throws IOException {
        List<BackupId> ids = fourBackups();
        RetentionPlan plan = plan(store, redundancy(2));
        ObjectKey document = stored.archive().backups().keys(ids.get(0)).backup();
        ObjectStore racing = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                if (keys.contains(document)) {
                    try {
                        keep(ids.get(0));
                    } catch (IOException e) {
                        throw new IllegalStateException(e);
                    }
                }
                super.delete(keys);
            }
        };

        ExpiryReport report = expire(racing, plan);

        assertThat(report.backups()).containsExactly(ids.get(1));
        requireWhole(
                store, stored.archive().backups(), stored.archive().backups().read(ids.get(0)));
        assertThat(plan(store, redundancy(2)).leaving()).isEmpty();
    }

    private void keep(BackupId id) throws IOException {
        stored.archive()
                .backups()
                .mark(
                        id,
                        new Mark.Kept(
                                NOW, Mark.Kept.Target.FULL, Optional.empty(), Optional.empty(), Optional.empty()));
    }

    @Test
    void walThatABackupNeedsWhichBeganMeanwhileStays() throws IOException {
        fourBackups();
        RetentionPlan plan = plan(store, redundancy(2));
        stored.begin(Optional.of(StoredArchive.SIZE.start(15)), List.of());

        ExpiryReport report = expire(store, plan);

        assertThat(report.walLeft()).hasValueSatisfying(why -> assertThat(why).contains("began meanwhile"));
        assertThat(stored.archive().wal().gaps().removed()).isEmpty();
        assertThat(stored.archive().wal().inventory().contains(StoredArchive.segment(1, 1)))
                .isTrue();
    }

    /** A copy from another repository, say: both its ends are in WAL that stays. */
    @Test
    void walInTheMiddleOfABackupThatCameMeanwhileStays() throws IOException {
        List<BackupId> ids = fourBackups();
        for (BackupId id : ids.subList(0, 2)) {
            stored.archive()
                    .backups()
                    .mark(
                            id,
                            new Mark.Kept(
                                    NOW,
                                    Mark.Kept.Target.STANDALONE,
                                    Optional.empty(),
                                    Optional.empty(),
                                    Optional.empty()));
        }
        RetentionPlan plan = plan(store, redundancy(1));
        BackupId copied = stored.backup(1, 4, 13);

        ExpiryReport report = expire(store, plan);

        assertThat(report.walLeft()).hasValueSatisfying(why -> assertThat(why).contains(copied.value()));
        WalInventory wal = stored.archive().wal().inventory();
        assertThat(stored.archive().backups().read(copied).wal().segments(StoredArchive.SIZE))
                .allMatch(wal::contains);
        assertThat(wal.removed()).extracting(each -> each.last().name()).containsExactly(name(2));
    }

    /** A first run removed all of a range but its ends, which a lock protected. */
    @Test
    void theNoteOfRemovedWalStaysAlthoughABackupBeganSince() throws IOException {
        fourBackups();
        String first = "/" + name(1);
        String last = "/" + name(22);
        expire(protecting(store, key -> key.endsWith(first) || key.endsWith(last)), plan(store, redundancy(2)));
        RetentionPlan plan = plan(store, redundancy(2));
        stored.begin(Optional.of(StoredArchive.SIZE.start(15)), List.of());

        ExpiryReport report = expire(store, plan);

        assertThat(report.walLeft()).hasValueSatisfying(why -> assertThat(why).contains("began meanwhile"));
        WalInventory wal = stored.archive().wal().inventory();
        assertThat(wal.contains(StoredArchive.segment(1, 1))).isTrue();
        assertThat(wal.contains(StoredArchive.segment(1, 22))).isTrue();
        assertThat(wal.contains(StoredArchive.segment(1, 2))).isFalse();
        assertThat(wal.removed())
                .extracting(each -> each.first().name(), each -> each.last().name())
                .containsExactly(tuple(name(1), name(22)));
        assertThat(wal.holes()).isEmpty();
    }

    private static String name(long place) {
        return StoredArchive.segment(1, place).name();
    }

    @Test
    void aBundleThatAPublishedBackupListsStaysUntilThatGoesToo() throws IOException {
        stored.wal(1, 1, 30);
        BackupId first = stored.backup(1, 3, 4);
        BackupCatalog catalog = stored.archive().backups();
        BundleRef shared = catalog.bundles(catalog.read(first)).lastEntry().getValue();
        stored.at(day(1));
        BackupId second = stored.backup(1, 13, 14, StoredArchive.refer(shared, 1));
        stored.at(NOW);

        expire(redundancy(1));

        assertThat(StoredArchive.keys(store))
                .contains("backup/" + first + "/bundle/00000002", "catalog/" + first + "/intent.json")
                .doesNotContain(
                        "backup/" + first + "/bundle/00000001",
                        "backup/" + first + "/manifest/00000001",
                        "catalog/" + first + "/backup.json");
        requireWhole(store, catalog, catalog.read(second));

        stored.wal(1, 31, 40);
        stored.backup(1, 33, 34);
        expire(redundancy(1));

        assertThat(StoredArchive.keys(store))
                .noneMatch(key -> key.startsWith("backup/" + first) || key.startsWith("catalog/" + first))
                .noneMatch(key -> key.startsWith("backup/" + second) || key.startsWith("catalog/" + second));
    }

    @Test
    void aLostListOfBundlesKeepsWhatItMayNameAndNothingElse() throws IOException {
        stored.wal(1, 1, 40);
        BackupId unused = stored.backup(1, 1, 2);
        stored.at(day(1));
        BackupId first = stored.backup(1, 3, 4);
        BackupCatalog catalog = stored.archive().backups();
        BundleRef shared = catalog.bundles(catalog.read(first)).lastEntry().getValue();
        stored.at(day(2));
        BackupId second = stored.backup(1, 13, 14, StoredArchive.refer(shared, 1));
        keep(second);
        stored.at(day(3));
        stored.backup(1, 23, 24);
        store.delete(List.of(catalog.keys(second).bundles()));
        stored.at(NOW);

        ExpiryReport report = expire(redundancy(1));

        assertThat(report.backups()).containsExactly(unused, first);
        assertThat(StoredArchive.keys(store))
                .contains("backup/" + first + "/bundle/00000001", "backup/" + first + "/bundle/00000002")
                .noneMatch(key -> key.startsWith("backup/" + unused) || key.startsWith("catalog/" + unused));
    }

    @Test
    void dataThatARunningBackupMayReferToStaysUntilTheNextRun() throws IOException {
        List<BackupId> ids = fourBackups();
        RetentionPlan plan = plan(store, redundancy(2));
        BackupKeys child = stored.begin(Optional.of(StoredArchive.SIZE.start(40)), List.of(ids.get(1)));

        expire(store, plan);

        assertThat(StoredArchive.keys(store)).contains("backup/" + ids.get(1) + "/bundle/00000001");
        store.delete(List.of(child.intent()));
        expire(redundancy(2));
        assertThat(StoredArchive.keys(store)).noneMatch(key -> key.startsWith("backup/" + ids.get(1)));
    }

    @Test
    void whatABackupLeftThatNeverEndedGoesAfterSevenDays() throws IOException {
        fourBackups();
        stored.at(day(16));
        BackupKeys abandoned = stored.begin(Optional.empty(), List.of());
        store.putIfAbsent(abandoned.bundle(1), ObjectSource.of(new byte[] {1}));
        stored.at(day(22));

        assertThat(plan(store, redundancy(4)).removesNothing()).isTrue();
        stored.at(day(24));
        expire(redundancy(4));

        assertThat(StoredArchive.keys(store))
                .noneMatch(key -> key.contains(abandoned.id().value()));
    }

    @Test
    void aClockThatIsWrongRemovesNothing() throws IOException {
        fourBackups();
        Set<String> before = StoredArchive.keys(store);
        RetentionPlan plan = plan(store, redundancy(2));
        MovableClock ahead = new MovableClock(NOW.plus(Duration.ofMinutes(6)));

        refused(
                ExitCode.NO,
                "the clock of",
                () -> new Expirer(stored.archive(), ahead, "db1", "x", (objects, bytes) -> {}).run(plan));
        assertThat(StoredArchive.keys(store)).isEqualTo(before);

        stored.at(NOW.plus(Duration.ofHours(1)));
        stored.backup(1, 39, 40);
        stored.at(NOW);
        assertThat(expire(redundancy(2)).backups()).hasSize(3);
    }

    @Test
    void aBackupDatedInTheFutureStopsNoDeletionAndCanBeDeleted() throws IOException {
        List<BackupId> ids = fourBackups();
        stored.at(NOW.plus(Duration.ofDays(300)));
        stored.wal(1, 41, 44);
        BackupId future = stored.backup(1, 42, 43);
        stored.at(NOW);

        RetentionPlan plan = plan(store, redundancy(2));

        assertThat(plan.backups().getLast().reasons()).hasOnlyElementsOfType(RetentionPlan.Reason.DatedAhead.class);
        assertThat(expire(store, plan).backups()).containsExactly(ids.get(0), ids.get(1));
        ClusterArchive archive = stored.archive();
        ExpiryReport report = expire(
                store,
                RetentionPlanner.without(Set.of(future), CatalogReading.of(archive, archive.backups(), NOW), NOW));
        assertThat(report.backups()).containsExactly(future);
    }

    @Test
    void anUnfinishedBackupThatTheStoreDatedInTheFutureIsAsOldAsItsIntentSays() throws IOException {
        fourBackups();
        stored.at(day(16));
        BackupKeys abandoned = stored.begin(Optional.empty(), List.of());
        stored.at(NOW.plus(Duration.ofDays(300)));
        store.putIfAbsent(
                stored.archive().identity().keys().backup(abandoned.id()).bundles(), ObjectSource.of(new byte[] {1}));
        stored.at(NOW);

        expire(redundancy(4));

        assertThat(StoredArchive.keys(store))
                .noneMatch(key -> key.contains(abandoned.id().value()));
    }

    @Test
    void anUnfinishedBackupThatOnlyTheFutureDatesKeepsNoWalAndCanBeDeleted() throws IOException {
        fourBackups();
        stored.at(NOW.plus(Duration.ofDays(300)));
        BackupId id = stored.begin(Optional.empty(), List.of()).id();
        stored.at(NOW);

        RetentionPlan plan = plan(store, redundancy(2));

        assertThat(plan.abandoned()).isEmpty();
        assertThat(plan.leavingWal()).isNotEmpty();
        ClusterArchive archive = stored.archive();
        assertThat(RetentionPlanner.without(Set.of(id), CatalogReading.of(archive, archive.backups(), NOW), NOW)
                        .abandoned())
                .containsExactly(id);
    }

    @Test
    void credentialsThatMayNotDeleteRemoveNothing() throws IOException {
        fourBackups();
        Set<String> before = StoredArchive.keys(store);
        ObjectStore writeOnce = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                throw new StorageDenied("403 Access Denied", null);
            }
        };

        refused(ExitCode.STORE_DENIED, "may not delete", () -> expire(writeOnce, plan(store, redundancy(2))));
        assertThat(StoredArchive.keys(store)).isEqualTo(before);
    }

    /** Denies the deletion of some objects, alone or among others, as a lock does. */
    private static ObjectStore protecting(ObjectStore store, Predicate<String> some) {
        return new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                super.delete(
                        keys.stream().filter(key -> !some.test(key.value())).toList());
                if (keys.stream().anyMatch(key -> some.test(key.value()))) {
                    throw new StorageDenied("locked until 2026-12-24", null);
                }
            }
        };
    }

    @Test
    void whatALockProtectsStaysTheOthersGoAndTheNextRunFinishes() throws IOException {
        List<BackupId> ids = fourBackups();
        String bundles = "backup/" + ids.get(0) + "/bundle/";
        String segment = "/000000010000000000000005";
        ObjectStore locked = protecting(store, key -> key.contains(bundles) || key.endsWith(segment));

        ExpiryReport report = expire(locked, plan(store, redundancy(2)));

        assertThat(report.backups()).containsExactly(ids.get(0), ids.get(1));
        assertThat(report.refusal()).contains("locked until 2026-12-24");
        assertThat(StoredArchive.keys(store))
                .anyMatch(key -> key.contains(bundles))
                .anyMatch(key -> key.endsWith(segment))
                .noneMatch(key -> key.endsWith("000000010000000000000006"))
                .noneMatch(key -> key.contains("backup/" + ids.get(1) + "/"));
        long stay = StoredArchive.keys(store).stream()
                .filter(key -> key.contains(bundles) || key.endsWith(segment))
                .count();
        assertThat(report.refused()).isEqualTo(stay);

        assertThat(expire(locked, plan(locked, redundancy(2))).refused()).isEqualTo(stay);
        assertThat(expire(redundancy(2)).refused()).isZero();
        assertThat(StoredArchive.keys(store))
                .noneMatch(key -> key.contains(bundles))
                .noneMatch(key -> key.endsWith(segment));
        assertThat(plan(store, redundancy(2)).removesNothing()).isTrue();
    }

    @Test
    void aBackupWhoseDescriptionIsProtectedStaysWhole() throws IOException {
        List<BackupId> ids = fourBackups();
        ObjectKey document = stored.archive().backups().keys(ids.get(0)).backup();

        ExpiryReport report =
                expire(protecting(store, key -> key.equals(document.value())), plan(store, redundancy(2)));

        assertThat(report.backups()).containsExactly(ids.get(1));
        assertThat(report.spared()).containsOnlyKeys(ids.get(0));
        requireWhole(
                store, stored.archive().backups(), stored.archive().backups().read(ids.get(0)));
    }

    /** Each backup takes some ten requests, and a store far away takes its time for each. */
    @Test
    void severalBackupsGoAtTheSameTime() throws IOException {
        List<BackupId> ids = fourBackups();
        CyclicBarrier both = new CyclicBarrier(2);
        ObjectStore meeting = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                if (keys.stream().anyMatch(key -> key.value().endsWith("/backup.json"))) {
                    try {
                        both.await(30, TimeUnit.SECONDS);
                    } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                        throw new IllegalStateException("one after the other", e);
                    }
                }
                super.delete(keys);
            }
        };

        assertThat(expire(meeting, plan(store, redundancy(2))).backups()).containsExactly(ids.get(0), ids.get(1));
    }

    /** A store with locks or versions may answer yes and keep the object. */
    @Test
    void aBackupJsonThatIsStillThereStopsTheRun() throws IOException {
        List<BackupId> ids = fourBackups();
        ObjectStore locked = new DelegatingStore(store) {
            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                if (keys.stream().anyMatch(key -> key.value().startsWith("check/"))) {
                    super.delete(keys);
                }
            }
        };

        refused(ExitCode.STORE_DENIED, "still there", () -> expire(locked, plan(store, redundancy(2))));
        requireWhole(
                store, stored.archive().backups(), stored.archive().backups().read(ids.get(0)));
    }

    @Test
    void nothingGoesWhileTheCatalogCannotBeReadWhole() throws IOException {
        fourBackups();
        stored.at(day(20));
        BackupKeys damaged = stored.begin(Optional.empty(), List.of());
        store.putIfAbsent(damaged.backup(), ObjectSource.of("{}".getBytes(StandardCharsets.UTF_8)));
        stored.at(NOW);
        Set<String> before = StoredArchive.keys(store);

        refused(ExitCode.DAMAGED, damaged.id().value(), () -> expire(redundancy(2)));
        assertThat(StoredArchive.keys(store)).isEqualTo(before);
    }

    @Test
    void aMarkThatCannotBeReadKeepsItsBackup() throws IOException {
        List<BackupId> ids = fourBackups();
        store.putIfAbsent(
                stored.archive().backups().keys(ids.get(0)).mark(1),
                ObjectSource.of("{}".getBytes(StandardCharsets.UTF_8)));

        ExpiryReport report = expire(redundancy(2));

        assertThat(report.backups()).containsExactly(ids.get(1));
        requireWhole(
                store, stored.archive().backups(), stored.archive().backups().read(ids.get(0)));
    }

    @Test
    void whatARunThatWasCutOffLeftIsToldFromABackupThatRuns() throws IOException {
        List<BackupId> ids = fourBackups();
        BackupCatalog catalog = stored.archive().backups();
        catalog.noteRemoval(new Tombstone(ids.get(0), day(0), NOW, "db1", "REDUNDANCY 2"));
        assertThat(catalog.entry(ids.get(0)).orElseThrow()).isInstanceOf(CatalogEntry.Published.class);

        catalog.unpublish(ids.get(0));
        BackupId running = stored.begin(Optional.of(StoredArchive.SIZE.start(40)), List.of())
                .id();

        assertThat(catalog.entry(ids.get(0)))
                .contains(new CatalogEntry.Unpublished(ids.get(0), day(0), CatalogEntry.Stage.REMOVED));
        assertThat(catalog.entry(running))
                .contains(new CatalogEntry.Unpublished(running, NOW, CatalogEntry.Stage.UNFINISHED));
        assertThat(plan(store, redundancy(4)).abandoned()).containsExactly(ids.get(0));
    }

    @Test
    void aMarkThatCannotBeReadKeepsItsBackupUntilItIsReleased() throws IOException {
        List<BackupId> ids = fourBackups();
        for (BackupId id : ids.subList(0, 2)) {
            store.putIfAbsent(
                    stored.archive().backups().keys(id).mark(1),
                    ObjectSource.of("{}".getBytes(StandardCharsets.UTF_8)));
        }
        stored.archive().backups().mark(ids.get(0), new Mark.Annotated(NOW, "says nothing about a keep"));
        stored.archive().backups().mark(ids.get(1), new Mark.Released(NOW, Optional.empty()));

        assertThat(expire(redundancy(2)).backups()).containsExactly(ids.get(1));
        stored.archive().backups().mark(ids.get(0), new Mark.Released(NOW, Optional.empty()));
        assertThat(expire(redundancy(2)).backups()).containsExactly(ids.get(0));
    }

    @Test
    void oneRunRemovesAPartOfTheBackups() throws IOException {
        List<BackupId> ids = fourBackups();
        ClusterArchive archive = stored.archive();
        RetentionPlan plan =
                RetentionPlanner.planRun(redundancy(1), CatalogReading.of(archive, archive.backups(), NOW), NOW);

        ExpiryReport report = expire(store, plan);

        assertThat(report.backups()).containsExactly(ids.get(0), ids.get(1));
        assertThat(archive.wal().inventory().contains(StoredArchive.segment(1, 23)))
                .isTrue();
        assertThat(archive.wal().inventory().contains(StoredArchive.segment(1, 22)))
                .isFalse();
    }

    @Test
    void walBetweenAStandaloneBackupAndTheNextIsNoHole() throws IOException {
        List<BackupId> ids = fourBackups();
        stored.archive()
                .backups()
                .mark(
                        ids.get(1),
                        new Mark.Kept(
                                NOW,
                                Mark.Kept.Target.STANDALONE,
                                Optional.empty(),
                                Optional.of("audit"),
                                Optional.empty()));

        expire(redundancy(1));

        WalInventory wal = stored.archive().wal().inventory();
        assertThat(wal.holes()).isEmpty();
        assertThat(wal.removed()).hasSize(2);
        assertThat(wal.contains(StoredArchive.segment(1, 13))).isTrue();
        assertThat(wal.contains(StoredArchive.segment(1, 14))).isTrue();
        assertThat(wal.contains(StoredArchive.segment(1, 15))).isFalse();
    }
}
