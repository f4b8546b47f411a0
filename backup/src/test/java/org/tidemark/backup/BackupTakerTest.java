// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.backup.server.ListedTablespaces;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

class BackupTakerTest {
    @TempDir
    private Path directory;

    private SyntheticCluster cluster;
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), Rounds.random());
        cluster.prepare(store);
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd:1", "lz4", "gzip:6", "none"})
    void whatWasTakenComesBack(String codec) throws IOException {
        BaseBackup backup = cluster.backup(store, codec);

        Path restored = directory.resolve("restored");
        List<ManifestEntry> entries = PlainRestore.restore(
                cluster.catalog(store), backup, restored, Files.createDirectory(directory.resolve("fast")));

        assertThat(entries).extracting(ManifestEntry::path).isSortedAccordingTo(ManifestEntry.PATH_ORDER);
        assertThat(restored.resolve("base/1/large")).hasBinaryContent(cluster.server.files.get("base/1/large"));
        assertThat(restored.resolve("empty")).isEmptyFile();
        assertThat(restored.resolve("pg_wal/archive_status")).isEmptyDirectory();
        assertThat(restored.resolve("pg_tblspc/16384/PG_15_202209061/7/16385x")).hasBinaryContent(new byte[] {1, 2, 3});
        assertThat(directory.resolve("work")).isEmptyDirectory();
    }

    @Test
    void twoBackupsOfOneSecondHaveTwoIds() throws IOException {
        BaseBackup first = cluster.backup(store);
        BaseBackup second = cluster.backup(store);

        assertThat(first.id().value()).isEqualTo("20261120T063011Z");
        assertThat(second.id().value()).isEqualTo("20261120T063011Z-2");
        assertThat(cluster.catalog(store).list()).containsExactly(new Published(first), new Published(second));
    }

    /** The bundles are stored after the last byte was read: until then it says nothing but zero. */
    @Test
    void progressCountsWhatIsStored() throws IOException {
        List<Long> stored = new ArrayList<>();
        List<Long> expected = new ArrayList<>();
        cluster.listener = new SyntheticCluster.Silent() {
            @Override
            public void progress(long bytesRead, long bytesExpected, long bytesStored) {
                stored.add(bytesStored);
                expected.add(bytesExpected);
            }
        };

        long all = cluster.backup(store).contents().dataSizeBytes();

        assertThat(stored).startsWith(0L).endsWith(all).allMatch(bytes -> bytes <= all);
        assertThat(expected).endsWith(all);
    }

    @Test
    void aStoreWhoseClockDiffersIsTold() throws IOException {
        MemoryStore late = new MemoryStore(Clock.offset(SyntheticCluster.CLOCK, Duration.ofMinutes(-10)));
        cluster.prepare(late);

        assertThat(cluster.backup(late).run().warnings())
                .filteredOn(COMPARISON.negate())
                .singleElement(as(STRING))
                .contains("is 600 s slow compared with the clock of this host");

        MemoryStore right = new MemoryStore(SyntheticCluster.CLOCK);
        cluster.prepare(right);
        assertThat(cluster.backup(right).run().warnings()).allMatch(COMPARISON);
    }

    /** By the clock of the store: this host's clock stands still here. */
    @ParameterizedTest
    @CsvSource({"PT144H, true", "PT144H1S, false"})
    void aBackupThatTookMoreThanSixDaysIsNotPublished(Duration taken, boolean published) throws IOException {
        MovableClock clock = new MovableClock(SyntheticCluster.CLOCK.instant());
        MemoryStore slow = new MemoryStore(clock);
        cluster.prepare(slow);
        cluster.listener = new SyntheticCluster.Silent() {
            @Override
            public void phase(BackupId id, Phase phase) {
                if (phase == Phase.AWAITING_WAL) {
                    clock.set(clock.instant().plus(taken));
                }
            }
        };

        if (published) {
            cluster.backup(slow);
        } else {
            assertThatThrownBy(() -> cluster.backup(slow)).isInstanceOfSatisfying(UserFacingException.class, e -> {
                assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
                assertThat(e).hasMessageContaining("144 hours");
            });
        }
        assertThat(cluster.catalog(slow).list())
                .singleElement()
                .isInstanceOf(published ? Published.class : CatalogEntry.Unpublished.class);
    }

    @Test
    void anObjectOfAnotherSizeEndsTheBackupBeforeItIsPublished() throws IOException {
        ObjectKey bundle =
                cluster.catalog(store).keys(new BackupId("20261120T063011Z")).bundle(1);
        cluster.listener = new SyntheticCluster.Silent() {
            @Override
            public void phase(BackupId id, Phase phase) {
                if (phase == Phase.AWAITING_WAL) {
                    store.delete(List.of(bundle));
                    put(bundle);
                }
            }
        };

        assertFails("'" + bundle + "'");
    }

    private void put(ObjectKey key) {
        try {
            store.putIfAbsent(key, ObjectSource.of(new byte[] {1}));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aStartBeforeTheWalThatTheClaimNamesFailsTheBackup() throws IOException {
        cluster.redo = Optional.of(Lsn.parse("0/2000029"));

        assertFails("0/2000029");
    }

    @Test
    void aLabelOfAnotherStartFailsTheBackup() throws IOException {
        cluster.server.files.computeIfPresent(
                "backup_label",
                (path, label) -> new String(label, StandardCharsets.UTF_8)
                        .replace("START WAL LOCATION: 0/2000028", "START WAL LOCATION: 0/2000128")
                        .getBytes(StandardCharsets.UTF_8));

        assertFails("0/2000128");
    }

    @Test
    void aFileThatPostgresqlListsButDidNotSendFailsTheBackup() throws IOException {
        cluster.server.listed.put("base/1/lost", new byte[] {1});

        assertFails("base/1/lost");
    }

    @Test
    void aFileThatArrivedWithOtherBytesFailsTheBackup() throws IOException {
        cluster.server.listed.put("base/1/PG_VERSION", new byte[] {'1', '6', '\n'});

        assertFails("base/1/PG_VERSION");
    }

    /** PostgreSQL warns in the language of lc_messages. */
    @ParameterizedTest
    @CsvSource({
        "./base/16384/16390_fsm, base/16384/16390_fsm",
        "./pg_xact, pg_xact",
        "/mnt/a b/PG_15_202209061/7/9, PG_15_202209061/7/9"
    })
    void whatPostgresqlLeavesOutFailsTheBackupInEveryLanguage(String path, String told) throws IOException {
        cluster.server.warnings.add(
                new ServerMessage("WARNING", "01000", "überspringe besondere Datei »" + path + "«", "", "", "sendDir"));

        assertFails("'" + told + "'");
    }

    @Test
    void aDamagedPageIsNothingThatWasLeftOut() throws IOException {
        ServerMessage told = new ServerMessage(
                "WARNING",
                "01000",
                "Prüfsummenüberprüfung fehlgeschlagen in Datei »./base/1/large«",
                "",
                "",
                "sendFile");
        cluster.server.warnings.addAll(List.of(told, told));

        BaseBackup backup = cluster.backup(store);

        assertThat(cluster.catalog(store).read(backup.id()).run().warnings())
                .as("each once")
                .containsOnlyOnce("PostgreSQL: " + told);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pg_xact", "pg_multixact/members", "pg_logical", "pg_wal"})
    void aDirectoryThatDidNotArriveFailsTheBackup(String path) throws IOException {
        cluster.server.files.remove(path + "/");

        assertFails("'" + path + "'");
    }

    @Test
    void aDatabaseThatDidNotArriveFailsTheBackup() throws IOException {
        cluster.databases =
                Optional.of(List.of(new Database(1, 1663, 700, "template1"), new Database(16400, 1663, 700, "shop")));

        assertFails("'shop'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"PG_VERSION", "global/pg_filenode.map", "base/1/PG_VERSION", "base/1/pg_filenode.map"})
    void aFileThatIsNeverEmptyFailsTheBackupIfItIs(String path) throws IOException {
        cluster.databases = Optional.of(List.of(new Database(1, 1663, 700, "template1")));
        cluster.server.files.put(path, new byte[0]);

        assertFails(path.substring(path.lastIndexOf('/') + 1));
    }

    private static final Predicate<String> COMPARISON =
            warning -> warning.startsWith("not compared with PostgreSQL's catalogs");

    @Test
    void aBackupOfWhichNobodyCouldBeAskedSaysThatItWasNotCompared() throws IOException {
        BaseBackup backup = cluster.backup(store);

        assertThat(backup.contents().isCompared()).isFalse();
        assertThat(backup.run().warnings()).anyMatch(COMPARISON);
    }

    @Test
    void aTablespaceOfWhichNothingWasReadIsToldOfAlsoIfNobodyCouldBeAsked() throws IOException {
        cluster.server.tablespaceFiles.clear();

        assertThat(cluster.backup(store).run().warnings())
                .anySatisfy(warning -> assertThat(warning)
                        .contains("tablespace '16384' was not read")
                        .contains("/mnt/fast"));
    }

    @Test
    void aBackupThatWasComparedSaysSo() throws IOException {
        cluster.databases = Optional.of(List.of(new Database(1, 1663, 700, "template1")));
        cluster.tablespaces = Optional.of(ListedTablespaces.NONE);

        BaseBackup backup = cluster.backup(store);

        assertThat(cluster.catalog(store).read(backup.id()).contents().isCompared())
                .isTrue();
        assertThat(backup.run().warnings()).noneMatch(COMPARISON);
    }

    /** Its directory at the new place may have been read before. */
    @Test
    void aDatabaseThatMovesMeanwhileFailsTheBackup() throws IOException {
        template1Becomes(new Database(1, 16384, 700, "template1"));

        assertFails("'template1' was moved to another tablespace");
    }

    /** It may have moved there and back. */
    @Test
    void aDatabaseThatIsAlteredMeanwhileIsToldOf() throws IOException {
        template1Becomes(new Database(1, 1663, 702, "template1"));

        assertThat(cluster.backup(store).run().warnings())
                .anySatisfy(warning -> assertThat(warning).contains("'template1' was altered"));
    }

    /** While files are copied. */
    private void template1Becomes(Database changed) {
        cluster.databases = Optional.of(List.of(new Database(1, 1663, 700, "template1")));
        cluster.listener = new SyntheticCluster.Silent() {
            @Override
            public void phase(BackupId id, Phase phase) {
                if (phase == Phase.COPYING) {
                    cluster.databases = Optional.of(List.of(changed));
                }
            }
        };
    }

    private void assertFails(String path) throws IOException {
        assertThatThrownBy(() -> cluster.backup(store)).isInstanceOfSatisfying(UserFacingException.class, e -> {
            assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
            assertThat(e).hasMessageContaining(path);
        });
        assertThat(cluster.catalog(store).list()).singleElement().isInstanceOf(CatalogEntry.Unpublished.class);
    }

    @Test
    void aDamagedControlFileFailsTheBackup() throws IOException {
        cluster.server.files.computeIfPresent("global/pg_control", (path, control) -> {
            byte[] damaged = control.clone();
            damaged[100] ^= 1;
            return damaged;
        });

        assertFails("global/pg_control");
    }

    @Test
    void anotherProcessThatWroteUnderOurIdIsNotBelieved() throws IOException {
        store.putIfAbsent(
                cluster.catalog(store).keys(new BackupId("20261120T063011Z")).bundle(1),
                ObjectSource.of(new byte[] {1}));

        assertThatThrownBy(() -> cluster.backup(store))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED));
    }

    @Test
    void leftoversOfAKilledProcessAreRemovedByTheNextBackup() throws IOException {
        Path left = Files.createDirectory(directory.resolve("work/tidemark-backup-1"));
        Files.writeString(left.resolve("lock"), "");
        Files.writeString(left.resolve("bundle-1"), "");

        cluster.backup(store);

        assertThat(directory.resolve("work")).isEmptyDirectory();
    }

    /** The cluster was promoted before it archived here, so archive_command never hands this file over. */
    @Test
    void aHistoryThatWasNeverArchivedIsArchivedWithTheBackup() throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        cluster.prepare(store);
        store.delete(List.of(new ObjectKey("main/" + cluster.system + "/history/00000002.history")));

        cluster.backup(store);

        assertThat(Repository.open(store, Optional.empty())
                        .incarnation(SyntheticCluster.NAME, cluster.system)
                        .orElseThrow()
                        .wal()
                        .history(SyntheticServer.TIMELINE))
                .contains(TimelineHistory.parse(SyntheticServer.TIMELINE, SyntheticServer.HISTORY));
    }

    /** Stored once it would stay, and verify would call a write-once repository damaged forever. */
    @Test
    void whatIsNotAHistoryIsNotStored() throws IOException {
        MemoryStore store = new MemoryStore(Clock.systemUTC());
        cluster.prepare(store);
        ObjectKey key = new ObjectKey("main/" + cluster.system + "/history/00000002.history");
        store.delete(List.of(key));
        cluster.server.history = "2\t0/1800000\tno recovery target specified\n";

        assertThatThrownBy(() -> cluster.backup(store))
                .isInstanceOf(UserFacingException.class)
                .hasMessageContaining("00000002.history");
        assertThat(store.stat(key)).isEmpty();
    }

    @Test
    void noFaultOfTheStoreLeavesAReadableLie() {
        FaultLoop.Tried tried = FaultLoop.run(
                () -> new MemoryStore(Clock.systemUTC()),
                new FaultLoop.Scenario() {
                    @Override
                    public void prepare(ObjectStore healthy) throws Exception {
                        cluster.prepare(healthy);
                    }

                    @Override
                    public void run(ObjectStore faulty) throws Exception {
                        cluster.backup(faulty);
                    }

                    @Override
                    public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                        List<CatalogEntry> entries = cluster.catalog(healthy).list();
                        if (failure.isEmpty()) {
                            assertThat(entries).anyMatch(Published.class::isInstance);
                        }
                        SyntheticCluster.assertSound(healthy, PrivateKeys.NONE);
                        assertThat(directory.resolve("work")).isEmptyDirectory();
                    }
                },
                Rounds.of(4, 1));

        assertThat(tried.operations()).isGreaterThan(10);
    }
}
