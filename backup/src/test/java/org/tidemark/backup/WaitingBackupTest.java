// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.backup.publication.WaitingBackup;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Stage;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** A backup whose last segment arrives after the host that took it stopped waiting. */
class WaitingBackupTest {
    private static final BackupId ID = new BackupId("20261120T063011Z");
    private static final Segment LAST = Segment.of(SyntheticServer.TIMELINE, 0x21, SyntheticCluster.SEGMENT_SIZE);

    @TempDir
    private Path directory;

    private final MovableClock clock = new MovableClock(SyntheticCluster.CLOCK.instant());
    private final MemoryStore store = new MemoryStore(clock);
    private SyntheticCluster cluster;
    private byte[] segment = {};

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), Rounds.random());
        takeWithoutItsLastSegment(store);
    }

    private void takeWithoutItsLastSegment(ObjectStore repository) throws IOException {
        cluster.prepare(repository);
        ObjectKey key = archive(repository).wal().key(LAST);
        try (InputStream content = repository.open(key, ByteRange.ALL)) {
            segment = content.readAllBytes();
        }
        repository.delete(List.of(key));
        assertThatThrownBy(() -> cluster.backup(repository)).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED);
            assertThat(e).hasMessageContaining(LAST.name()).hasMessageContaining("waits");
        });
    }

    private ClusterArchive archive(ObjectStore repository) throws IOException {
        return Repository.open(repository, Optional.empty())
                .incarnation(SyntheticCluster.NAME, cluster.system)
                .orElseThrow();
    }

    private void archiveLastSegment(ObjectStore repository) throws IOException {
        repository.putIfAbsent(archive(repository).wal().key(LAST), ObjectSource.of(segment));
    }

    private WaitingBackup found() throws IOException {
        return WaitingBackup.find(archive(store), ID).orElseThrow();
    }

    private CatalogEntry entry() throws IOException {
        return cluster.catalog(store).entry(ID).orElseThrow();
    }

    private BackupKeys keys() {
        return cluster.catalog(store).keys(ID);
    }

    @Test
    void anotherHostCompletesItOnceItsWalIsThere() throws IOException {
        assertThat(entry()).isEqualTo(new CatalogEntry.Unpublished(ID, clock.instant(), Stage.WAITING));
        assertThat(found().missing()).contains(LAST);
        assertThatThrownBy(() -> found().publish())
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED));

        archiveLastSegment(store);
        WaitingBackup first = found();
        WaitingBackup second = found();
        first.publish();
        second.publish();

        assertThat(entry()).isEqualTo(new Published(first.backup()));
        assertThat(WaitingBackup.find(archive(store), ID)).isEmpty();
        SyntheticCluster.assertSound(store, PrivateKeys.NONE);
        PlainRestore.restore(
                cluster.catalog(store),
                first.backup(),
                directory.resolve("restored"),
                Files.createDirectory(directory.resolve("fast")));
        assertThat(directory.resolve("restored/base/1/large"))
                .hasBinaryContent(cluster.server.files.get("base/1/large"));
    }

    /** The description is stored for those that must wait only. */
    @Test
    void aBackupWhoseWalIsThereLeavesNothingBesideIt() throws IOException {
        MemoryStore other = new MemoryStore(clock);
        cluster.prepare(other);

        cluster.backup(other);

        assertThat(other.stat(keys().waiting())).isEmpty();
    }

    @Test
    void onlyIdsOfTheLastDaysAreListed() throws IOException {
        BackupCatalog catalog = cluster.catalog(store);
        Instant began = SyntheticCluster.CLOCK.instant();

        assertThat(catalog.unpublishedSince(began.minus(Duration.ofDays(6)))).containsExactly(ID);
        assertThat(catalog.unpublishedSince(began)).containsExactly(ID);
        assertThat(catalog.unpublishedSince(began.plusSeconds(1))).isEmpty();

        archiveLastSegment(store);
        found().publish();
        assertThat(catalog.unpublishedSince(began.minus(Duration.ofDays(6)))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"PT144H, true", "PT144H1S, false"})
    void afterSixDaysByTheClockOfTheStoreItIsTooLate(Duration waited, boolean published) throws IOException {
        clock.set(clock.instant().plus(waited));
        archiveLastSegment(store);

        if (published) {
            found().publish();
        } else {
            assertRefused(ExitCode.BACKUP_FAILED, "144 hours");
        }
        assertThat(entry() instanceof Published).isEqualTo(published);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundle/00000001", "manifest/00000001", "backup_manifest/00000001"})
    void withoutOneOfItsObjectsItIsNotPublished(String lost) throws IOException {
        archiveLastSegment(store);
        store.delete(List.of(new ObjectKey(keys().data() + lost)));

        assertRefused(ExitCode.BACKUP_FAILED, lost);
    }

    @Test
    void whatAnotherBackupClaimedIsNotPublished() throws IOException {
        archiveLastSegment(store);
        store.delete(List.of(keys().intent()));

        assertRefused(ExitCode.BACKUP_FAILED, "is not claimed by the backup");
    }

    @Test
    void itIsNotPublishedWhileAnExpiryRemovesItsWal() throws IOException {
        archiveLastSegment(store);
        archive(store).wal().gaps().noteRemoval(new RemovedWal(LAST, LAST, clock.instant(), "db1"));

        assertRefused(ExitCode.WAL_MISSING, "removed by an expiry");
    }

    /** Nobody archives it again: another backup is to be taken. */
    @Test
    void itDoesNotWaitForWalThatAnExpiryRemoved() throws IOException {
        archive(store).wal().gaps().noteRemoval(new RemovedWal(LAST, LAST, clock.instant(), "db1"));

        assertThatThrownBy(() -> found().missing())
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_MISSING));
    }

    /** It was completed, and an expiry removed it: its data may be half deleted. */
    @Test
    void whatWasRemovedIsNotPublishedAgain() throws IOException {
        archiveLastSegment(store);
        WaitingBackup late = found();
        found().publish();
        BackupCatalog catalog = cluster.catalog(store);
        catalog.noteRemoval(new Tombstone(ID, clock.instant(), clock.instant(), "db1", "a test"));
        catalog.unpublish(ID);

        assertThatThrownBy(late::publish)
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_BACKUP));
        assertThat(WaitingBackup.find(archive(store), ID)).isEmpty();
        assertThat(entry()).isEqualTo(new CatalogEntry.Unpublished(ID, clock.instant(), Stage.REMOVED));
    }

    private void assertRefused(ExitCode status, String why) throws IOException {
        WaitingBackup waiting = found();
        assertThatThrownBy(waiting::publish).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(status);
            assertThat(e).hasMessageContaining(why);
        });
        assertThat(store.stat(keys().backup())).isEmpty();
    }

    @Test
    void noFaultOfTheStoreLeavesALieOrStopsTheNextRun() {
        FaultLoop.Tried tried = FaultLoop.run(() -> new MemoryStore(clock), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws Exception {
                Listing.visit(store, "", object -> {
                    try (InputStream content = store.open(object.key(), ByteRange.ALL)) {
                        healthy.putIfAbsent(object.key(), ObjectSource.of(content.readAllBytes()));
                    }
                });
                archiveLastSegment(healthy);
            }

            @Override
            public void run(ObjectStore faulty) throws Exception {
                Optional<WaitingBackup> waiting = WaitingBackup.find(archive(faulty), ID);
                if (waiting.isPresent()) {
                    waiting.get().publish();
                }
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                if (failure.isEmpty()) {
                    assertThat(healthy.stat(keys().backup())).isPresent();
                }
                Optional<WaitingBackup> left = WaitingBackup.find(archive(healthy), ID);
                if (left.isPresent()) {
                    left.get().publish();
                }
                assertThat(cluster.catalog(healthy).list()).singleElement().isInstanceOf(Published.class);
                SyntheticCluster.assertSound(healthy, PrivateKeys.NONE);
            }
        });

        assertThat(tried.operations()).isGreaterThan(10);
    }

    /** Whatever fails while a backup is taken whose WAL does not come: it waits, or there is nothing. */
    @Test
    void noFaultWhileItIsTakenLeavesALie() {
        Assumptions.assumeTrue(Rounds.of(0, 1) > 0, "takes a minute: only in a campaign");
        FaultLoop.run(() -> new MemoryStore(clock), new FaultLoop.Scenario() {
            @Override
            public void prepare(ObjectStore healthy) throws Exception {
                cluster.prepare(healthy);
                healthy.delete(List.of(archive(healthy).wal().key(LAST)));
            }

            @Override
            public void run(ObjectStore faulty) throws Exception {
                try {
                    cluster.backup(faulty);
                } catch (UserFacingException e) {
                    if (e.exitCode() != ExitCode.WAL_NOT_ARCHIVED) {
                        throw e;
                    }
                }
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                assertThat(cluster.catalog(healthy).list()).noneMatch(Published.class::isInstance);
                List<BackupId> waiting = new ArrayList<>();
                for (CatalogEntry each : cluster.catalog(healthy).list()) {
                    if (WaitingBackup.find(archive(healthy), each.id()).isPresent()) {
                        waiting.add(each.id());
                    }
                }
                if (failure.isEmpty()) {
                    assertThat(waiting).isNotEmpty();
                }
                SyntheticCluster.assertSound(healthy, PrivateKeys.NONE);
                MemoryStore later = copy(healthy);
                archiveLastSegment(later);
                for (BackupId id : waiting) {
                    WaitingBackup.find(archive(later), id).orElseThrow().publish();
                }
                SyntheticCluster.assertSound(later, PrivateKeys.NONE);
            }
        });
    }

    private MemoryStore copy(ObjectStore from) throws IOException {
        MemoryStore copy = new MemoryStore(clock);
        Listing.visit(from, "", object -> {
            try (InputStream content = from.open(object.key(), ByteRange.ALL)) {
                copy.putIfAbsent(object.key(), ObjectSource.of(content.readAllBytes()));
            }
        });
        return copy;
    }
}
