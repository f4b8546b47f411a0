// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.image.BackupSources;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.recoverability.PlanFinding.Topic;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/** What a plan says of the moment at which its recovery ends is what the server is like that was recovered to there. */
class StopOfRealServersTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern POSITION = Pattern.compile("--target-lsn (\\S+) --exclusive");

    @TempDir
    Path work;

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-stop-");

    private final Path none = home.resolve("none");

    @BeforeEach
    void ownDirectory() throws IOException {
        OperatingUser.current().own(Files.createDirectory(none));
    }

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    static List<PostgresBinaries> oldestAndNewest() {
        return PostgresBinaries.oldestAndNewest();
    }

    /** The end of a transaction, in the order of the WAL, and the position after it. */
    private record End(long xid, boolean isCommit, Lsn after) {}

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void theTransactionsAroundTheTargetAreThoseBetweenWhichTheServerStops(PostgresBinaries binaries) throws Exception {
        Random random = new Random(Rounds.seed());
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x bigint)");
            source.backUp();
            List<End> ends = worked(source, random);
            source.archiveEverything();
            int last = ends.size() - 1;
            for (int round = 0; round < Rounds.of(24, 100); round++) {
                int place = 1 + random.nextInt(last - 1);
                Bound bound = random.nextBoolean() ? Bound.INCLUSIVE : Bound.EXCLUSIVE;
                int kind = random.nextInt(3);
                RecoveryTarget target = switch (kind) {
                    case 0 -> new RecoveryTarget.AtXid(ends.get(place).xid(), bound);
                    case 1 -> new RecoveryTarget.AtLsn(ends.get(place).after(), Bound.EXCLUSIVE);
                    default -> new RecoveryTarget.AtRestorePoint("after-" + place);
                };
                int left = kind == 0 && bound == Bound.EXCLUSIVE ? place : place + 1;
                Chosen plan = plan(source, target, Action.PROMOTE);

                assertThat(plan.problems()).as(target.toString()).isEmpty();
                assertThat(plan.reachable()).isEqualTo(RestorePlan.Reachability.YES);
                String stop = message(plan, "stops at ");
                assertThat(stop)
                        .as(target.toString())
                        .contains(", before the end of transaction "
                                + ends.get(left).xid() + " at ");
                Optional<End> kept = ends.subList(0, left).reversed().stream()
                        .filter(End::isCommit)
                        .findFirst();
                kept.ifPresent(each -> assertThat(stop)
                        .as(target.toString())
                        .contains(" kept is that of transaction " + each.xid() + " at "));
                if (round < Rounds.of(2, 6)) {
                    try (PostgresServer copy = restored(source, target, Action.PROMOTE)) {
                        copy.awaitRecoveryEnd(LIMIT);
                        List<String> there = ends.subList(0, left).stream()
                                .filter(End::isCommit)
                                .map(each -> Long.toString(each.xid()))
                                .sorted()
                                .toList();
                        assertThat(copy.query("SELECT string_agg(x::text, ' ' ORDER BY x::text COLLATE \"C\") FROM t"))
                                .as("%s: %s", target, stop)
                                .isEqualTo(String.join(" ", there));
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void whatFollowsTheTargetNeedNotBeReadable(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x int)");
            source.backUp();
            server.sql("INSERT INTO t VALUES (1)");
            Lsn target = Lsn.parse(server.query("SELECT pg_current_wal_insert_lsn()"));
            server.sql("INSERT INTO t VALUES (2)", "SELECT pg_switch_wal()", "INSERT INTO t VALUES (3)");
            String next = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            source.archiveEverything();
            RestoreRequest request = RestoreRequest.of(none, new RecoveryTarget.AtLsn(target, Bound.EXCLUSIVE))
                    .withAction(Action.PAUSE);

            PreparedRestore whole = prepared(source, request);
            PreparedRestore damaged =
                    new RestorePreparation(List.of(source.damaged(Set.of(next))), Map.of()).prepare(request);

            assertThat(damaged.stop()).isPresent().isEqualTo(whole.stop());
            assertThat(message((Chosen) damaged.plan(), "which transactions are kept"))
                    .isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aSegmentThatIsDamagedInEveryCopyCountsAsMissing(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x int)");
            source.backUp();
            server.sql("INSERT INTO t VALUES (1)");
            String first = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            server.sql("SELECT pg_switch_wal()", "INSERT INTO t VALUES (2)");
            Instant target = Instant.now();
            server.sql("INSERT INTO t VALUES (3)");
            String last = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            source.archiveEverything();
            RestoreRequest time = RestoreRequest.of(none, new RecoveryTarget.AtTime(target, Bound.INCLUSIVE));
            RestoreRequest latest = RestoreRequest.of(none, new RecoveryTarget.Latest());
            Holding good = Holding.of("local", source.archive(), source.backups());
            Set<RestoreRequest> asked = new HashSet<>();

            for (RestoreRequest each : List.of(time, latest, time, latest)) {
                boolean isAtTheEnd = !asked.add(each);
                for (String name : List.of(first, last)) {
                    Holding damaged = isAtTheEnd ? source.damagedAtTheEnd(Set.of(name)) : source.damaged(Set.of(name));
                    Chosen alone = (Chosen) new RestorePreparation(List.of(damaged), Map.of())
                            .prepare(each)
                            .plan();
                    PreparedRestore prepared = new RestorePreparation(List.of(damaged, good), Map.of()).prepare(each);
                    Chosen together = (Chosen) prepared.plan();

                    if (each.equals(time) && name.equals(last)) {
                        assertThat(alone.reachable()).isNotEqualTo(RestorePlan.Reachability.YES);
                    } else {
                        assertThat(alone.problems())
                                .as("%s of %s: %s", each.target(), name, alone.findings())
                                .isNotEmpty();
                        assertThat(message(alone, name)).contains("damaged wherever it is");
                    }
                    assertThat(together.problems()).isEmpty();
                    assertThat(message(together, "which transactions are kept")).isEmpty();
                    assertThat(prepared.stop()).isEqualTo(prepared(source, each).stop());
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void damageAfterTheTargetHidesNoRestorePointAndIsAProblemWhereItIsReached(PostgresBinaries binaries)
            throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x int)");
            BaseBackup first = source.backUp();
            server.sql("INSERT INTO t VALUES (1)", "SELECT pg_create_restore_point('here')");
            server.sql("SELECT pg_switch_wal()", "INSERT INTO t VALUES (2)");
            String between = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            server.sql("SELECT pg_switch_wal()");
            source.backUp();
            server.sql("INSERT INTO t VALUES (3)", "SELECT pg_switch_wal()", "INSERT INTO t VALUES (4)");
            Instant target = Instant.now();
            server.sql("INSERT INTO t VALUES (5)");
            String last = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            source.archiveEverything();

            Chosen named = (Chosen) new RestorePreparation(List.of(source.damagedAtTheEnd(Set.of(between))), Map.of())
                    .prepare(RestoreRequest.of(none, new RecoveryTarget.AtRestorePoint("here")))
                    .plan();
            Chosen byTime = (Chosen) new RestorePreparation(List.of(source.damagedAtTheEnd(Set.of(last))), Map.of())
                    .prepare(RestoreRequest.of(none, new RecoveryTarget.AtTime(target, Bound.INCLUSIVE)))
                    .plan();

            assertThat(named.problems()).isEmpty();
            assertThat(named.backup().id()).isEqualTo(first.id().value());
            assertThat(byTime.problems())
                    .extracting(PlanFinding::message)
                    .anyMatch(message -> message.startsWith(last + " follows, and is damaged wherever it is"));
        }
    }

    /** As of a standby whose clock is late. */
    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aBackupThatIsNotConsistentAtTheTargetIsPassedOver(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x int)");
            BaseBackup before = source.backUp();
            Instant target = Instant.now();
            AtomicBoolean isEnough = new AtomicBoolean();
            Thread writer = Thread.ofPlatform().start(() -> {
                while (!isEnough.get()) {
                    server.sql("INSERT INTO t VALUES (1)");
                }
            });
            BaseBackup late;
            try {
                late = source.backUp();
            } finally {
                isEnough.set(true);
                writer.join();
            }
            source.archiveEverything();
            Holding holding = endedAt(
                    late.id().value(), target.minusSeconds(1), Holding.of("local", source.archive(), source.backups()));
            RestoreRequest request = RestoreRequest.of(none, new RecoveryTarget.AtTime(target, Bound.INCLUSIVE));

            Chosen plan = new RestorePreparation(List.of(holding), Map.of())
                    .prepare(request)
                    .plan()
                    .orThrow();

            assertThat(plan.backup().id()).isEqualTo(before.id().value());
            assertThat(message(plan, "backup " + late.id().value() + " was passed over: "))
                    .contains("would end at ", ", before the end of the backup");
            assertThatThrownBy(() -> new RestorePreparation(List.of(holding), Map.of())
                            .prepare(request.withBackup(late.id().value())))
                    .hasMessageContaining("before the end of the backup");
        }
    }

    private static Holding endedAt(String backup, Instant ended, Holding holding) {
        CatalogSnapshot catalog = holding.catalog();
        List<BackupCandidate> backups = catalog.backups().stream()
                .map(each -> each.id().equals(backup)
                        ? new BackupCandidate(
                                each.id(),
                                each.postgresMajor(),
                                each.timeline(),
                                each.startLsn(),
                                each.stopLsn(),
                                ended,
                                each.nextXid(),
                                each.files(),
                                each.dataSizeBytes(),
                                each.storedSizeBytes(),
                                each.tablespaces(),
                                each.damagedPages(),
                                each.host(),
                                each.description(),
                                each.copies())
                        : each)
                .toList();
        return new Holding(
                holding.repository(),
                holding.archive(),
                holding.backups(),
                holding.entries(),
                new CatalogSnapshot(
                        catalog.repositories(),
                        backups,
                        catalog.unreadableBackups(),
                        catalog.wal(),
                        catalog.histories(),
                        catalog.historiesStored(),
                        catalog.damagedHistories(),
                        catalog.minimal(),
                        catalog.remarks(),
                        catalog.written()),
                holding.wal(),
                holding.damaged(),
                holding.searched());
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aTransactionThatIsNotThereIsAProblemBeforeAnythingIsCopied(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work);
                Connection session = source.server().connect();
                Statement statement = session.createStatement()) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t (x bigint)");
            BaseBackup backup = source.backUp();
            session.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES (txid_current())");
            long whole = number(statement, "SELECT txid_current()");
            statement.execute("SAVEPOINT a");
            statement.execute("INSERT INTO t VALUES (-1)");
            long part = number(statement, "SELECT xmin::text::bigint FROM t WHERE x = -1");
            session.commit();
            statement.execute("INSERT INTO t VALUES (txid_current())");
            long open = number(statement, "SELECT txid_current()");
            server.sql("INSERT INTO t VALUES (0)");
            source.archiveEverything();

            assertThat(problem(source, new RecoveryTarget.AtXid(open, Bound.INCLUSIVE)))
                    .startsWith("transaction " + open + " does not end in the archived WAL of timeline 1 after backup");
            assertThat(problem(source, new RecoveryTarget.AtXid(part, Bound.INCLUSIVE)))
                    .startsWith("transaction " + part + " is a part of transaction " + whole);
            assertThat(((Chosen) prepared(
                                            source,
                                            RestoreRequest.of(none, new RecoveryTarget.AtRestorePoint("none"))
                                                    .withBackup(backup.id().value()))
                                    .plan())
                            .problems())
                    .singleElement()
                    .satisfies(
                            each -> assertThat(each.message()).startsWith("no backup leads to a restore point 'none'"));
            session.rollback();
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aDatabaseThatIsHalfDroppedIsNamedWithThePositionThatHasIt(PostgresBinaries binaries) throws Exception {
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work)) {
            PostgresServer server = source.server();
            server.sql("CREATE DATABASE shop", "CREATE TABLE t (x bigint)");
            String oid = server.query("SELECT oid FROM pg_database WHERE datname = 'shop'");
            source.backUp();
            try (Connection shop = in(server, "shop");
                    Statement statement = shop.createStatement()) {
                statement.execute("CREATE TABLE orders AS SELECT generate_series(1, 100) n");
            }
            long before = Long.parseLong(server.query("SELECT txid_current()"));
            server.sql("DROP DATABASE shop", "INSERT INTO t VALUES (1)");
            source.archiveEverything();
            RecoveryTarget target = new RecoveryTarget.AtXid(before + 1, Bound.EXCLUSIVE);

            Chosen plan = plan(source, target, Action.PROMOTE);

            PlanFinding lost = state(plan).orElseThrow();
            assertThat(lost.message()).startsWith("the database with OID " + oid + " will be invalid");
            assertThat(state(plan(source, new RecoveryTarget.AtXid(before + 1, Bound.INCLUSIVE), Action.PROMOTE)))
                    .as("then it is gone")
                    .isEmpty();
            RecoveryTarget saving = position(lost);
            assertThat(state(plan(source, saving, Action.PROMOTE))).isEmpty();
            try (PostgresServer copy = restored(source, target, Action.PROMOTE)) {
                copy.awaitRecoveryEnd(LIMIT);
                assertThatThrownBy(() -> in(copy, "shop")).isInstanceOf(SQLException.class);
            }
            try (PostgresServer copy = restored(source, saving, Action.PROMOTE)) {
                copy.awaitRecoveryEnd(LIMIT);
                try (Connection shop = in(copy, "shop");
                        Statement statement = shop.createStatement()) {
                    assertThat(number(statement, "SELECT count(*) FROM orders")).isEqualTo(100);
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void aLockIsWarnedOfWhereAQueryWaits(PostgresBinaries binaries) throws Exception {
        Random random = new Random(Rounds.seed());
        try (ArchivingServer source = new ArchivingServer(quiet(binaries), work);
                Connection session = source.server().connect();
                Statement statement = session.createStatement()) {
            PostgresServer server = source.server();
            server.sql(
                    "CREATE TABLE a AS SELECT generate_series(1, 100) n",
                    "CREATE INDEX ON a (n)",
                    "CREATE TABLE t (x bigint)");
            source.backUp();
            List<String> locking = List.of("DROP TABLE a", "TRUNCATE a", "LOCK TABLE a IN ACCESS EXCLUSIVE MODE");
            List<Lsn> moments = new ArrayList<>();
            server.sql("INSERT INTO t VALUES (0)");
            moments.add(server.walPosition());
            session.setAutoCommit(false);
            statement.execute("INSERT INTO t VALUES (1)");
            statement.execute("CREATE TABLE mine AS SELECT 1 AS x");
            statement.execute("CREATE TEMPORARY TABLE passing AS SELECT 1 AS x");
            server.sql("INSERT INTO t VALUES (2)");
            moments.add(server.walPosition());
            String lock = locking.get(random.nextInt(3));
            statement.execute(lock);
            server.sql("INSERT INTO t VALUES (3)");
            moments.add(server.walPosition());
            if (random.nextBoolean()) {
                server.sql("CHECKPOINT");
            }
            for (int i = 0; i < 8; i++) {
                server.sql("SELECT pg_switch_wal()", "INSERT INTO t VALUES (4)");
            }
            moments.add(server.walPosition());
            if (random.nextBoolean()) {
                session.commit();
            } else {
                session.rollback();
            }
            server.sql("INSERT INTO t VALUES (5)");
            moments.add(server.walPosition());
            server.sql("INSERT INTO t VALUES (6)");
            source.archiveEverything();
            List<Boolean> expected = List.of(false, false, true, true, false);
            for (int i = 0; i < moments.size(); i++) {
                RecoveryTarget target = new RecoveryTarget.AtLsn(moments.get(i), Bound.EXCLUSIVE);
                Optional<PlanFinding> warning = state(plan(source, target, Action.PAUSE));
                assertThat(warning.isPresent()).as("%s at moment %d", lock, i).isEqualTo(expected.get(i));
                assertThat(state(plan(source, target, Action.PROMOTE))).isEmpty();
            }
            int asked = random.nextInt(2) + (random.nextBoolean() ? 1 : 2);
            assertThat(waits(source, new RecoveryTarget.AtLsn(moments.get(asked), Bound.EXCLUSIVE)))
                    .as("%s at moment %d", lock, asked)
                    .isEqualTo(expected.get(asked));
            RecoveryTarget look = position(
                    state(plan(source, new RecoveryTarget.AtLsn(moments.get(3), Bound.EXCLUSIVE), Action.PAUSE))
                            .orElseThrow());
            assertThat(state(plan(source, look, Action.PAUSE))).isEmpty();
            assertThat(waits(source, look)).isFalse();
        }
    }

    /**
     * Of those that run when a server stops, prepared ones go on. Others that a crash has ended are released only if
     * they are older than all prepared ones, and else with PostgreSQL's next list of what runs.
     */
    @ParameterizedTest
    @MethodSource("oldestAndNewest")
    void theLocksOfAPreparedTransactionAndOfAnotherAreKnownWhenTheServerHasStopped(PostgresBinaries binaries)
            throws Exception {
        Random random = new Random(Rounds.seed());
        try (ArchivingServer source =
                new ArchivingServer(quiet(binaries).setting("max_prepared_transactions", "2"), work)) {
            PostgresServer server = source.server();
            server.sql(
                    "CREATE TABLE a AS SELECT generate_series(1, 100) n",
                    "CREATE TABLE b (x bigint)",
                    "CREATE TABLE t (x bigint)");
            source.backUp();
            boolean isPart = random.nextBoolean();
            server.sql("BEGIN; INSERT INTO t VALUES (1); " + (isPart ? "SAVEPOINT s; " : "")
                    + "TRUNCATE a; PREPARE TRANSACTION 'p'");
            try (Connection session = server.connect();
                    Statement statement = session.createStatement()) {
                session.setAutoCommit(false);
                statement.execute("TRUNCATE b");
                server.sql("INSERT INTO t VALUES (2)");
                Lsn both = server.walPosition();
                if (random.nextBoolean()) {
                    server.stopFast();
                } else {
                    server.stopImmediately();
                }
                server.start();
                server.sql("INSERT INTO t VALUES (3)");
                Lsn prepared = server.walPosition();
                for (int i = 0; i < 8; i++) {
                    server.sql("SELECT pg_switch_wal()", "INSERT INTO t VALUES (4)");
                }
                Lsn later = server.walPosition();
                server.sql(random.nextBoolean() ? "COMMIT PREPARED 'p'" : "ROLLBACK PREPARED 'p'");
                server.sql("CHECKPOINT", "INSERT INTO t VALUES (5)");
                Lsn none = server.walPosition();
                server.sql("INSERT INTO t VALUES (6)");
                source.archiveEverything();

                assertThat(locked(source, both))
                        .hasValueSatisfying(each -> assertThat(each.split(",")).hasSizeGreaterThan(1));
                for (Lsn each : List.of(prepared, later)) {
                    RecoveryTarget target = new RecoveryTarget.AtLsn(each, Bound.EXCLUSIVE);
                    int holders = waits(source, target, "b") ? 2 : 1;
                    assertThat(waits(source, target, "a")).isTrue();
                    assertThat(locked(source, each))
                            .as(each.toString())
                            .hasValueSatisfying(
                                    found -> assertThat(found.split(",")).hasSize(holders));
                }
                assertThat(locked(source, none)).isEmpty();
            }
        }
    }

    /** The numbers of the transactions that hold locks there. */
    private Optional<String> locked(ArchivingServer source, Lsn position) throws IOException {
        return state(plan(source, new RecoveryTarget.AtLsn(position, Bound.EXCLUSIVE), Action.PAUSE))
                .map(each -> each.message().replaceFirst(".*ended: ", ""));
    }

    /** Whether a query on the table waits for a lock, on a copy that pauses. */
    private boolean waits(ArchivingServer source, RecoveryTarget target) throws Exception {
        return waits(source, target, "a");
    }

    private boolean waits(ArchivingServer source, RecoveryTarget target, String table) throws Exception {
        try (PostgresServer copy = restored(source, target, Action.PAUSE)) {
            copy.awaitConnections(LIMIT);
            PostgresWait.until(
                    "recovery pauses at its target",
                    LIMIT,
                    copy,
                    () -> copy.query("SELECT pg_is_wal_replay_paused()").equals("t"));
            try (Connection connection = copy.connect();
                    Statement statement = connection.createStatement()) {
                statement.execute("SET lock_timeout = '1s'");
                assertThat(number(statement, "SELECT count(*) FROM " + table)).isEqualTo(table.equals("a") ? 100 : 0);
                return false;
            } catch (SQLException e) {
                assertThat(e.getMessage()).contains("lock timeout");
                return true;
            }
        }
    }

    /** Several sessions, which end in another order than they begin. */
    private static List<End> worked(ArchivingServer source, Random random) throws Exception {
        PostgresServer server = source.server();
        List<End> ends = new ArrayList<>();
        List<Connection> sessions = new ArrayList<>();
        Map<Connection, Long> open = new HashMap<>();
        try {
            for (int i = 0; i < 4; i++) {
                sessions.add(server.connect());
                sessions.get(i).setAutoCommit(false);
            }
            while (ends.size() < 30) {
                Connection session = sessions.get(random.nextInt(sessions.size()));
                Long xid = open.remove(session);
                if (xid == null) {
                    try (Statement statement = session.createStatement()) {
                        statement.execute("INSERT INTO t VALUES (txid_current())");
                        open.put(session, number(statement, "SELECT txid_current()"));
                    }
                    continue;
                }
                boolean isCommit = random.nextInt(4) > 0;
                if (isCommit) {
                    session.commit();
                } else {
                    session.rollback();
                }
                // A rollback is in WAL, but may be in memory alone.
                Lsn after = Lsn.parse(server.query("SELECT pg_current_wal_insert_lsn()"));
                server.sql("SELECT pg_create_restore_point('after-" + ends.size() + "')");
                ends.add(new End(xid, isCommit, after));
                if (random.nextInt(8) == 0) {
                    server.sql(random.nextBoolean() ? "CHECKPOINT" : "SELECT pg_switch_wal()");
                }
            }
        } finally {
            for (Connection each : sessions) {
                each.close();
            }
        }
        return ends;
    }

    private static PostgresServerBuilder quiet(PostgresBinaries binaries) {
        return PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=1")
                .setting("min_wal_size", "2MB")
                .setting("autovacuum", "off");
    }

    private static Connection in(PostgresServer server, String database) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl().replaceFirst("/postgres\\b", "/" + database));
    }

    private static long number(Statement statement, String query) throws SQLException {
        try (ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getLong(1);
        }
    }

    private static RecoveryTarget position(PlanFinding finding) {
        Matcher named = POSITION.matcher(finding.hint());
        assertThat(named.find()).as(finding.hint()).isTrue();
        return new RecoveryTarget.AtLsn(Lsn.parse(named.group(1)), Bound.EXCLUSIVE);
    }

    private static Optional<PlanFinding> state(Chosen plan) {
        return plan.findings().stream()
                .filter(each -> each.topic() == Topic.STATE && each.severity() == Severity.WARNING)
                .findFirst();
    }

    private static String message(Chosen plan, String beginning) {
        return plan.findings().stream()
                .map(PlanFinding::message)
                .filter(each -> each.startsWith(beginning))
                .findFirst()
                .orElse("");
    }

    private String problem(ArchivingServer source, RecoveryTarget target) throws IOException {
        Chosen plan = plan(source, target, Action.PROMOTE);
        assertThat(plan.reachable()).isEqualTo(RestorePlan.Reachability.NO);
        return plan.problems().getFirst().message();
    }

    private Chosen plan(ArchivingServer source, RecoveryTarget target, Action action) throws IOException {
        return (Chosen) prepared(source, RestoreRequest.of(none, target).withAction(action))
                .plan();
    }

    private static PreparedRestore prepared(ArchivingServer source, RestoreRequest request) throws IOException {
        return new RestorePreparation(List.of(Holding.of("local", source.archive(), source.backups())), Map.of())
                .prepare(request);
    }

    private PostgresServer restored(ArchivingServer source, RecoveryTarget target, Action action) throws Exception {
        Path directory = Files.createTempDirectory(home, "restored");
        OperatingUser.current().own(directory);
        PreparedRestore prepared =
                prepared(source, RestoreRequest.of(directory, target).withAction(action));
        Chosen plan = prepared.plan().orThrow();
        new RestoreExecutor(BackupSources.of(source.backups()), Clock.systemUTC(), 2)
                .restore(
                        plan,
                        prepared.backup().orElseThrow(),
                        RecoverySettings.of(plan, "cp " + source.wal() + "/%f %p"),
                        RestoreProgress.NONE);
        return PostgresServer.of(source.server().binaries()).from(directory).start();
    }
}
