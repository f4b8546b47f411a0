// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.image.BackupSources;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.wal.Holding;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

class RestoreOfRealServersTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    @TempDir
    private Path work;

    /** Belongs to the user of PostgreSQL, as an operator's directories do. */
    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-restore-");

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.ofThisRun();
    }

    static List<PostgresBinaries> oldestAndNewest() {
        return PostgresBinaries.oldestAndNewest();
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aDroppedTableComesBackAtTheMomentBeforeWithItsTablespaceElsewhere(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(PostgresServer.of(binaries), work)) {
            PostgresServer server = source.server();
            server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'",
                    "CREATE TABLE kept AS SELECT i, md5(i::text) FROM generate_series(1, 5000) i",
                    "CREATE TABLE dropped TABLESPACE fast AS SELECT i FROM generate_series(1, 1000) i");
            source.backUp();
            server.sql("INSERT INTO dropped SELECT i FROM generate_series(1001, 2000) i");
            SortedMap<String, String> before = server.tableHashes();
            RecoveryTarget target = new RecoveryTarget.AtLsn(server.walPosition(), Bound.EXCLUSIVE);
            server.sql("DROP TABLE dropped", "INSERT INTO kept SELECT 0, 'after'");
            source.archiveEverything();
            Path directory = ownDirectory("restored");
            Path spaces = ownDirectory("spaces");
            Path place = spaces.resolve("fast");

            Chosen plan = restore(source, RestoreRequest.of(directory, target).withTablespacesBelow(spaces));

            assertThat(Files.readString(PlanFile.beside(directory), StandardCharsets.UTF_8))
                    .contains("PLAN for main", "pg_ctl -D " + directory + " -o ", "pg_wal_replay_resume()");
            assertThat(plan.wal().isWhole()).isTrue();
            assertThat(ManifestVerification.verify(directory, 10).problems())
                    .as("only the map of the tablespaces, one of which was moved, is another")
                    .extracting(ManifestVerification.Problem::path)
                    .containsExactly("tablespace_map");
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(directory).start()) {
                copy.awaitConnections(LIMIT);
                PostgresWait.until(
                        "recovery pauses at its target",
                        LIMIT,
                        copy,
                        () -> copy.query("SELECT pg_is_wal_replay_paused()").equals("t"));
                assertThat(copy.tableHashes()).isEqualTo(before);
                assertThat(copy.query("SELECT pg_tablespace_location(oid) FROM pg_tablespace WHERE spcname = 'fast'"))
                        .isEqualTo(place.toString());
                copy.sql("SELECT pg_wal_replay_resume()");
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.query("SHOW archive_mode")).isEqualTo("off");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aServerThatWentOnIsBroughtBackByADelta(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source =
                new ArchivingServer(PostgresServer.of(binaries).initdb("--wal-segsize=1"), work)) {
            source.server().sql("CREATE TABLE a AS SELECT i, md5(i::text) FROM generate_series(1, 20000) i");
            BaseBackup first = source.backUp();
            source.server().sql("UPDATE a SET i = -i WHERE i % 100 = 0");
            BaseBackup second = source.backUp();
            source.server().sql("CREATE TABLE b AS SELECT generate_series(1, 100) i");
            SortedMap<String, String> rows = source.server().tableHashes();
            source.archiveEverything();
            Path directory = ownDirectory("restored");
            RestoreRequest request = RestoreRequest.of(directory, new RecoveryTarget.Latest());
            restore(source, request.withBackup(first.id().value()));
            goOn(binaries, directory);
            RestoreRequest again = request.withBackup(second.id().value());

            assertThat(problems(source, again)).contains("a server runs there, or was not shut down cleanly");
            assertThat(problems(source, again.over(new RestoreRequest.Delta(false))))
                    .contains("its process is not seen here");
            Chosen plan = restore(source, again.over(new RestoreRequest.Delta(true)));

            Path aside = home.resolve("restored.aside");
            assertThat(plan.findings())
                    .anySatisfy(each -> assertThat(each.message())
                            .startsWith("moved to '" + aside + "'")
                            .contains("00000002.history"));
            assertThat(aside.resolve("postgresql.auto.conf")).exists();
            assertThat(aside.toFile().list())
                    .as("the history and the WAL of its own timeline")
                    .contains("00000002.history")
                    .anyMatch(each -> each.matches("00000002[0-9A-F]{16}"));
            assertThat(ManifestVerification.verify(directory, 10).problems()).isEmpty();
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(directory).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.tableHashes()).isEqualTo(rows);
            }
        }
    }

    private static String problems(ArchivingServer source, RestoreRequest request) throws IOException {
        return new RestorePreparation(List.of(Holding.of("local", source.archive(), source.backups())), Map.of())
                .prepare(request)
                .plan()
                .problems()
                .toString();
    }

    /** A server that was restored works on a timeline of its own, and is killed. */
    private static void goOn(PostgresBinaries binaries, Path directory) throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).from(directory).start()) {
            server.awaitRecoveryEnd(LIMIT);
            server.sql("DROP TABLE a", "CREATE TABLE d AS SELECT generate_series(1, 10000) i", "CHECKPOINT");
            server.stopImmediately();
            TemporaryTree.delete(directory);
            TemporaryTree.copy(server.dataDirectory(), directory);
        }
        OperatingUser.current()
                .own(Files.writeString(directory.resolve("postmaster.pid"), "4194305\n" + directory + "\n"));
    }

    @ParameterizedTest
    @MethodSource("versions")
    void theRestoredDirectoryIsWhatPostgresqlsManifestSays(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(PostgresServer.of(binaries), work)) {
            // Names that are not UTF-8: a Java test cannot write them.
            Shell.run(List.of(
                    "sh",
                    "-c",
                    "cd \"$0\"; d=$(printf 'd\\377'); mkdir \"$d\"; echo x > \"$d/$(printf 'caf\\351')\"; echo y >"
                            + " \"base/$(printf '\\303\\251')\"",
                    source.server().dataDirectory().toString()));
            source.backUp();
            source.server().sql("CREATE TABLE later AS SELECT 1 AS one");
            source.archiveEverything();
            Path directory = ownDirectory("restored");

            restore(source, RestoreRequest.of(directory, new RecoveryTarget.Latest()));

            assertThat(ManifestVerification.verify(directory, 10).problems()).isEmpty();
            verifyWithPostgresql(directory, binaries);
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(directory).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.query("SELECT one FROM later")).isEqualTo("1");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aRestoredStandbyReplaysTheArchiveThenStreamsAndKeepsTheArchiveSettings(PostgresBinaries binaries)
            throws Exception {
        try (ArchivingServer source = new ArchivingServer(PostgresServer.of(binaries), work)) {
            PostgresServer primary = source.server();
            primary.sql("CREATE TABLE t AS SELECT 'in the backup' AS step");
            source.backUp();
            primary.sql("INSERT INTO t VALUES ('archived')");
            source.archiveEverything();
            primary.sql("INSERT INTO t VALUES ('streamed')");
            Path directory = ownDirectory("standby");

            restore(
                    source,
                    RestoreRequest.of(directory, new RecoveryTarget.Latest())
                            .withRole(new Role.Standby(primary.socketConninfo() + " application_name=restored")));

            assertThat(directory.resolve("standby.signal")).exists();
            assertThat(directory.resolve("recovery.signal")).doesNotExist();
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(directory).start()) {
                copy.awaitConnections(LIMIT);
                primary.awaitStandbyAtCommit("restored");
                assertThat(copy.isInRecovery()).isTrue();
                assertThat(copy.query("SELECT string_agg(step, ',' ORDER BY ctid) FROM t"))
                        .isEqualTo("in the backup,archived,streamed");
                assertThat(copy.query("SELECT status FROM pg_stat_wal_receiver"))
                        .isEqualTo("streaming");
                assertThat(copy.query("SHOW archive_mode")).isEqualTo("on");
                assertThat(copy.query("SHOW recovery_target_timeline")).isEqualTo("latest");
                assertThat(copy.log()).contains("restored log file");
            }
        }
    }

    private void verifyWithPostgresql(Path directory, PostgresBinaries binaries) {
        Path program = Path.of("/usr/lib/postgresql/15/bin/pg_verifybackup");
        if (!Files.isExecutable(program) || binaries.major() > 16) {
            // It reads the manifests of PostgreSQL 13 to 16.
            System.getLogger(getClass().getName())
                    .log(System.Logger.Level.INFO, "skipped for " + binaries + ": " + program);
            return;
        }
        assertThat(Shell.run(List.of(program.toString(), "-n", directory.toString())))
                .contains("successfully verified");
    }

    @Test
    void everyKindOfTargetEndsWhereItShould() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            server.sql("INSERT INTO t VALUES (1)");
            String xid = server.query("INSERT INTO t VALUES (2) RETURNING pg_current_xact_id()");
            server.sql("SELECT pg_create_restore_point('half way')", "INSERT INTO t VALUES (3)");
            Instant moment = Instant.parse(server.query(
                    "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
            server.sql("INSERT INTO t VALUES (4)");
            source.archiveEverything();
            server.sql("INSERT INTO t VALUES (5)");
            source.archiveEverything();
            Map<RecoveryTarget, String> expected = Map.of(
                    new RecoveryTarget.Immediate(), "0",
                    new RecoveryTarget.AtXid(Long.parseLong(xid), Bound.INCLUSIVE), "2",
                    new RecoveryTarget.AtXid(Long.parseLong(xid), Bound.EXCLUSIVE), "1",
                    new RecoveryTarget.AtRestorePoint("half way"), "2",
                    new RecoveryTarget.AtTime(moment, Bound.INCLUSIVE), "3",
                    new RecoveryTarget.Latest(), "5");

            for (Map.Entry<RecoveryTarget, String> each : expected.entrySet()) {
                Path directory = ownDirectory(
                        "restored-" + each.getValue() + "-" + each.getKey().hashCode());
                restore(source, RestoreRequest.of(directory, each.getKey()).withAction(Action.PROMOTE));
                try (PostgresServer copy =
                        PostgresServer.of(binaries).from(directory).start()) {
                    copy.awaitRecoveryEnd(LIMIT);
                    assertThat(copy.query("SELECT max(step) FROM t"))
                            .as(each.getKey().toString())
                            .isEqualTo(each.getValue());
                }
            }
        }
    }

    /** By the WAL, and not by a clock: sessions do not commit in the order of their times. */
    @Test
    void theLastTransactionThatThePlanNamesIsTheLastOneThatTheServerHas() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
        Random random = new Random(Rounds.seed());
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x bigint DEFAULT txid_current())");
            source.backUp();
            Instant first = now(server);
            for (int i = 0; i < 40; i++) {
                server.sql("INSERT INTO t DEFAULT VALUES");
                if (i % 13 == 12) {
                    source.archiveEverything();
                }
            }
            Instant last = now(server);
            server.sql("INSERT INTO t DEFAULT VALUES");
            source.archiveEverything();
            long span = Duration.between(first, last).toNanos() / 1000;
            for (int round = 0; round < Rounds.of(2, 20); round++) {
                Instant moment = first.plus(random.nextLong(span), ChronoUnit.MICROS);
                Path directory = ownDirectory("restored-" + round);
                Chosen plan = restore(
                        source,
                        RestoreRequest.of(directory, new RecoveryTarget.AtTime(moment, Bound.INCLUSIVE))
                                .withAction(Action.PROMOTE));
                String stop = plan.findings().stream()
                        .map(PlanFinding::message)
                        .filter(each -> each.startsWith("stops at "))
                        .findFirst()
                        .orElse("");
                Matcher named = Pattern.compile(
                                "of transaction (\\d+) at .*; .* kept is that of transaction (\\d+) at ")
                        .matcher(stop);
                assertThat(named.find()).as(stop).isTrue();
                try (PostgresServer copy =
                        PostgresServer.of(binaries).from(directory).start()) {
                    copy.awaitRecoveryEnd(LIMIT);
                    String rows = copy.query("SELECT count(*) FROM t");
                    assertThat(server.query("SELECT count(*) FROM t WHERE x <= " + named.group(2)))
                            .as("%s at %s", stop, moment)
                            .isEqualTo(rows);
                    assertThat(server.query("SELECT count(*) FROM t WHERE x < " + named.group(1)))
                            .as("%s at %s", stop, moment)
                            .isEqualTo(rows);
                }
            }
        }
    }

    private static Instant now(PostgresServer server) {
        return Instant.parse(server.query(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    @Test
    void aRestorePointIsReachedFromTheNewestBackupThatLeadsToIt() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (ArchivingServer source = new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            String first = source.backUp().id().value();
            server.sql("INSERT INTO t VALUES (1)", "SELECT pg_create_restore_point('weekly')");
            server.sql("INSERT INTO t VALUES (2)", "SELECT pg_create_restore_point('once')");
            source.archiveEverything();
            server.sql("CREATE TABLE filling AS SELECT i FROM generate_series(1, 100000) i");
            source.archiveEverything();
            String second = source.backUp().id().value();
            server.sql("INSERT INTO t VALUES (3)");
            String position = server.query("SELECT pg_create_restore_point('weekly')");
            server.sql("INSERT INTO t VALUES (4)");
            String again = server.query("SELECT pg_create_restore_point('weekly')");
            source.archiveEverything();

            Chosen weekly = planned(source, "weekly", Optional.empty());
            Chosen once = planned(source, "once", Optional.empty());
            Chosen named = planned(source, "weekly", Optional.of(first));
            Chosen absent = planned(source, "monthly", Optional.empty());

            assertThat(weekly.backup().id()).isEqualTo(second);
            assertThat(weekly.restorePoint().orElseThrow().end()).hasToString(position);
            assertThat(weekly.reachable()).isEqualTo(RestorePlan.Reachability.YES);
            assertThat(weekly.findings())
                    .anySatisfy(finding -> assertThat(finding.message() + finding.hint())
                            .contains("the name 'weekly' was given 2 times", "--target-lsn " + again + " --exclusive"));
            assertThat(once.backup().id()).isEqualTo(first);
            assertThat(once.wal().segments())
                    .as("only up to the restore point")
                    .isLessThan(once.recovery().archived().segments());
            assertThat(named.reachable()).isEqualTo(RestorePlan.Reachability.YES);
            assertThat(named.wal()).as("the first of the three").isEqualTo(once.wal());
            Chosen carried = planned(
                    source,
                    RestoreRequest.of(home.resolve("nothing"), new RecoveryTarget.AtRestorePoint("weekly"))
                            .withBackup(first)
                            .withCopiedWal());
            assertThat(carried.reachable()).isEqualTo(RestorePlan.Reachability.YES);
            assertThat(carried.wal()).isEqualTo(named.wal());
            assertThat(absent.backup().id()).isEqualTo(first);
            assertThat(absent.findings())
                    .anySatisfy(finding -> assertThat(finding.message() + finding.hint())
                            .contains("a restore point 'monthly'", "is not in the archived WAL after backup " + first)
                            .contains("'weekly' of ", "'once' of "));
            Path directory = ownDirectory("restored");
            restore(
                    source,
                    RestoreRequest.of(directory, new RecoveryTarget.AtRestorePoint("weekly"))
                            .withAction(Action.PROMOTE));
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(directory).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThat(copy.query("SELECT max(step) FROM t")).isEqualTo("3");
            }
        }
    }

    private Chosen planned(ArchivingServer source, String restorePoint, Optional<String> backup) throws IOException {
        RestoreRequest request =
                RestoreRequest.of(home.resolve("nothing"), new RecoveryTarget.AtRestorePoint(restorePoint));
        return planned(source, backup.map(request::withBackup).orElse(request));
    }

    private static Chosen planned(ArchivingServer source, RestoreRequest request) throws IOException {
        return (Chosen)
                new RestorePreparation(List.of(Holding.of("local", source.archive(), source.backups())), Map.of())
                        .prepare(request)
                        .plan();
    }

    private Chosen restore(ArchivingServer source, RestoreRequest request) throws IOException, InterruptedException {
        PreparedRestore prepared = new RestorePreparation(
                        List.of(Holding.of("local", source.archive(), source.backups())), Map.of())
                .prepare(request);
        Chosen plan = prepared.plan().orThrow();
        BaseBackup backup = prepared.backup().orElseThrow();
        new RestoreExecutor(BackupSources.of(source.backups()), Clock.systemUTC(), 2)
                .restore(
                        plan, backup, RecoverySettings.of(plan, "cp " + source.wal() + "/%f %p"), RestoreProgress.NONE);
        PlanFile.write(
                prepared.textAfterwards(),
                plan.request().directory(),
                PlanFile.beside(plan.request().directory()));
        return plan;
    }

    private Path ownDirectory(String name) throws IOException {
        Path directory = Files.createDirectory(home.resolve(name));
        OperatingUser.current().own(directory);
        return directory;
    }
}
