// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** {@code recover --start}, on a host with the package of its version: what it says is what the server then is. */
@InTurn
final class StartedRestoreTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();
    private static final TidemarkHost HOST = new TidemarkHost();
    private static Optional<PostgresServer> original = Optional.empty();
    private static String moment = "";
    private final Path restored = HOST.directory().resolve("restored");

    @BeforeAll
    static void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        PostgresServer server = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(HOST.archiveCommand())
                .start();
        original = Optional.of(server);
        HOST.configure(server.conninfo(), server.dataDirectory());
        HOST.must("init");
        server.sql("ALTER SYSTEM SET port = " + server.port());
        server.sql("CREATE TABLE t AS SELECT 1 AS n");
        HOST.must("backup");
        server.sql("INSERT INTO t VALUES (2)");
        moment = server.query("SELECT clock_timestamp()::text");
        server.sql("INSERT INTO t VALUES (3)");
        server.archiveCurrentSegment(LIMIT);
    }

    @AfterAll
    static void close() {
        original.ifPresent(PostgresServer::close);
        HOST.close();
    }

    @AfterEach
    void stop() throws Exception {
        if (Files.exists(restored.resolve("postmaster.pid"))) {
            OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + restored + " -m immediate stop");
        }
        OwnersShell.shell("rm -rf " + restored);
    }

    private Outcome recover(String... options) {
        List<String> line = new ArrayList<>(List.of("recover", "--start", "--to", restored.toString()));
        line.addAll(List.of(options));
        return HOST.run(line.toArray(String[]::new));
    }

    /** Asks the restored server, where its postmaster.pid says that it listens. */
    private String ask(String sql) {
        return OwnersShell.ask(restored, sql);
    }

    @Test
    void withoutATargetItIsOpen() throws Exception {
        Outcome outcome = recover();

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("PostgreSQL is open for writing, on timeline 2");
        assertThat(ask("INSERT INTO t VALUES (4) RETURNING pg_is_in_recovery()"))
                .startsWith("f");
        assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2,3,4");
    }

    @Test
    void atATargetItWaits() throws Exception {
        Outcome outcome = recover("--target-time", moment, "--output", "json");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.data()).contains("\"state\" : \"paused\"", "\"commit\" : \"");
        assertThat(ask("SELECT string_agg(n::text, ',' ORDER BY n) FROM t")).isEqualTo("1,2");
    }

    /** DROP TABLE has its lock in WAL before its commit, at which the recovery stops. */
    @Test
    void whatTheNextTransactionHasLockedIsNamed() throws Exception {
        PostgresServer server = original.orElseThrow();
        server.sql("CREATE TABLE \"Orders\" AS SELECT 1 AS n");
        String then = server.query("SELECT clock_timestamp()::text");
        server.sql("DROP TABLE \"Orders\"");
        server.archiveCurrentSegment(LIMIT);

        Outcome outcome = recover("--target-time", then);

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk())
                .contains("DROP TABLE does: public.Orders in database 'postgres'", "pg_wal_replay_resume()");
        assertThat(ask("SELECT count(*) FROM t")).as("others can be read").isNotEmpty();
        Matcher look = Pattern.compile("before the lock, with: \\S+ recover .*--to (\\S+) .*--target-lsn (\\S+) ")
                .matcher(outcome.talk());
        assertThat(look.find()).as(outcome.talk()).isTrue();
        assertThat(look.group(1)).isEqualTo(restored + "-look");
        stop();
        assertThat(recover("--target-lsn", look.group(2), "--exclusive").talk()).doesNotContain("queries wait");
        assertThat(ask("SELECT count(*) FROM \\\"Orders\\\"")).isEqualTo("1");
    }

    /** A standby takes no snapshot of a serializable transaction, and refused each look. */
    @Test
    void whereSerializableIsTheDefaultOfTheRoleItIsLookedAtAsWell() throws Exception {
        PostgresServer server = original.orElseThrow();
        server.sql("ALTER ROLE CURRENT_USER SET default_transaction_isolation = 'serializable'");
        try {
            String then = server.query("SELECT clock_timestamp()::text");
            server.sql("INSERT INTO t VALUES (4)", "DELETE FROM t WHERE n = 4");
            server.archiveCurrentSegment(LIMIT);

            Outcome outcome = recover("--target-time", then);

            assertThat(outcome.status()).as(outcome.talk()).isZero();
            assertThat(outcome.talk()).contains("PostgreSQL has reached the target, and waits there");
            assertThat(Files.readString(restored.resolve("start.log")))
                    .as("who looks does not knock before it takes connections")
                    .contains("recovery stopping before commit")
                    .doesNotContain("the database system is")
                    .doesNotContain("serializable");
        } finally {
            server.sql("ALTER ROLE CURRENT_USER RESET default_transaction_isolation");
            server.archiveCurrentSegment(LIMIT);
        }
    }

    /** Its segments are complete, and stored after the target, and no transaction ended in them. */
    @Test
    void aTimeAfterWhichNothingCommittedIsNotCertainUntilSomethingHas() throws Exception {
        PostgresServer server = original.orElseThrow();
        server.sql("INSERT INTO t VALUES (4)");
        server.archiveCurrentSegment(LIMIT);
        String quiet = server.query("SELECT clock_timestamp()::text");
        Thread.sleep(1_100); // stores keep whole seconds
        for (int i = 0; i < 3; i++) {
            server.sql("CHECKPOINT");
            String segment = server.query("SELECT pg_walfile_name(pg_switch_wal())");
            await(segment).atMost(LIMIT).until(() -> server.isArchived(segment));
        }

        Outcome plan = HOST.run("recover", "--dry-run", "--to", restored.toString(), "--target-time", quiet);
        assertThat(plan.status()).as(plan.talk()).isZero();
        assertThat(plan.talk() + plan.data())
                .contains("reachable: not certain", "no transaction that ended after", "tidemark switch-wal");
        Outcome early = recover("--target-time", quiet);
        assertThat(early.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(early.talk())
                .contains(
                        "recovery ended before configured recovery target was reached",
                        "No commit after the target is archived");
        OwnersShell.shell("rm -rf " + restored);

        server.sql("INSERT INTO t VALUES (5)");
        server.archiveCurrentSegment(LIMIT);
        plan = HOST.run("recover", "--dry-run", "--to", restored.toString(), "--target-time", quiet);
        assertThat(plan.talk() + plan.data()).contains("reachable: yes").doesNotContain("no transaction that ended");
        Outcome outcome = recover("--target-time", quiet);
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(ask("SELECT max(n) FROM t")).isEqualTo("4");
        server.sql("DELETE FROM t WHERE n > 3");
        server.archiveCurrentSegment(LIMIT);
    }

    @Test
    void whereTheRoleOfTheConninfoIsNotLetInItIsLookedAtAsTheUserOfTheSystem() throws Exception {
        PostgresServer server = original.orElseThrow();
        HOST.configure(server.conninfo().replace("user=postgres", "user=not_here"), server.dataDirectory());

        Outcome outcome = recover("--target-immediate");

        HOST.configure(server.conninfo(), server.dataDirectory());
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("PostgreSQL has reached the target, and waits there");
    }

    @Test
    void whenItIsToStopAtTheTargetItHasStopped() throws Exception {
        Outcome outcome = recover("--target-time", moment, "--target-action", "shutdown");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("PostgreSQL has reached the target, and has stopped");
        assertThat(restored.resolve("postmaster.pid")).doesNotExist();
    }

    @Test
    void aStandbyStreams() throws Exception {
        Outcome outcome = recover("--standby");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("the standby streams: at ");
        assertThat(original.orElseThrow().query("SELECT count(*) FROM pg_stat_replication"))
                .isEqualTo("1");
    }

    @Test
    void whereItDoesNotStartItsOwnReasonIsShown() {
        PostgresServer server = original.orElseThrow();
        server.sql("ALTER SYSTEM SET shared_preload_libraries = 'not_installed_here'");
        HOST.must("backup", "--name", "broken");
        server.sql("ALTER SYSTEM RESET shared_preload_libraries");
        server.archiveCurrentSegment(LIMIT);

        Outcome outcome = recover();

        HOST.must("delete", "broken");
        assertThat(outcome.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(outcome.talk())
                .contains("PostgreSQL did not come up", "not_installed_here", "start.log")
                .as("of something else")
                .doesNotContain("target is archived");
    }
}
