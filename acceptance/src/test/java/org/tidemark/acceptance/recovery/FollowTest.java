// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.acceptance.recovery.ReplicatedCluster.refused;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** {@code follow}: the other standbys follow the new primary, unless they have what it lacks. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@Order(1) // among the longest
@InTurn
final class FollowTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private ReplicatedCluster cluster;
    private TidemarkHost host;

    @BeforeEach
    void cluster() throws IOException {
        cluster = new ReplicatedCluster(binaries);
        host = cluster.host();
    }

    @AfterEach
    void close() {
        cluster.close();
    }

    private PostgresServer primary() {
        return cluster.primary();
    }

    private PostgresServer standby(String name) throws IOException {
        PostgresServer standby = cluster.standby(name);
        awaitStream(standby);
        return standby;
    }

    private static void awaitStream(PostgresServer standby) {
        PostgresWait.until(
                "it streams",
                LIMIT,
                standby,
                () -> standby.query("SELECT status FROM pg_stat_wal_receiver").equals("streaming"));
    }

    private static void disconnect(PostgresServer standby, String primaryConninfo, String restoreCommand) {
        standby.sql(
                "ALTER SYSTEM SET primary_conninfo = '" + primaryConninfo + "'",
                "ALTER SYSTEM SET restore_command = '" + restoreCommand.replace("'", "''") + "'");
        standby.sql("SELECT pg_reload_conf()");
        PostgresWait.until(
                "it does not stream",
                LIMIT,
                standby,
                () -> standby.query("SELECT count(*) FROM pg_stat_wal_receiver").equals("0"));
    }

    private static void awaitRows(PostgresServer standby, String rows) {
        PostgresWait.until(
                "it has the rows",
                LIMIT,
                standby,
                () -> ReplicatedCluster.rows(standby).equals(rows));
    }

    private Outcome follow(PostgresServer standby, PostgresServer upstream, String... options) {
        List<String> line = new ArrayList<>(
                List.of("follow", "--standby", standby.dataDirectory().toString(), "--primary", upstream.conninfo()));
        line.addAll(List.of(options));
        return host.run(line.toArray(String[]::new));
    }

    @Test
    void anotherStandbyFollowsTheNewPrimaryUnderItsName() throws IOException {
        PostgresServer second = standby("db2");
        PostgresServer third = standby("db3");
        refused(follow(primary(), second), "the server is not a standby: it accepts writes");
        primary().sql("INSERT INTO t VALUES (2)");
        awaitRows(second, "1,2");
        awaitRows(third, "1,2");
        primary().stopFast();
        second.promote();
        second.sql("INSERT INTO t VALUES (3)");

        Outcome plan = follow(third, second, "--dry-run", "-v");
        assertThat(plan.talk() + plan.data()).contains("of timeline 1; timeline 2 began at ");
        assertThat(third.query("SHOW primary_conninfo"))
                .contains("port=" + primary().port());

        Outcome outcome = follow(third, second);

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.data()).contains("the standby streams, on timeline 2");
        awaitRows(third, "1,2,3");
        assertThat(second.query("SELECT application_name FROM pg_stat_replication"))
                .as("synchronous_standby_names still knows it")
                .isEqualTo("db3");
        assertThat(follow(third, second).data()).as("once more").contains("the standby streams, on timeline 2");
    }

    @Test
    void oneThatHasMoreIsToldToBeMadeAgain() throws IOException {
        PostgresServer second = standby("db2");
        PostgresServer third = standby("db3");
        disconnect(second, "", "");
        primary().sql("INSERT INTO t VALUES (666)");
        awaitRows(third, "1,666");
        primary().stopImmediately();
        second.promote();

        Outcome outcome = follow(third, second);

        refused(outcome, "and timeline 2 began at ");
        assertThat(outcome.talk()).contains("It cannot follow. Stop it, and make it again");
        assertThat(third.query("SHOW primary_conninfo"))
                .contains("port=" + primary().port());

        third.stopFast();
        host.must(
                "recover",
                "--standby",
                "--delta",
                "--to",
                third.dataDirectory().toString(),
                "--primary",
                second.conninfo() + " application_name=db3");
        third.start();
        awaitStream(third);
        awaitRows(third, "1");
    }

    /**
     * An old primary may archive its last segment after another server was promoted inside it. A standby that replays
     * that segment to its end can follow the new timeline no more.
     */
    @Test
    void whatTheOldPrimaryWroteAfterThePromotionIsNotReplayedByAStandbyThatCanStillFollow() throws IOException {
        PostgresServer second = standby("db2");
        PostgresServer third = standby("db3");
        disconnect(second, "", "");
        third.sql("ALTER SYSTEM SET wal_retrieve_retry_interval = '10min'"); // one look at the archive, when we say
        disconnect(third, "host=127.0.0.1 port=1 application_name=db3", third.query("SHOW restore_command"));
        PostgresWait.until(
                "it has looked at the archive, and waits",
                LIMIT,
                third,
                () -> third.query("SELECT wait_event FROM pg_stat_activity WHERE backend_type = 'startup'")
                        .equals("RecoveryRetrieveRetryInterval"));
        primary().sql("INSERT INTO t VALUES (666)");
        primary().archiveCurrentSegment(LIMIT);
        primary().stopImmediately();
        second.sql(
                "ALTER SYSTEM SET archive_mode = on",
                "ALTER SYSTEM SET archive_command = '" + host.archiveCommand().replace("'", "''") + "'");
        second.restart();
        second.promote();
        second.sql("INSERT INTO t VALUES (777)");
        second.archiveCurrentSegment(LIMIT);

        third.sql("ALTER SYSTEM RESET wal_retrieve_retry_interval", "SELECT pg_reload_conf()");

        awaitRows(third, "1,777");
    }

    @Test
    void itDoesNotFollowItself() throws IOException {
        PostgresServer second = standby("db2");

        refused(follow(second, second), "is this standby itself");

        assertThat(second.query("SHOW primary_conninfo"))
                .contains("port=" + primary().port());
    }

    @Test
    void oneThatReplaysWithADelayIsNotWaitedFor() throws IOException {
        PostgresServer second = standby("db2");
        PostgresServer delayed = cluster.standby("db3", "--apply-delay", "1h");
        primary().sql("INSERT INTO t VALUES (2)");
        awaitRows(second, "1,2");
        primary().stopFast();
        second.promote();

        Outcome outcome = follow(delayed, second);

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.data()).contains("the standby has its new primary_conninfo");
        assertThat(delayed.query("SHOW primary_conninfo")).contains("port=" + second.port());
    }

    @Test
    void aSlotThatTheNewPrimaryLacksIsNamedBeforeAnythingChanges() throws IOException {
        PostgresServer second = standby("db2");
        PostgresServer third = cluster.standby("db3", "--slot", "db3");
        primary().stopFast();
        second.promote();

        refused(follow(third, second), "has no such slot");
        assertThat(third.query("SHOW primary_conninfo"))
                .contains("port=" + primary().port());

        second.sql("SELECT pg_create_physical_replication_slot('db3', true)");
        Outcome outcome = follow(third, second);
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).doesNotContain("primary_slot_name");
    }

    /** Its history is not archived yet, and the archive goes past the place where its timeline began. */
    @Test
    void noStandbyIsMadeOfWhatTheServerDoesNotHave() throws IOException {
        PostgresServer second = standby("db2");
        second.sql(
                "ALTER SYSTEM SET primary_conninfo = ''",
                "ALTER SYSTEM SET restore_command = ''",
                "ALTER SYSTEM SET archive_command = '/bin/false'");
        second.restart();
        primary().sql("INSERT INTO t VALUES (666)");
        primary().archiveCurrentSegment(LIMIT);
        primary().stopImmediately();
        second.promote();
        String[] line = {
            "recover", "--standby", "--to", host.directory().resolve("new").toString(), "--primary", second.conninfo()
        };

        Outcome early = host.run(line);

        assertThat(early.status()).as(early.talk()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(early.talk()).contains("a standby would replay WAL that this server does not have");
        second.sql(
                "ALTER SYSTEM SET archive_mode = on",
                "ALTER SYSTEM SET archive_command = '" + host.archiveCommand().replace("'", "''") + "'");
        second.restart();
        second.sql("INSERT INTO t VALUES (2)");
        second.archiveCurrentSegment(LIMIT);
        host.must(line);
    }

    @Test
    void anotherSystemIsNotFollowed() throws IOException {
        PostgresServer second = standby("db2");
        try (PostgresServer other = PostgresServer.of(binaries).ownIdentity().start()) {
            refused(follow(second, other), "and the standby has ");
        }
        assertThat(host.run("follow", "--standby", host.directory().toString()).status())
                .isEqualTo(ExitCode.POSTGRES_UNAVAILABLE.status());
    }
}
