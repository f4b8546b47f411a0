// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.image.BackupSources;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.Reachability;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** Where a recovery to a time ends is in the WAL, whatever times the store gives its objects. */
class TargetTimeTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final PostgresBinaries binaries = PostgresBinaries.embedded(16);

    @TempDir
    private Path work;

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-restore-");

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    private ArchivingServer archivingServer() throws IOException {
        return new ArchivingServer(
                PostgresServer.of(binaries).initdb("--wal-segsize=1").setting("min_wal_size", "2MB"), work);
    }

    private static Instant now(PostgresServer server) {
        return Instant.parse(server.query(
                "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
    }

    private Path directory(String name) throws IOException {
        Path directory = Files.createDirectories(home.resolve(name));
        OperatingUser.current().own(directory);
        return directory;
    }

    /** Switches the segment without a transaction. */
    private static String quietSegment(PostgresServer server) {
        server.sql("SELECT pg_logical_emit_message(false, 'quiet', 'no transaction')");
        return server.query("SELECT pg_walfile_name(pg_switch_wal())");
    }

    private Chosen planned(Holding holding, Instant moment) throws IOException {
        return planned(holding, time(moment));
    }

    private Chosen planned(Holding holding, RecoveryTarget target) throws IOException {
        return (Chosen) prepared(holding, request(directory("planned"), target)).plan();
    }

    private static RecoveryTarget time(Instant moment) {
        return new RecoveryTarget.AtTime(moment, Bound.INCLUSIVE);
    }

    private static RestoreRequest request(Path directory, RecoveryTarget target) {
        return RestoreRequest.of(directory, target).withAction(Action.PROMOTE);
    }

    private static PreparedRestore prepared(Holding holding, RestoreRequest request) throws IOException {
        return new RestorePreparation(List.of(holding), Map.of()).prepare(request);
    }

    private static Clock at(String moment) {
        return Clock.fixed(Instant.parse(moment), ZoneOffset.UTC);
    }

    private static String lastSegment(Chosen plan) {
        return plan.wal().runs().getLast().last().name();
    }

    @Test
    void onAQuietServerThePlanGoesToTheNextCommit() throws Exception {
        try (ArchivingServer source = archivingServer()) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            server.sql("INSERT INTO t VALUES (1)");
            source.archiveEverything();
            Instant moment = now(server);
            String first = quietSegment(server);
            for (int i = 0; i < 5; i++) {
                quietSegment(server);
            }
            server.sql("INSERT INTO t VALUES (2)");
            String commit = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            source.archiveEverything();
            source.archiveEverything();
            Holding original = Holding.of("local", source.archive(), source.backups());

            Chosen plan = planned(original, moment);

            assertThat(plan.reachable()).isEqualTo(Reachability.YES);
            assertThat(lastSegment(plan)).isEqualTo(commit);
            assertThat(stepsAfter(source, original, time(moment))).isEqualTo("0,1");
            Chosen holed = planned(source.copied(Clock.systemUTC(), Set.of(first)), moment);
            assertThat(holed.reachable()).isEqualTo(Reachability.NO);
            assertThat(holed.problems())
                    .anySatisfy(each -> assertThat(each.exitCode()).isEqualTo(ExitCode.WAL_MISSING));
        }
    }

    /** A recovery that gets no other WAL than the plan names. */
    private String stepsAfter(ArchivingServer source, Holding holding, RecoveryTarget target) throws Exception {
        Path directory = directory("restored");
        Path wal = directory("wal");
        PreparedRestore prepared = prepared(holding, request(directory, target));
        Chosen plan = prepared.plan().orThrow();
        for (Segment each :
                plan.wal().inOrder(source.archive().identity().walSegmentSize()).toList()) {
            OperatingUser.current().own(Files.copy(source.wal().resolve(each.name()), wal.resolve(each.name())));
        }
        new RestoreExecutor(BackupSources.of(source.backups()), Clock.systemUTC(), 2)
                .restore(
                        plan,
                        prepared.backup().orElseThrow(),
                        RecoverySettings.of(plan, "cp " + wal + "/%f %p"),
                        RestoreProgress.NONE);
        try (PostgresServer copy = PostgresServer.of(binaries).from(directory).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            return copy.query("SELECT string_agg(step::text, ',' ORDER BY step) FROM t");
        }
    }

    /** No record begins there any more: the next one is in the next segment. */
    @Test
    void aPositionAtTheEndOfASwitchedSegmentNeedsTheNextSegment() throws Exception {
        try (ArchivingServer source = archivingServer()) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            server.sql("INSERT INTO t VALUES (1)");
            Lsn switched = Lsn.parse(server.query("SELECT pg_switch_wal()"));
            server.sql("INSERT INTO t VALUES (2)");
            String next = server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
            source.archiveEverything();
            source.archiveEverything();
            RecoveryTarget target = new RecoveryTarget.AtLsn(switched, Bound.EXCLUSIVE);
            Holding original = Holding.of("local", source.archive(), source.backups());

            Chosen plan = planned(original, target);

            assertThat(plan.reachable()).isEqualTo(Reachability.YES);
            assertThat(lastSegment(plan)).isEqualTo(next);
            assertThat(stepsAfter(source, original, target)).isEqualTo("0,1");
            assertThat(planned(source.copied(Clock.systemUTC(), Set.of(next)), target)
                            .problems())
                    .anySatisfy(each -> assertThat(each.exitCode()).isEqualTo(ExitCode.WAL_MISSING));
        }
    }

    @Test
    void aCopyWithOtherTimesGivesTheSamePlan() throws Exception {
        try (ArchivingServer source = archivingServer()) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            Instant moment = Instant.EPOCH;
            String before = "";
            String after = "";
            for (int step = 1; step <= 40; step++) {
                server.sql("INSERT INTO t VALUES (" + step + ")");
                String segment = server.query("SELECT pg_walfile_name(pg_switch_wal())");
                if (step == 30) {
                    before = segment;
                    moment = now(server);
                } else if (step == 31) {
                    after = segment;
                }
            }
            source.archiveEverything();
            for (Clock clock : List.of(
                    Clock.systemUTC(),
                    Clock.offset(Clock.systemUTC(), Duration.ofDays(8)),
                    at("1970-01-01T00:00:00Z"),
                    at("2038-01-01T00:00:00Z"))) {
                Chosen copy = planned(source.copied(clock, Set.of()), moment);

                assertThat(copy.reachable()).isEqualTo(Reachability.YES);
                assertThat(lastSegment(copy)).isEqualTo(after);
                assertThat(copy.problems()).isEmpty();

                Chosen holed = planned(source.copied(clock, Set.of(before)), moment);
                assertThat(holed.problems())
                        .extracting(PlanFinding::message)
                        .contains("1 segment is not in the archive: " + before);
            }
        }
    }

    @Test
    void aTimeAfterTheLastCommitIsToldWithThatCommitAndIsNoTargetForACopyOfTheWal() throws Exception {
        try (ArchivingServer source = archivingServer()) {
            PostgresServer server = source.server();
            server.sql("CREATE TABLE t AS SELECT 0 AS step");
            source.backUp();
            source.archiveEverything();
            Instant moment = now(server);
            for (int i = 0; i < 3; i++) {
                quietSegment(server);
            }
            String last = quietSegment(server);
            source.push(last);
            Holding copy = source.copied(Clock.offset(Clock.systemUTC(), Duration.ofHours(1)), Set.of());

            Chosen plan = planned(copy, moment);

            assertThat(plan.reachable()).isEqualTo(Reachability.NOT_CERTAIN);
            assertThat(plan.problems()).isEmpty();
            assertThat(lastSegment(plan)).as("recovery reads it all").isEqualTo(last);
            assertThat(plan.findings())
                    .anySatisfy(each -> assertThat(each.message() + each.hint())
                            .contains("no transaction that ended after", "whose last one ended at")
                            .contains("Without a target, the same data is restored"));
            RestoreRequest carried = request(directory("planned"), time(moment)).withCopiedWal();
            assertThat(prepared(copy, carried).plan().problems())
                    .singleElement()
                    .satisfies(each -> assertThat(each.message()).contains("it is not certain that the copied WAL"));
        }
    }
}
