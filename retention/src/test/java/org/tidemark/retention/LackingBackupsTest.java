// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPolicy.Redundancy;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.MovableClock;

/** A backup of which an object is missing counts for nothing, and is not removed for that alone. */
class LackingBackupsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    @TempDir
    private Path work;

    private final MovableClock clock = new MovableClock(BEGIN);
    private final MemoryStore store = new MemoryStore(clock);
    private final CountingStore counting = new CountingStore(store);
    private StoredArchive stored;
    private BackupId older;
    private BackupId newer;

    @BeforeEach
    void storeTwoBackups() throws IOException {
        stored = new StoredArchive(store, clock, work);
        older = backup(1);
        newer = backup(2);
    }

    private BackupId backup(int day, BundleRef... others) throws IOException {
        clock.set(BEGIN.plus(Duration.ofDays(day)));
        stored.wal(1, 10L * day, 10L * day + 9);
        return stored.backup(1, 10L * day + 3, 10L * day + 4, others);
    }

    private BackupKeys keys(BackupId id) throws IOException {
        return stored.archive().backups().keys(id);
    }

    private BaseBackup description(BackupId id) throws IOException {
        return stored.archive().backups().read(id);
    }

    private void remove(ObjectKey key) throws IOException {
        store.delete(List.of(key));
    }

    private void replace(ObjectKey key, int bytes) throws IOException {
        remove(key);
        store.putIfAbsent(key, ObjectSource.of(new byte[bytes]));
    }

    /** What is wrong with each backup that lacks something. */
    private Map<BackupId, String> lacking(List<CatalogEntry> entries) {
        Map<BackupId, String> lacking = new TreeMap<>();
        for (CatalogEntry entry : entries) {
            ((Published) entry).lacking().ifPresent(each -> lacking.put(entry.id(), each.problem()));
        }
        return lacking;
    }

    private Map<BackupId, String> lacking() throws IOException {
        return lacking(stored.archive().backups().listObjects(clock.instant()));
    }

    private RetentionPlan plan(int redundancy) throws IOException {
        ClusterArchive archive = stored.archive();
        return RetentionPlanner.planRun(
                RetentionSettings.NONE.with(new Redundancy(redundancy)),
                CatalogReading.of(archive, archive.backups(), clock.instant()),
                clock.instant());
    }

    @Test
    void theOlderBackupStaysIfTheNewestLacksABundle() throws IOException {
        ObjectKey bundle = keys(newer).bundle(1);
        remove(bundle);

        RetentionPlan plan = plan(1);
        new Expirer(stored.archive(), clock, "db1", "REDUNDANCY 1", (objects, bytes) -> {}).run(plan);

        assertThat(plan.leaving()).isEmpty();
        assertThat(plan.backups().getFirst().reasons()).hasAtLeastOneElementOfType(Reason.AmongNewest.class);
        assertThat(plan.backups().getLast().reasons())
                .singleElement()
                .asInstanceOf(InstanceOfAssertFactories.type(Reason.MayBeRepaired.class))
                .extracting(Reason.MayBeRepaired::problem)
                .isEqualTo("it lacks 1 of its objects: '" + bundle + "' is missing");
        assertThat(stored.archive().backups().list()).allMatch(Published.class::isInstance);
        assertThat(store.stat(keys(older).bundle(1))).isPresent();
    }

    /** A server that was promoted before this backup began wrote another segment of the same number. */
    @Test
    void theOlderBackupStaysIfOnlyAnUnrelatedTimelineHasTheLastSegmentOfTheNewest() throws IOException {
        remove(stored.archive().identity().keys().of(StoredArchive.segment(1, 24)));
        stored.history(2, "1\t0/B00000\tpromoted\n");
        stored.wal(2, 11, 24);

        RetentionPlan plan = plan(1);

        assertThat(plan.leaving()).isEmpty();
        assertThat(plan.backups().getLast().reasons())
                .singleElement()
                .asInstanceOf(InstanceOfAssertFactories.type(Reason.MayBeRepaired.class))
                .extracting(Reason.MayBeRepaired::problem)
                .isEqualTo("its WAL is not complete");
    }

    @Test
    void theOlderOneGoesOnceTheObjectIsBack() throws IOException {
        ObjectKey bundle = keys(newer).bundle(2);
        byte[] bytes = store.open(bundle, ByteRange.ALL).readAllBytes();
        remove(bundle);
        assertThat(plan(1).leaving()).isEmpty();
        store.putIfAbsent(bundle, ObjectSource.of(bytes));

        assertThat(plan(1).leaving())
                .extracting(RetentionCatalog.PublishedBackup::id)
                .containsExactly(older);
    }

    @Test
    void everyKindOfObjectIsLookedForWithItsSize() throws IOException {
        assertThat(lacking()).isEmpty();
        BackupKeys keys = keys(newer);
        long bundle = store.stat(keys.bundle(1)).orElseThrow().sizeBytes();
        remove(keys.manifestPart(1));
        replace(keys.bundle(1), 3);

        assertThat(lacking())
                .containsExactly(Map.entry(
                        newer,
                        "lacks 2 of its objects: '" + keys.bundle(1) + "' has 3 bytes instead of " + bundle + ", '"
                                + keys.manifestPart(1) + "' is missing"));
        remove(keys.bundles());
        assertThat(lacking().get(newer)).contains("'" + keys.bundles() + "' is missing");
        replace(keys.bundles(), 10);
        assertThat(lacking().get(newer)).contains("'" + keys.bundles() + "' ");
    }

    @Test
    void aBundleOfAnotherBackupIsWantedAsWell() throws IOException {
        BundleRef borrowed = Objects.requireNonNull(
                stored.archive().backups().bundles(description(older)).get(1));
        BackupId borrower = backup(3, StoredArchive.refer(borrowed, 1));
        assertThat(lacking()).isEmpty();

        remove(keys(older).bundle(borrowed.number()));

        assertThat(lacking()).containsOnlyKeys(older, borrower);
    }

    @Test
    void theNewestThatVerifyHasReadStaysUntilItHasReadTheNewestOfAll() throws IOException {
        BackupCatalog catalog = stored.archive().backups();
        BackupId last = backup(3);
        assertThat(leaving()).as("verify has read none").containsExactly(older, newer);
        catalog.mark(older, new Mark.Verified(clock.instant(), 0, Mark.Scope.ALL));

        assertThat(leaving()).containsExactly(newer);
        assertThat(plan(1).backups().getFirst().reasons()).containsExactly(new Reason.NewestVerified(last));

        catalog.mark(last, new Mark.Verified(clock.instant(), 0, Mark.Scope.ALL));
        assertThat(leaving()).containsExactly(older, newer);
    }

    private List<BackupId> leaving() throws IOException {
        return plan(1).leaving().stream()
                .map(RetentionCatalog.PublishedBackup::id)
                .toList();
    }

    @Test
    void aReportListsTheNewestAndRemembersTheOthersForADay() throws IOException {
        BackupCatalog cached = StoredArchive.open(counting).backups().cachedIn(work.resolve("spool"));
        Instant first = clock.instant();
        assertThat(lacking(cached.listObjectsOfNewest(1, first))).isEmpty();
        remove(keys(older).bundle(1));
        clock.set(first.plus(Duration.ofHours(1)));

        List<CatalogEntry> remembered = cached.listObjectsOfNewest(1, clock.instant());
        assertThat(remembered)
                .extracting(each -> ((Published) each).objects())
                .containsExactly(new BackupObjects.Complete(first), new BackupObjects.Complete(clock.instant()));
        assertThat(lacking(cached.listObjectsOfNewest(2, clock.instant()))).containsOnlyKeys(older);
        assertThat(lacking(cached.listObjectsOfNewest(1, clock.instant())))
                .as("what lacked something is not remembered")
                .containsOnlyKeys(older);
    }

    @Test
    void whatIsRememberedCountsForADay() throws IOException {
        BackupCatalog cached = StoredArchive.open(counting).backups().cachedIn(work.resolve("spool"));
        Instant first = clock.instant();
        cached.listObjectsOfNewest(1, first);
        remove(keys(older).bundle(1));

        assertThat(lacking(cached.listObjectsOfNewest(1, first.plus(Duration.ofDays(1)))))
                .isEmpty();
        assertThat(lacking(cached.listObjectsOfNewest(1, first.minusSeconds(1))))
                .as("a clock that was set back")
                .containsOnlyKeys(older);
        assertThat(lacking(cached.listObjectsOfNewest(
                        1, first.plus(Duration.ofDays(1)).plusSeconds(1))))
                .containsOnlyKeys(older);
    }

    @Test
    void inPlaceOfOneThatLacksObjectsTheNextIsListed() throws IOException {
        BackupCatalog cached = StoredArchive.open(counting).backups().cachedIn(work.resolve("spool"));
        cached.listObjectsOfNewest(1, clock.instant());
        remove(keys(older).bundle(1));
        remove(keys(newer).bundle(1));

        assertThat(lacking(cached.listObjectsOfNewest(1, clock.instant()))).containsOnlyKeys(older, newer);
    }

    @Test
    void aReportOfManyBackupsAsksForAFewPages() throws IOException {
        for (int day = 3; day <= 200; day++) {
            clock.set(BEGIN.plus(Duration.ofDays(day)));
            stored.backup(1, 13, 14);
        }
        CountingStore pages = new CountingStore(store);
        BackupCatalog cached = StoredArchive.open(pages).backups().cachedIn(work.resolve("spool"));
        assertThat(lacking(cached.listObjectsOfNewest(2, clock.instant()))).isEmpty();
        pages.reset();

        assertThat(lacking(cached.listObjectsOfNewest(2, clock.instant()))).isEmpty();

        assertThat(pages.lists()).isLessThan(6);
    }

    @Test
    void aBackupThatAnExpiryRemovesMeanwhileIsNoLackingOne() throws IOException {
        BackupKeys keys = keys(newer);
        BackupCatalog catalog = StoredArchive.open(new DelegatingStore(store) {
                    @Override
                    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit)
                            throws StorageException {
                        if (prefix.equals(keys.incarnation().backups())) {
                            store.delete(List.of(keys.backup(), keys.bundle(1)));
                        }
                        return super.list(prefix, after, limit);
                    }
                })
                .backups();
        catalog.noteRemoval(new Tombstone(newer, clock.instant(), clock.instant(), "db1", "REDUNDANCY 1"));

        assertThat(catalog.listObjects(clock.instant()).getLast())
                .isInstanceOfSatisfying(
                        CatalogEntry.Unpublished.class,
                        each -> assertThat(each.isRemoved()).isTrue());
    }
}
