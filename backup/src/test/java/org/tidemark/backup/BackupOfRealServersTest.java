// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.STRING;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.backup.publication.WaitingBackup;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Unpublished;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.StoreAccess;

class BackupOfRealServersTest {
    @TempDir
    private Path directory;

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.ofThisRun();
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aBackupWithATablespaceStartsAgainWithTheSameRows(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(binaries).withTemplates(), work())) {
            Path tablespace = source.server.newDirectory("fast");
            source.server.sql(
                    "CREATE TABLESPACE \"caf\u00e9=\"\"1\"\" x\" LOCATION '" + tablespace + "'",
                    "CREATE TABLE big AS SELECT i, repeat(md5(i::text), 5) AS t FROM generate_series(1, 30000) i",
                    "CREATE TABLE other TABLESPACE \"caf\u00e9=\"\"1\"\" x\" AS"
                            + " SELECT i FROM generate_series(1, 1000) i");
            long bytes = Long.parseLong(source.server.query("SELECT pg_relation_size('other')"));
            Map<String, String> rows = source.server.tableHashes();
            Instant before = Instant.now();

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(source.phases)
                    .containsExactly(
                            BackupListener.Phase.STARTING,
                            BackupListener.Phase.COPYING,
                            BackupListener.Phase.FINISHING,
                            BackupListener.Phase.AWAITING_WAL);
            assertThat(source.warnings).isEmpty();
            assertThat(source.catalog().read(backup.id())).isEqualTo(backup);
            assertThat(backup.run().from()).isEqualTo(Source.PRIMARY);
            assertThat(backup.run().method()).isEqualTo("stream");
            assertThat(backup.run().started())
                    .isBetween(before.minusSeconds(1), backup.run().ended());
            assertThat(backup.nextXid()).isPresent();
            assertThat(backup.contents().damagedPagesCount()).isZero();
            assertThat(backup.origin().postgresMajor()).isEqualTo(binaries.major());
            assertThat(backup.contents().tablespaces()).singleElement().satisfies(one -> {
                assertThat(one.location()).isEqualTo(tablespace.toString());
                assertThat(one.name()).hasValue("caf\u00e9=\"1\" x");
                // With the free space map, which the server makes when it likes.
                assertThat(one.sizeBytes()).isBetween(bytes, bytes + 10 * 8192);
            });
            assertThat(directory.resolve("work")).isEmptyDirectory();
            Path restored = directory.resolve("restored");
            Path place = source.server.newDirectory("restored-fast");
            assertThat(PlainRestore.restore(source.catalog(), backup, restored, place))
                    .extracting(ManifestEntry::path)
                    .contains(
                            "backup_label",
                            "global/pg_control",
                            "pg_wal/archive_status",
                            "pg_tblspc/"
                                    + backup.contents().tablespaces().getFirst().oid());
            OperatingUser.current().own(place);
            assertThat(source.startFrom(restored)).isEqualTo(rows);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 64})
    void anySegmentSizeIsBackedUp(int megabytes) throws IOException {
        PostgresServerBuilder builder = PostgresServer.of(PostgresBinaries.embedded(15))
                .initdb("--wal-segsize=" + megabytes)
                .setting("min_wal_size", 2 * megabytes + "MB")
                .setting("max_wal_size", 4 * megabytes + "MB");
        try (ArchivedServer source = new ArchivedServer(builder, work())) {
            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(backup.origin().walSegmentSize()).isEqualTo(new WalSegmentSize(megabytes << 20));
            assertThat(source.cluster.wal().contains(backup.walLast())).isTrue();
        }
    }

    /** The server answers for a locale that is not installed as well: the version is that of the library. */
    @ParameterizedTest
    @MethodSource("versions")
    void theVersionByWhichTextIsSortedIsRecorded(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql(
                    "SET allow_system_table_mods = on",
                    "DELETE FROM pg_collation WHERE collprovider = 'c' AND collcollate NOT IN ('C', 'POSIX')");
            assertThat(source.taker().take(source.settings()).first().origin().glibc())
                    .as("it sorts by bytes")
                    .isEmpty();
            source.server.sql(
                    "SET allow_system_table_mods = on",
                    "CREATE COLLATION there (provider = libc, locale = 'C')",
                    "UPDATE pg_collation SET collcollate = 'en_US.utf8' WHERE collname = 'there'");

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(backup.origin().glibc())
                    .hasValueSatisfying(version -> assertThat(version).matches("\\d+\\.\\d+"));
            assertThat(source.catalog().read(backup.id())).isEqualTo(backup);
        }
    }

    @Test
    void aPageWithAWrongChecksumIsListedAndTheBackupIsTaken() throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(16)), work())) {
            String path = table(source.server);
            source.server.stopFast();
            damage(source.server.dataDirectory().resolve(path), 3 * 8192 + 5000);
            source.server.start();

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(backup.contents().damagedPagesCount()).isEqualTo(1);
            assertThat(backup.contents().damagedPages()).singleElement().satisfies(page -> {
                assertThat(page.path()).isEqualTo(path);
                assertThat(page.block()).isEqualTo(3);
                assertThat(page.reason()).contains("checksum");
            });
            assertThat(source.warnings).anyMatch(warning -> warning.contains("block 3"));
            assertThat(source.catalog().read(backup.id())).isEqualTo(backup);
            assertThat(backup.run().warnings()).isEqualTo(source.warnings);
        }
    }

    /** PostgreSQL names five blocks of a file, and of those that seem to be new or changed none at all. */
    @ParameterizedTest
    @ValueSource(ints = {13, 18})
    void everyDamagedPageIsListedThatPostgresqlSends(int major) throws IOException {
        PostgresServerBuilder builder = PostgresServer.of(PostgresBinaries.embedded(major));
        try (ArchivedServer source = new ArchivedServer(builder, work())) {
            source.server.sql(
                    "CREATE TABLE t AS SELECT i, repeat('x', 100) FROM generate_series(1, 40000) i",
                    "CREATE TABLE u AS SELECT i, repeat('x', 100) FROM generate_series(1, 40000) i",
                    "CHECKPOINT");
            Path t = source.server.dataDirectory().resolve(source.server.query("SELECT pg_relation_filepath('t')"));
            Path u = source.server.dataDirectory().resolve(source.server.query("SELECT pg_relation_filepath('u')"));
            source.server.stopFast();
            List<String> damaged = new ArrayList<>();
            for (int block : new int[] {0, 3, 4, 127, 128, 200, 300, 301, 499}) {
                damage(t, block * 8192L + 5000);
                damaged.add(source.server.dataDirectory().relativize(t) + " " + block);
            }
            // Its LSN is far ahead, as no WAL's is.
            damage(u, 7 * 8192L + 5000);
            damage(u, 7 * 8192L + 3);
            damaged.add(source.server.dataDirectory().relativize(u) + " 7");
            source.server.start();

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(backup.contents().damagedPages())
                    .extracting(page -> page.path() + " " + page.block())
                    .containsExactlyInAnyOrderElementsOf(damaged);
            assertThat(backup.contents().damagedPagesCount()).isEqualTo(damaged.size());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void garbageOnAPageThatCallsItselfNewIsListedThoughTheServerIsSilent(boolean checksums) throws IOException {
        PostgresServerBuilder builder = PostgresServer.of(PostgresBinaries.embedded(18));
        try (ArchivedServer source = new ArchivedServer(checksums ? builder : builder.withoutDataChecksums(), work())) {
            String path = table(source.server);
            source.server.stopFast();
            try (RandomAccessFile file = new RandomAccessFile(
                    source.server.dataDirectory().resolve(path).toFile(), "rw")) {
                file.seek(2 * 8192);
                file.write(new byte[24]);
            }
            source.server.start();

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(backup.origin().dataChecksums()).isEqualTo(checksums);
            assertThat(source.warnings).isEmpty();
            assertThat(backup.contents().damagedPages())
                    .singleElement()
                    .satisfies(page -> assertThat(page.block()).isEqualTo(2));
        }
    }

    @Test
    void aStandbyIsBackedUpWhenThePrimarySwitchesWal() throws IOException {
        try (ArchivedServer primary = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(17)), work())) {
            primary.server.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
            Path copy =
                    primary.server.takeBaseBackup(directory.resolve("standby")).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(primary.server.binaries())
                    .from(copy)
                    .standbyOf(primary.server)
                    .start()) {
                PostgresWait.until(
                        "the standby has caught up",
                        PostgresWait.DEFAULT_LIMIT,
                        standby,
                        () -> standby.walPosition().equals(primary.server.walPosition()));
                Map<String, String> rows = primary.server.tableHashes();
                BackupListener switching = new SwitchingListener(primary);

                BaseBackup backup = new BackupTaker(
                                ArchivedServer.into(primary.repository),
                                ArchivedServer.CLUSTER,
                                primary.options(),
                                Clock.systemUTC(),
                                new Random(),
                                switching)
                        .take(ArchivedServer.settings(standby))
                        .first();

                assertThat(backup.run().from()).isEqualTo(Source.STANDBY);
                assertThat(backup.nextXid()).isPresent();
                Path restored = directory.resolve("restored");
                PlainRestore.restore(primary.catalog(), backup, restored, directory);
                assertThat(primary.startFrom(restored)).isEqualTo(rows);
            }
        }
    }

    /** An expiry deletes WAL before that position while the backup is taken. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aBackupStartsNowhereBeforeTheWalThatItsClaimNames(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i", "CHECKPOINT");
            Path copy =
                    source.server.takeBaseBackup(directory.resolve("standby")).dataDirectory();
            source.beforeWalIsAwaited = () -> source.server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(copy)
                    .standbyOf(source.server)
                    .start()) {
                for (SourceMethod method : List.of(SourceMethod.STREAM, SourceMethod.LOCAL)) {
                    assertThat(walFrom(source, source.server, method)).isNegative();
                    assertThat(walFrom(source, standby, method)).isNotPositive();
                }
                standby.promote();
                for (SourceMethod method : List.of(SourceMethod.STREAM, SourceMethod.LOCAL)) {
                    assertThat(walFrom(source, standby, method)).isNotPositive();
                }
            }
        }
    }

    /** Compares the position in the claim with the start of the backup. */
    private static int walFrom(ArchivedServer source, PostgresServer server, SourceMethod method) throws IOException {
        Lsn before = Lsn.parse(server.query("SELECT redo_lsn FROM pg_control_checkpoint()"));

        BaseBackup backup = source.taker(source.options(method))
                .take(ArchivedServer.settings(server))
                .first();

        Intent intent = source.catalog().intent(backup.id()).orElseThrow();
        assertThat(intent.parents()).isEmpty();
        assertThat(intent.walFrom().orElseThrow()).isGreaterThanOrEqualTo(before);
        return intent.walFrom().orElseThrow().compareTo(backup.wal().start());
    }

    @ParameterizedTest
    @ValueSource(strings = {"bundle", "manifest", "backup_manifest", "intent.json"})
    void aBackupWhoseObjectsWereDeletedMeanwhileIsNotPublished(String what) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            AtomicReference<Optional<ObjectKey>> gone = new AtomicReference<>(Optional.empty());
            source.onceStored = () -> gone.set(delete(source, what));

            assertThatThrownBy(() -> source.taker().take(source.settings()).first())
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED);
                        assertThat(e).hasMessageContaining("'" + gone.get().orElseThrow() + "'");
                        assertThat(e.hint()).contains("lifecycle rule");
                    });
            assertThat(source.catalog().list()).noneMatch(Published.class::isInstance);
        }
    }

    /** Deletes the first object whose key has that part. */
    private static Optional<ObjectKey> delete(ArchivedServer source, String part) {
        Optional<ObjectKey> key = source.store.list("", Optional.empty(), ObjectStore.MAX_PAGE).objects().stream()
                .map(ObjectInfo::key)
                .filter(each -> List.of(each.value().split("/")).contains(part))
                .findFirst();
        source.store.delete(key.stream().toList());
        return key;
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void withoutItsWalABackupEndsAfterTheLimitAndIsCompletedWhenTheWalArrives(PostgresBinaries binaries)
            throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
            Map<String, String> rows = source.server.tableHashes();
            source.archivingEnds = Optional.of(BackupListener.Phase.FINISHING);
            // The limit is that of the end: the test of archiving before it has the time that it needs.
            source.beforeWalIsAwaited = () -> {
                if (source.archiving) {
                    Path awaited =
                            source.archive.resolve(source.awaited.getLast().name());
                    PostgresWait.until(
                            "'" + awaited + "' is archived",
                            PostgresWait.DEFAULT_LIMIT,
                            source.server,
                            () -> Files.exists(awaited));
                }
            };
            BackupOptions options = withWalLimit(source.options(), Duration.ofMillis(300));

            assertThatThrownBy(
                            () -> source.taker(options).take(source.settings()).first())
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED);
                        assertThat(e)
                                .hasMessageContaining(source.awaited.getLast().name());
                        assertThat(e.hint()).contains("archive_command");
                    });

            Unpublished left = (Unpublished) source.catalog().list().getFirst();
            assertThat(left.stage()).isEqualTo(CatalogEntry.Stage.WAITING);
            assertThat(source.awaited).isNotEmpty();
            assertThat(directory.resolve("work")).isEmptyDirectory();
            assertThat(WaitingBackup.find(source.cluster, left.id())
                            .orElseThrow()
                            .missing())
                    .contains(source.awaited.getLast());

            source.pushWal();
            WaitingBackup waiting =
                    WaitingBackup.find(source.cluster, left.id()).orElseThrow();
            waiting.publish();

            assertThat(source.catalog().list()).containsExactly(new Published(waiting.backup()));
            Path restored = directory.resolve("restored");
            PlainRestore.restore(source.catalog(), waiting.backup(), restored, directory);
            assertThat(source.startFrom(restored)).isEqualTo(rows);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aPrimaryThatIsSetNotToArchiveIsRefusedBeforeTheFirstByte(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            if (binaries.major() >= 16) {
                source.server.sql("ALTER SYSTEM SET archive_library = 'basic_archive'", "SELECT pg_reload_conf()");
                assertNotBegun(source, ExitCode.USAGE, "both set", "tidemark setup primary --replace");
                source.server.sql("ALTER SYSTEM RESET archive_library");
            }
            source.server.sql("ALTER SYSTEM SET archive_command = ''", "SELECT pg_reload_conf()");
            assertNotBegun(source, ExitCode.USAGE, "archive_command is empty", "tidemark setup primary");

            source.server.sql("ALTER SYSTEM SET archive_mode = 'off'");
            source.server.restart();
            assertNotBegun(source, ExitCode.USAGE, "archive_mode is off,", "tidemark setup primary");

            source.server.sql("ALTER SYSTEM SET archive_mode = 'on'", "SELECT pg_reload_conf()");
            Awaitility.await("the settings to be read again")
                    .until(() -> source.server
                            .query("SELECT pending_restart FROM pg_settings WHERE name = 'archive_mode'")
                            .equals("t"));
            assertNotBegun(
                    source,
                    ExitCode.USAGE,
                    "archive_mode is off until PostgreSQL is restarted",
                    "Restart PostgreSQL; this prints the command: tidemark check");
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void anArchiveCommandThatFailsIsFoundBeforeAnythingOfTheFilesIsStored(PostgresBinaries binaries)
            throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("ALTER SYSTEM SET archive_command = '/bin/false'", "SELECT pg_reload_conf()");
            PostgresWait.until("archive_command has failed", Duration.ofSeconds(60), source.server, () -> {
                // The archiver may still archive one segment by the old command, and then has nothing to fail at.
                if (source.server
                        .query("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
                        .equals("0")) {
                    source.server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
                }
                return !source.server
                        .query("SELECT failed_count FROM pg_stat_archiver")
                        .equals("0");
            });

            BackupTaker taker = source.taker(withWalLimit(source.options(), Duration.ofSeconds(1)));
            assertThatThrownBy(() -> taker.take(source.settings()).first())
                    .isInstanceOfSatisfying(UserFacingException.class, e -> {
                        assertThat(e.exitCode()).isEqualTo(ExitCode.WAL_NOT_ARCHIVED);
                        assertThat(e)
                                .hasMessageContaining("archiving fails for '0000000100000000")
                                .hasMessageContaining("there is no backup");
                        assertThat(e.hint()).contains("tidemark check");
                    });
            assertThat(StoreAccess.keys(source.store, ""))
                    .as("what is stored of the backup")
                    .filteredOn(key -> key.contains("/backup/") || key.contains("/catalog/"))
                    .singleElement()
                    .asString()
                    .endsWith("/intent.json");
            assertThat(source.server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'backup'"))
                    .isEqualTo("0");
        }
    }

    /** As two backups that begin at once: one closes the segment between the other's message and its own switch. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSegmentThatAnotherSessionClosedIsAwaitedAndNotTheNext(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("""
                    CREATE FUNCTION public.pg_logical_emit_message(boolean, text, text) RETURNS pg_lsn
                    LANGUAGE plpgsql AS $$
                    BEGIN
                        PERFORM pg_catalog.pg_logical_emit_message($1, $2, $3);
                        RETURN pg_catalog.pg_switch_wal();
                    END $$""", "ALTER ROLE postgres SET search_path = public, pg_catalog");
            String current = source.server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");

            source.taker(withWalLimit(source.options(), Duration.ofSeconds(60)))
                    .take(source.settings())
                    .first();

            assertThat(source.awaited.getFirst().name()).isEqualTo(current);
        }
    }

    private static void assertNotBegun(ArchivedServer source, ExitCode status, String why, String hint)
            throws IOException {
        BackupTaker taker = source.taker(withWalLimit(source.options(), Duration.ofSeconds(1)));
        assertThatThrownBy(() -> taker.take(source.settings()).first())
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(status);
                    assertThat(e).hasMessageContaining(why).hasMessageContaining("no backup was begun");
                    assertThat(e.hint()).contains(hint);
                });
        assertThat(source.phases).isEmpty();
        assertThat(source.catalog().list()).isEmpty();
    }

    /** What a role may not do is no reason to take no backup. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aRoleThatMayNotCloseASegmentIsToldWhatLooksWrong(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(binaries), work())) {
            source.server.sql("CREATE ROLE backups LOGIN REPLICATION");
            ConnectionSettings settings = ConnectionSettings.parse(
                    source.server.socketConninfo() + " user=backups",
                    new ClientEnvironment(Map.of(), Path.of("/nonexistent"), "nobody"));

            source.taker().take(settings).first();

            assertThat(source.warnings)
                    .singleElement(as(STRING))
                    .startsWith("archive_command does not call 'tidemark wal-push'");
        }
    }

    @Test
    void anInterruptLeavesNoBackupAndNoBackupMode() throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(14)), work())) {
            BackupOptions slow = withRate(source.options(), 1024);
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread taking = new Thread(() -> {
                try {
                    source.taker(slow).take(source.settings()).first();
                } catch (Throwable e) {
                    failure.set(e);
                }
            });
            taking.start();
            PostgresWait.until(
                    "the backup runs",
                    Duration.ofSeconds(60),
                    source.server,
                    () -> source.server.query("SELECT pg_is_in_backup()").equals("t")
                            || !source.server
                                    .query("SELECT 1 FROM pg_stat_progress_basebackup")
                                    .isEmpty());

            taking.interrupt();
            taking.join(Duration.ofMinutes(2));

            assertThat(failure.get()).isInstanceOf(UserFacingException.class);
            assertThat(source.catalog().list()).singleElement().isInstanceOf(Unpublished.class);
            assertThat(directory.resolve("work")).isEmptyDirectory();
            PostgresWait.until(
                    "PostgreSQL has left backup mode",
                    Duration.ofSeconds(30),
                    source.server,
                    () -> source.server
                            .query("SELECT 1 FROM pg_stat_progress_basebackup")
                            .isEmpty());
        }
    }

    @Test
    void aServerThatDiesLeavesNoBackup() throws Exception {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(18)), work())) {
            BackupListener killing = new KillingListener(source);
            BackupTaker taker = new BackupTaker(
                    ArchivedServer.into(source.repository),
                    ArchivedServer.CLUSTER,
                    withRate(source.options(), 1024),
                    Clock.systemUTC(),
                    new Random(),
                    killing);

            assertThatThrownBy(() -> taker.take(source.settings()).first())
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE));

            assertThat(source.catalog().list()).singleElement().isInstanceOf(Unpublished.class);
            assertThat(directory.resolve("work")).isEmptyDirectory();
        }
    }

    @Test
    void aTablespaceWithinTheDataDirectoryIsADirectory() throws IOException {
        PostgresServerBuilder builder =
                PostgresServer.of(PostgresBinaries.embedded(16)).setting("allow_in_place_tablespaces", "on");
        try (ArchivedServer source = new ArchivedServer(builder, work())) {
            source.server.sql(
                    "CREATE TABLESPACE inside LOCATION ''",
                    "CREATE TABLE t TABLESPACE inside AS SELECT i FROM generate_series(1, 1000) i");
            String file = source.server.query("SELECT pg_relation_filepath('t')");

            BaseBackup backup = source.taker().take(source.settings()).first();

            assertThat(PlainRestore.restore(source.catalog(), backup, directory.resolve("restored"), directory))
                    .noneMatch(ManifestEntry.LinkEntry.class::isInstance)
                    .extracting(ManifestEntry::path)
                    .contains(file);
        }
    }

    /** Without the refusal, recovery leaves an empty directory of it on each version, and says nothing. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aDatabaseWhoseFilesMoveWhileTheyAreReadIsNotLostInSilence(PostgresBinaries binaries) throws IOException {
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(binaries).withTemplates(), work())) {
            source.server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + source.server.newDirectory("fast") + "'",
                    "CREATE DATABASE moving");
            BackupTaker taker = source.taker(source.options(SourceMethod.LOCAL));
            source.beforeCopy = () -> source.server.sql("ALTER DATABASE moving SET TABLESPACE fast");

            assertThatThrownBy(() -> taker.take(source.settings()))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED))
                    .hasMessageContaining("the database 'moving' was moved");

            source.beforeCopy = () -> source.server.sql(
                    "CREATE DATABASE made TEMPLATE moving" + (binaries.major() < 15 ? "" : " STRATEGY FILE_COPY"),
                    "DROP DATABASE moving");
            BaseBackup backup = taker.take(source.settings()).first();
            assertThat(backup.run().warnings())
                    .anySatisfy(warning ->
                            assertThat(warning).contains("the database 'made' was created and 'moving' was dropped"));
        }
    }

    @Test
    void aServerThatIsNotRegisteredIsRefused() throws IOException {
        try (ArchivedServer source = new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded(15)), work())) {
            Repository other = Repository.create(new MemoryStore(Clock.systemUTC()), Clock.systemUTC());
            ClusterIdentity identity = source.cluster.identity();

            assertRefused(source, other, "not registered", "Register it with: tidemark init --cluster main");
            Repository foreign = Repository.create(new MemoryStore(Clock.systemUTC()), Clock.systemUTC());
            foreign.register(
                    new ClusterIdentity(
                            identity.cluster(),
                            new SystemIdentifier(identity.system().value() + 1),
                            identity.walSegmentSize(),
                            8192,
                            15),
                    Clock.systemUTC());
            assertRefused(source, foreign, "not registered", "Is this another cluster's server?");
            other.register(
                    new ClusterIdentity(identity.cluster(), identity.system(), new WalSegmentSize(1 << 20), 8192, 15),
                    Clock.systemUTC());
            assertRefused(source, other, "size of WAL segments", "--new-incarnation");
        }
    }

    private static void assertRefused(ArchivedServer source, Repository repository, String why, String hint) {
        BackupTaker taker = new BackupTaker(
                ArchivedServer.into(repository),
                ArchivedServer.CLUSTER,
                source.options(),
                Clock.systemUTC(),
                new Random(),
                source);
        assertThatThrownBy(() -> taker.take(source.settings()).first())
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.WRONG_CLUSTER);
                    assertThat(e).hasMessageContaining(why);
                    assertThat(e.hint()).contains(hint);
                });
    }

    /** A table of some pages, written to disk; the path of its file. */
    private static String table(PostgresServer server) {
        server.sql("CREATE TABLE t AS SELECT i, repeat('x', 100) AS x FROM generate_series(1, 1000) i", "CHECKPOINT");
        return server.query("SELECT pg_relation_filepath('t')");
    }

    private static void damage(Path file, long offset) throws IOException {
        try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
            bytes.seek(offset);
            int old = bytes.read();
            bytes.seek(offset);
            bytes.write(old ^ 1);
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = SourceMethod.class,
            names = {"STREAM", "LOCAL"})
    void noMoreIsReadThanTheLimit(SourceMethod method) throws Exception {
        try (ArchivedServer source =
                new ArchivedServer(PostgresServer.of(PostgresBinaries.embedded().getLast()), work())) {
            long begun = System.nanoTime();
            BaseBackup backup = source.taker(withRate(source.options(method), 8 << 10))
                    .take(source.settings())
                    .first();
            double seconds = (System.nanoTime() - begun) / 1e9;

            assertThat(seconds).isGreaterThan(0.8 * backup.contents().dataSizeBytes() / (8 << 20));
        }
    }

    private static BackupOptions withWalLimit(BackupOptions options, Duration limit) {
        return new BackupOptions(
                options.name(),
                BaseBackup.Type.FULL,
                options.method(),
                options.jobs(),
                options.bundleSizeBytes(),
                options.bundlesInFlight(),
                options.workDirectory(),
                options.attempts(),
                options.checkpoint(),
                options.readLimit(),
                limit,
                options.host(),
                options.tool());
    }

    private static BackupOptions withRate(BackupOptions options, int rateKib) {
        return new BackupOptions(
                Optional.empty(),
                BaseBackup.Type.FULL,
                options.method(),
                options.jobs(),
                options.bundleSizeBytes(),
                options.bundlesInFlight(),
                options.workDirectory(),
                options.attempts(),
                options.checkpoint(),
                OptionalLong.of(1024L * rateKib),
                options.walLimit(),
                options.host(),
                options.tool());
    }

    private Path work() throws IOException {
        return Files.createDirectories(directory.resolve("work"));
    }

    /** Crashes the server as soon as files arrive. */
    private record KillingListener(ArchivedServer source) implements BackupListener {
        @Override
        public void phase(BackupId id, Phase phase) {
            if (phase == Phase.COPYING) {
                source.server.stopImmediately();
            }
        }

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            source.awaitingWal(missing, repository, waited, hint);
        }

        @Override
        public void warning(String message) {}
    }

    /** Does on the primary what the hint says. */
    private record SwitchingListener(ArchivedServer primary) implements BackupListener {
        @Override
        public void phase(BackupId id, Phase phase) {}

        @Override
        public void source(SourceMethod used, String reason) {}

        @Override
        public void progress(long bytesDone, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            assertThat(hint).contains("pg_switch_wal()");
            if (!Files.exists(primary.archive.resolve(missing.name()))) {
                primary.server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
            }
            primary.awaitingWal(missing, repository, waited, hint);
        }

        @Override
        public void warning(String message) {}
    }
}
