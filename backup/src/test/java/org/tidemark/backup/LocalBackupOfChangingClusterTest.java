// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.source.SourceHost;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SshDestination;
import org.tidemark.core.TimeLimits;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.ssh.Ssh;
import org.tidemark.ssh.SshLogin;
import org.tidemark.ssh.sftp.SftpFiles;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * What was copied while everything changed becomes, with its WAL, the cluster as it was at the end, row by row: mostly
 * by the method local, sometimes by stream or ssh.
 */
@InTurn
class LocalBackupOfChangingClusterTest {
    private static final System.Logger LOG = System.getLogger(LocalBackupOfChangingClusterTest.class.getName());

    private static final String UNUSABLE_INDEXES = "SELECT count(bt_index_check(c.oid, true)) FROM pg_index i"
            + " JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am a ON a.oid = c.relam"
            + " WHERE a.amname = 'btree' AND i.indisvalid AND c.relpersistence = 'p'";

    private static final String MAY_BE_EMPTY = "may be empty after a restore";
    private static final String EMPTY_DATABASES = "SELECT string_agg(datname, ' ') FROM pg_database,"
            + " LATERAL (SELECT CASE dattablespace WHEN 1663 THEN 'base'"
            + " ELSE 'pg_tblspc/' || dattablespace || '/' || (SELECT pg_ls_dir('pg_tblspc/' || dattablespace) LIMIT 1)"
            + " END AS within) AS place WHERE datconnlimit <> -2"
            + " AND pg_stat_file(within || '/' || oid || '/PG_VERSION', true) IS NULL";

    private static Optional<OpenSshServer> sshd = Optional.empty();

    @TempDir
    private Path directory;

    /** Without sshd, files are read on this host only. */
    @BeforeAll
    static void startSshd() {
        sshd = OpenSshServer.ofOrdinaryUser(OpenSshServer.Serves.READ_ONLY_SFTP);
    }

    @AfterAll
    static void stopSshd() {
        sshd.ifPresent(OpenSshServer::close);
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void eachBackupRestoresWithAllThatWasCommitted(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(2, 50);
        Map<String, Integer> counts = new TreeMap<>();
        try (ArchivedServer source = source(binaries)) {
            List<Path> places = ChangingCluster.prepareTablespaces(source.server);
            ChangingCluster.prepare(source.server);
            int complete = 0;
            for (int round = 0; round < rounds || complete < Math.min(rounds, 2); round++) {
                Optional<BaseBackup> backup;
                SourceMethod method = method(random);
                try (ChangingCluster changes = ChangingCluster.begin(source.server, places, random)) {
                    int crash = random.nextInt(4) == 0 ? random.nextInt(1500) : -1;
                    backup = backup(
                            source,
                            source.settings(),
                            new Course(source, changes, method, crash, Optional.empty(), new AtomicReference<>()));
                }
                source.server.sql("DROP TABLE IF EXISTS unlogged");
                counts.merge(method + (backup.isPresent() ? " restored" : " interrupted"), 1, Integer::sum);
                if (backup.isPresent()) {
                    complete++;
                    assertRestores(source, backup.get(), places, "round " + round + ", " + method);
                    source.forget(backup.get());
                }
            }
        }
        LOG.log(System.Logger.Level.INFO, binaries + ": " + counts);
    }

    /** On one host a standby cannot replay tablespaces: it would use the directories of its primary. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void aBackupOfAStandbyRestoresWithAllThatThePrimaryCommitted(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(1, 10);
        try (ArchivedServer source = source(binaries)) {
            ChangingCluster.prepare(source.server);
            Path copy =
                    source.server.takeBaseBackup(directory.resolve("standby")).dataDirectory();
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(copy)
                    .standbyOf(source.server)
                    .start()) {
                source.beforeWalIsAwaited = () -> source.server.sql("SELECT txid_current()", "SELECT pg_switch_wal()");
                for (int round = 0; round < rounds; round++) {
                    Optional<BaseBackup> backup = backupOfStandby(source, standby, random, Optional.empty());
                    assertThat(backup.orElseThrow().run().from()).isEqualTo(BaseBackup.Source.STANDBY);
                    assertRestores(source, backup.orElseThrow(), List.of(), "standby, round " + round);
                }

                assertThat(backupOfStandby(source, standby, random, Optional.of(() -> promote(standby))))
                        .isEmpty();
            }
        }
        LOG.log(System.Logger.Level.INFO, binaries + ": " + rounds + " backups of a standby restored");
    }

    /** Not by SQL: replay may cancel the statement. */
    private static void promote(PostgresServer standby) {
        String program = standby.binaries().program("pg_ctl").orElseThrow().toString();
        standby.run(List.of(program, "promote", "-D", standby.dataDirectory().toString()));
    }

    private static Optional<BaseBackup> backupOfStandby(
            ArchivedServer source, PostgresServer standby, Random random, Optional<Runnable> promotion)
            throws Exception {
        SourceMethod method = method(random);
        try (ChangingCluster changes = ChangingCluster.begin(source.server, List.of(), random)) {
            return backup(
                    source,
                    ArchivedServer.settings(standby),
                    new Course(source, changes, method, -1, promotion, new AtomicReference<>()));
        } finally {
            source.server.sql("DROP TABLE IF EXISTS unlogged");
        }
    }

    /** A relation has one file for each GiB: the second one appears, grows and disappears while it is copied. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aRelationOfSeveralFilesIsRestored(PostgresBinaries binaries) throws Exception {
        try (ArchivedServer source = source(binaries)) {
            source.server.sql(
                    "CREATE EXTENSION amcheck",
                    "CREATE UNLOGGED TABLE " + ChangingCluster.UNLOGGED + " (i int)",
                    "CREATE TABLE t (i int PRIMARY KEY)",
                    "CREATE TABLE large (i int, t text) WITH (autovacuum_enabled = false)",
                    "INSERT INTO large VALUES (0, 'first')",
                    "CHECKPOINT");
            Path file =
                    source.server.dataDirectory().resolve(source.server.query("SELECT pg_relation_filepath('large')"));
            source.server.stopFast();
            // Pages of zeros, as a crash after an extension leaves them.
            try (RandomAccessFile first = new RandomAccessFile(file.toFile(), "rw")) {
                first.setLength(1L << 30);
            }
            source.server.start();
            String insert = "INSERT INTO large SELECT i, repeat('x', 1000) FROM generate_series(1, 2000) i";
            source.server.sql(insert);
            assertThat(Path.of(file + ".1")).isNotEmptyFile();
            List<SourceMethod> methods = List.of(SourceMethod.LOCAL, SourceMethod.STREAM);
            for (SourceMethod method : methods.subList(0, Rounds.of(1, 2))) {
                Optional<BaseBackup> backup;
                try (ChangingCluster changes = ChangingCluster.repeat(
                        source.server, List.of(insert, "DELETE FROM large WHERE i > 0", "VACUUM large"))) {
                    backup = backup(
                            source,
                            source.settings(),
                            new Course(source, changes, method, -1, Optional.empty(), new AtomicReference<>()));
                }
                assertRestores(source, backup.orElseThrow(), List.of(), method.toString());
                source.server.sql(insert);
            }
        }
    }

    private static SourceMethod method(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> SourceMethod.STREAM;
            case 1 -> sshd.isPresent() ? SourceMethod.SSH : SourceMethod.LOCAL;
            default -> SourceMethod.LOCAL;
        };
    }

    private static Optional<SourceHost.Reach> otherHost() {
        return sshd.map(server -> connections -> {
            Map<String, Path> login = Map.of("key-file", server.clientKey(), "known-hosts", server.knownHosts());
            Ssh ssh = new Ssh(
                    new SshDestination(Optional.of(server.user()), "127.0.0.1", OptionalInt.of(server.port())),
                    SshLogin.of(name -> Optional.ofNullable(login.get(name)), _ -> Optional.empty()),
                    TimeLimits.DEFAULTS);
            return new SourceHost(new SftpFiles(ssh, connections), Optional.of("the other host"));
        });
    }

    private ArchivedServer source(PostgresBinaries binaries) throws IOException {
        return new ArchivedServer(
                PostgresServer.of(binaries)
                        .withTemplates()
                        .setting("max_wal_size", "64MB")
                        .setting("shared_buffers", "2MB")
                        .setting("autovacuum_naptime", "1s"),
                Files.createDirectory(directory.resolve("work")));
    }

    /** Empty if PostgreSQL crashed in the middle, and runs again, or was promoted. */
    private static Optional<BaseBackup> backup(ArchivedServer source, ConnectionSettings settings, Course course)
            throws Exception {
        try {
            return Optional.of(new BackupTaker(
                            ArchivedServer.into(source.repository),
                            ArchivedServer.CLUSTER,
                            source.options(course.method()),
                            Clock.systemUTC(),
                            new Random(),
                            course)
                    .take(settings, otherHost())
                    .first());
        } catch (UserFacingException e) {
            // In the middle of a move there and back, it is at neither place.
            if (!e.getMessage().contains("was moved to another tablespace")
                    && !e.getMessage().contains("does not contain database 'copy")) {
                assertThat(e.exitCode()).as(e.toString()).isIn(course.refusals());
            }
            return Optional.empty();
        } finally {
            course.end();
        }
    }

    /**
     * Crashes the server while its files are copied, or shortly after, and has nothing changed after the copy.
     *
     * @param crashAfterMillis negative for no crash
     * @param promotion of the standby that is copied
     */
    private record Course(
            ArchivedServer source,
            ChangingCluster changes,
            SourceMethod method,
            int crashAfterMillis,
            Optional<Runnable> promotion,
            AtomicReference<Thread> crash)
            implements BackupListener {
        List<ExitCode> refusals() {
            if (promotion.isPresent()) {
                return List.of(ExitCode.BACKUP_FAILED, ExitCode.POSTGRES_REFUSED);
            }
            return crashAfterMillis < 0
                    ? List.of()
                    : List.of(ExitCode.POSTGRES_UNAVAILABLE, ExitCode.POSTGRES_REFUSED, ExitCode.WAL_NOT_ARCHIVED);
        }

        @Override
        public void source(SourceMethod used, String reason) {
            assertThat(used).isEqualTo(method);
        }

        @Override
        public void phase(BackupId id, Phase phase) {
            if (phase == Phase.COPYING && crashAfterMillis >= 0) {
                crash.set(Thread.ofPlatform().start(() -> {
                    pause(crashAfterMillis);
                    source.server.stopImmediately();
                    source.server.start();
                }));
            }
            if (phase == Phase.COPYING) {
                promotion.ifPresent(Runnable::run);
            }
            if (phase == Phase.FINISHING) {
                changes.end();
            }
        }

        @Override
        public void progress(long bytesRead, long bytesExpected, long bytesStored) {}

        @Override
        public void awaitingWal(WalFile missing, String repository, Duration waited, String hint) {
            source.awaitingWal(missing, repository, waited, hint);
        }

        @Override
        public void warning(String message) {
            // PostgreSQL warns, too, of a backup that it ends itself; and 13 of a page that is half there while the
            // file grows.
            if (refusals().isEmpty() && !message.contains("read buffer size") && !message.contains(MAY_BE_EMPTY)) {
                assertThat(message).startsWith("SQL queries failed");
            }
        }

        void end() throws InterruptedException {
            Thread running = crash.get();
            if (running != null) {
                running.join();
            }
        }
    }

    /** The source is stopped meanwhile, so that its copy can have the directories of its tablespaces. */
    private void assertRestores(ArchivedServer source, BaseBackup backup, List<Path> places, String round)
            throws Exception {
        String last = source.server.archiveCurrentSegment(Duration.ofSeconds(60));
        Map<String, String> rows = source.server.tableHashes();
        rows.remove("public." + ChangingCluster.UNLOGGED);
        source.server.stopFast();
        for (Path place : places) {
            Files.move(place, aside(place));
            Files.createDirectory(place);
        }
        Path restored = directory.resolve("restored");
        try {
            PlainRestore.restore(source.catalog(), backup, restored);
            try (InputStream manifest = source.catalog().postgresManifest(backup)) {
                Files.copy(manifest, restored.resolve(PostgresManifest.PATH));
            }
            Set<String> shared = sharingTheirPlace(backup);
            assertThat(ManifestVerification.verify(restored, 10).problems())
                    .as(round)
                    .filteredOn(problem -> shared.stream().noneMatch(problem.path()::startsWith))
                    .isEmpty();
            for (Path each : places) {
                OperatingUser.current().own(each);
            }
            OperatingUser.current().own(directory);
            if (shared.isEmpty()) {
                verifyByProgram(source.server, restored);
            }
            assertThat(backup.contents().damagedPages()).as(round).isEmpty();
            assertRows(source, backup, restored, rows, round + ", to the end of " + last);
        } finally {
            TemporaryTree.delete(restored);
            for (Path place : places) {
                TemporaryTree.delete(place);
                Files.move(aside(place), place);
            }
            source.server.start();
        }
    }

    /**
     * Those in whose place more than one tablespace is: one was dropped, and the other one created there, meanwhile.
     * The files of each are seen in both.
     */
    private static Set<String> sharingTheirPlace(BaseBackup backup) {
        Map<String, List<BaseBackup.Tablespace>> places = backup.contents().tablespaces().stream()
                .collect(Collectors.groupingBy(BaseBackup.Tablespace::location));
        return places.values().stream()
                .filter(each -> each.size() > 1)
                .flatMap(List::stream)
                .map(each -> "pg_tblspc/" + each.oid() + "/")
                .collect(Collectors.toSet());
    }

    private static Path aside(Path place) {
        return place.resolveSibling(place.getFileName() + "-aside");
    }

    private static void assertRows(
            ArchivedServer source, BaseBackup backup, Path restored, Map<String, String> rows, String round)
            throws IOException {
        Files.deleteIfExists(restored.resolve("standby.signal"));
        Files.writeString(restored.resolve("postgresql.auto.conf"), "");
        try (PostgresServer copy = PostgresServer.of(source.server.binaries())
                .from(restored)
                .setting("archive_mode", "off")
                .recovery("cp " + source.archive + "/%f %p")
                .start()) {
            copy.awaitRecoveryEnd(Duration.ofMinutes(2));
            Map<String, String> found = copy.tableHashes();
            assertThat(found.remove("public." + ChangingCluster.UNLOGGED)).startsWith("0 rows");
            assertThat(found).as(round).isEqualTo(rows);
            // Where the server crashed at the end, nobody could ask it which databases there were.
            if (backup.run().warnings().stream()
                    .noneMatch(each -> each.contains(MAY_BE_EMPTY) || each.startsWith("SQL queries failed"))) {
                assertThat(copy.query(EMPTY_DATABASES)).as(round).isEmpty();
            }
            assertThat(copy.query(UNUSABLE_INDEXES)).as(round).isNotEqualTo("0");
            copy.sql("INSERT INTO " + ChangingCluster.UNLOGGED + " VALUES (1)");
        }
    }

    /** It reads the manifests of its own version and older ones. */
    private static void verifyByProgram(PostgresServer server, Path restored) {
        Optional<PostgresBinaries> machine = PostgresBinaries.ofMachine()
                .filter(each -> each.major() == server.binaries().major());
        machine.flatMap(each -> each.program("pg_verifybackup"))
                .ifPresent(program -> server.run(List.of(program.toString(), "-n", restored.toString())));
    }

    private static void pause(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
