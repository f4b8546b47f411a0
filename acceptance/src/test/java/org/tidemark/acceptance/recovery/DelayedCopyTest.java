// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** {@code recover --on-delayed}: an accident within the delay is stopped before it is applied. */
@InTurn
final class DelayedCopyTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();

    private final TidemarkHost host = new TidemarkHost();
    private final Path copy = host.directory().resolve("delayed");
    private PostgresServer primary =
            PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst()).create();

    @BeforeEach
    void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        primary = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
        host.configure(primary.conninfo(), primary.dataDirectory());
        host.must("init");
        primary.sql("ALTER SYSTEM SET port = " + primary.port(), "CREATE TABLE t AS SELECT 1 AS n");
        host.must("backup");
    }

    @AfterEach
    void stop() throws Exception {
        if (Files.exists(copy.resolve("postmaster.pid"))) {
            OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + copy + " -m immediate stop");
        }
        primary.close();
        host.close();
    }

    private String ask(String sql) {
        return OwnersShell.ask(copy, sql);
    }

    private void delayed(String delay) {
        assertThat(host.must("recover", "--to", copy.toString(), "--standby", "--apply-delay", delay, "--start")
                        .talk())
                .contains("the standby replays with its delay");
    }

    /** The moment before it is the target: what came before must be there, although it was not replayed yet. */
    private String accident() {
        primary.sql("INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)");
        String moment = primary.query("SELECT clock_timestamp()::text");
        primary.sql("DELETE FROM t", "CREATE TABLE after_it (n int)");
        primary.archiveCurrentSegment(LIMIT);
        return moment;
    }

    /** The delay was too short. */
    private String replayedAccident() {
        delayed("1s");
        String moment = accident();
        PostgresWait.until(
                "the accident is replayed",
                LIMIT,
                primary,
                () -> ask("SELECT to_regclass('after_it')").equals("after_it"));
        return moment;
    }

    @Test
    void anAccidentWithinTheDelayIsNotApplied() {
        delayed("1h");
        String moment = accident();

        Outcome plan = host.must("recover", "--on-delayed", copy.toString(), "--target-time", moment, "--dry-run");
        assertThat(plan.talk())
                .contains("replays each commit 1h00m after it was made", "it would replay the target in 59m");
        assertThat(ask("SELECT pg_is_wal_replay_paused()")).isEqualTo("f");

        Outcome outcome = host.must("recover", "--on-delayed", copy.toString(), "--target-time", moment);

        assertThat(outcome.talk()).contains("PostgreSQL has reached the target, and waits there");
        assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2,3");
        assertThat(ask("SELECT pg_is_in_recovery(), pg_is_wal_replay_paused()")).isEqualTo("t|t");

        ask("SELECT pg_wal_replay_resume()");
        PostgresWait.until(
                "it is open",
                LIMIT,
                primary,
                () -> ask("SELECT pg_is_in_recovery()").equals("f"));
        assertThat(ask("INSERT INTO t VALUES (4) RETURNING n")).startsWith("4");
        assertThat(ask("SHOW archive_mode"))
                .as("it leaves the archive of its original alone")
                .isEqualTo("off");
    }

    @Test
    void whatIsReplayedAlreadyIsToldAndNothingIsChanged() {
        String moment = replayedAccident();

        Outcome outcome = host.run("recover", "--on-delayed", copy.toString(), "--target-time", moment);

        assertThat(outcome.status()).isEqualTo(ExitCode.TARGET_UNREACHABLE.status());
        assertThat(outcome.talk()).contains("it is too late: this standby has replayed the commits until");
        assertThat(ask("SELECT pg_is_in_recovery(), pg_is_wal_replay_paused()")).isEqualTo("t|f");
        assertThat(copy.resolve("standby.signal")).exists();
    }

    @Test
    void oneThatWasStoppedInTimeIsStartedAtTheTarget() throws Exception {
        delayed("1h");
        String moment = accident();
        OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + copy + " -m fast stop");

        Outcome outcome =
                host.must("recover", "--on-delayed", copy.toString(), "--target-time", moment, "--output", "json");

        assertThat(outcome.data()).contains("\"state\" : \"paused\"");
        assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2,3");
    }

    /** Not a word of the accident is in the archive yet: it is in the segment that the primary writes. */
    @Test
    void theSegmentWithTheAccidentIsArchivedFirst() {
        delayed("1h");
        OwnersShell.ask(copy, "ALTER SYSTEM SET primary_conninfo = ''");
        OwnersShell.ask(copy, "SELECT pg_reload_conf()");
        primary.sql("INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)");
        String moment = primary.query("SELECT clock_timestamp()::text");
        primary.sql("DELETE FROM t");

        Outcome outcome = host.must("recover", "--on-delayed", copy.toString(), "--target-time", moment);

        assertThat(outcome.talk())
                .contains("waiting until the primary has archived ", "PostgreSQL has reached the target");
        assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2,3");
    }

    /** After a start PostgreSQL tells of no commit, but the checkpoint from which it started came after the target. */
    @Test
    void afterAStartItIsStillKnownWhatWasReplayed() throws Exception {
        String moment = replayedAccident();
        primary.sql("CHECKPOINT");
        String checkpoint = primary.query("SELECT checkpoint_lsn FROM pg_control_checkpoint()");
        PostgresWait.until(
                "it has replayed the checkpoint",
                LIMIT,
                primary,
                () -> ask("SELECT pg_last_wal_replay_lsn() > '" + checkpoint + "'")
                        .equals("t"));
        ask("CHECKPOINT");
        OwnersShell.shell(
                MACHINE.orElseThrow().programs() + "/pg_ctl -D " + copy + " -m fast restart -l " + copy + "/start.log");
        for (String[] target : new String[][] {
            {"--target-time", moment}, {"--target-lsn", "0/1"},
        }) {
            Outcome outcome = host.run("recover", "--on-delayed", copy.toString(), target[0], target[1]);
            assertThat(outcome.talk()).contains("it is too late: this standby has replayed ");
            assertThat(copy.resolve("standby.signal")).exists();
        }
        OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + copy + " -m fast stop");
        assertThat(host.run("recover", "--on-delayed", copy.toString(), "--target-lsn", "0/1", "--dry-run")
                        .talk())
                .contains("it is too late: this standby has replayed ");
    }

    /** The old primary goes on alone after a failover within the delay, and even archives. */
    @Test
    void itGoesAlongTheTimelineOfTheNewPrimaryUnlessItHasReplayedMore() throws Exception {
        delayed("1h");
        Path second = host.directory().resolve("second");
        host.must("recover", "--to", second.toString(), "--standby", "--start");
        Path late = host.directory().resolve("late");
        host.must("recover", "--to", late.toString(), "--standby", "--apply-delay", "1h", "--start");
        String control = MACHINE.orElseThrow().programs() + "/pg_ctl -D ";
        try {
            OwnersShell.shell(control + copy + " -m fast stop");
            OwnersShell.ask(second, "ALTER SYSTEM SET primary_conninfo = ''");
            OwnersShell.ask(second, "ALTER SYSTEM SET restore_command = ''");
            OwnersShell.shell(control + second + " -m fast restart -l " + second + "/start.log");
            primary.sql("INSERT INTO t VALUES (666)");
            primary.archiveCurrentSegment(LIMIT);
            String position = primary.query("SELECT pg_switch_wal()");
            PostgresWait.until(
                    "its row is replayed, and not its commit",
                    LIMIT,
                    primary,
                    () -> OwnersShell.ask(late, "SELECT pg_last_wal_receive_lsn() >= '" + position + "'")
                            .equals("t"));
            OwnersShell.shell(control + second + " promote");
            PostgresWait.until(
                    "it is open",
                    LIMIT,
                    primary,
                    () -> OwnersShell.ask(second, "SELECT pg_is_in_recovery()").equals("f"));
            host.configure(OwnersShell.conninfo(second), second);
            OwnersShell.ask(second, "INSERT INTO t VALUES (2)");
            String moment = OwnersShell.ask(second, "SELECT clock_timestamp()::text");
            OwnersShell.ask(second, "DELETE FROM t");

            Outcome outcome = host.must("recover", "--on-delayed", copy.toString(), "--target-time", moment);

            assertThat(outcome.talk()).contains("PostgreSQL has reached the target");
            assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2");

            Outcome refused = host.run("recover", "--on-delayed", late.toString(), "--target-time", moment);

            assertThat(refused.status()).isEqualTo(ExitCode.TARGET_UNREACHABLE.status());
            assertThat(refused.talk()).contains("it has changes that the new primary does not have");
            assertThat(OwnersShell.ask(late, "SELECT pg_is_in_recovery(), pg_is_wal_replay_paused()"))
                    .isEqualTo("t|f");
        } finally {
            OwnersShell.shell(control + second + " -m immediate stop");
            OwnersShell.shell(control + late + " -m immediate stop");
        }
    }

    @Test
    void onlyAStandbyIsStopped() {
        assertThat(host.run("recover", "--on-delayed", primary.dataDirectory().toString(), "--target-lsn", "0/1"))
                .satisfies(each -> assertThat(each.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status()))
                .satisfies(each -> assertThat(each.talk()).contains("is no standby"));
        assertThat(host.run("recover", "--on-delayed", copy.toString(), "--target-lsn", "0/1")
                        .talk())
                .contains("there is no cluster in");
        assertThat(primary.query("SELECT 1")).isEqualTo("1");
    }
}
