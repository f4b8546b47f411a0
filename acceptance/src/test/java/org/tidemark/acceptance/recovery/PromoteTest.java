// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.acceptance.recovery.ReplicatedCluster.refused;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** {@code promote}: a standby takes the place of a primary that is gone, and of no other. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@Order(1) // among the longest
@InTurn
final class PromoteTest {
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

    private Outcome promote(PostgresServer standby, String... options) {
        List<String> line = new ArrayList<>(
                List.of("promote", "--standby", standby.dataDirectory().toString()));
        line.addAll(List.of(options));
        return host.run(line.toArray(String[]::new));
    }

    @Test
    void onlyOnceThePrimaryIsGoneAndOnlyOneStandbyIsPromoted() throws Exception {
        PostgresServer standby = cluster.standby("db2");
        PostgresServer pinned = cluster.standby("db3", "--timeline", "1");
        primary().awaitStandbyAtCommit("db2");

        Outcome early = promote(standby, "--wait", "1s");
        refused(early, "the standby still streams: its primary runs");
        assertThat(early.data()).isEqualTo("NOT promoted\n");
        assertThat(early.talk()).contains("the server at the cluster's conninfo is a primary, and runs");
        assertThat(standby.isInRecovery()).isTrue();

        host.configure(
                primary().conninfo().replace("dbname=postgres", "dbname=none"),
                primary().dataDirectory());
        refused(promote(standby, "--dry-run"), "the server at the cluster's conninfo runs, but rejects the login: ");
        host.configure(primary().conninfo(), primary().dataDirectory());

        primary().sql("INSERT INTO t VALUES (2)");
        primary().archiveCurrentSegment(LIMIT);
        primary().stopImmediately();
        Outcome planned = promote(standby, "--dry-run");
        assertThat(planned.status()).as(planned.talk()).isZero();
        assertThat(planned.talk()).contains("the primary does not answer: ");
        assertThat(standby.isInRecovery()).isTrue();

        Outcome promoted = promote(standby, "--wait", "1s");
        assertThat(promoted.status()).as(promoted.talk()).isZero();
        assertThat(promoted.data())
                .contains(
                        "promoted: the server accepts writes, on timeline 2. It is NOT PROTECTED before",
                        " set data-directory " + standby.dataDirectory(),
                        " setup primary");
        assertThat(ReplicatedCluster.rows(standby)).isEqualTo("1,2");
        refused(promote(standby, "--dry-run"), "the server is not a standby: it accepts writes");

        host.configure(standby.conninfo(), standby.dataDirectory());
        standby.archiveCurrentSegment(LIMIT);
        host.configure(primary().conninfo(), primary().dataDirectory());
        assertThat(host.run("check").data())
                .contains("CRITICAL timeline", "timeline 2 has begun on it: another server was promoted")
                .contains("do NOT start the old one");
        host.configure(standby.conninfo(), standby.dataDirectory());
        refused(promote(pinned, "--dry-run"), "the server at the cluster's conninfo is a primary, and runs");
        standby.stopFast();
        refused(promote(pinned, "--wait", "0s"), "timeline 2 has begun already");
        assertThat(pinned.isInRecovery()).isTrue();
    }

    @Test
    void whatIsLostIsCountedAndACommitThatWouldWaitIsTold() throws Exception {
        PostgresServer standby = cluster.standby("db2");
        primary().awaitStandbyAtCommit("db2");
        standby.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        standby.stopFast();
        primary().sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        primary().sql("INSERT INTO t VALUES (2)");
        primary().sql("INSERT INTO t VALUES (3)");
        primary().stopImmediately();
        standby.start();

        Outcome planned = promote(standby, "--dry-run");
        assertThat(planned.status()).as(planned.talk()).isZero();
        assertThat(planned.talk())
                .containsPattern(
                        "pg_wal of the primary has [2-9] commits, from .*, after it: the promotion loses them");

        Outcome promoted = promote(standby, "--wait", "0s");
        assertThat(promoted.status()).as(promoted.talk()).isZero();
        assertThat(promoted.talk())
                .contains("synchronous_standby_names is 'nobody', and no such standby is connected: commits wait");
        assertThat(ReplicatedCluster.rows(standby)).isEqualTo("1");
    }

    /** Out of reach of this host, as after a failure of the network. */
    @Test
    void aPrimaryThatArchivesRunsAlthoughItDoesNotAnswer() throws Exception {
        PostgresServer standby = cluster.standby("db2");
        standby.sql("ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()");
        primary().sql("INSERT INTO t VALUES (2)");
        host.configure(
                "host=127.0.0.1 port=1 user=postgres dbname=postgres", primary().dataDirectory());
        CompletableFuture<Outcome> promotion = CompletableFuture.supplyAsync(() -> promote(standby, "--wait", "4s"));
        for (int i = 0; !promotion.isDone(); i++) {
            primary().sql("INSERT INTO t VALUES (" + i + ")");
            primary().archiveCurrentSegment(LIMIT);
            Thread.sleep(300);
        }

        refused(promotion.get(), "WAL of timeline 1 still arrives");
        assertThat(standby.isInRecovery()).isTrue();
    }

    /** Until the new primary archives, wal-fetch knows by it what the old one was left with. */
    @Test
    void theHistoryOfTheNewTimelineIsArchivedAtOnce() throws Exception {
        PostgresServer standby = cluster.standby("db2");
        primary().awaitStandbyAtCommit("db2");
        primary().sql("INSERT INTO t VALUES (2)");
        primary().stopFast();

        Outcome promoted = promote(standby, "--wait", "0s");

        assertThat(promoted.status()).as(promoted.talk()).isZero();
        assertThat(host.must("wal-list").data()).contains("2");
        assertThat(host.directory().resolve("repository"))
                .isDirectoryRecursivelyContaining("glob:**/00000002.history*");
    }

    /** PostgreSQL replays all that it can get when it is promoted. */
    @Test
    void whatIsHeldBackIsNotReplayedByThePromotion() throws Exception {
        PostgresServer delayed = cluster.standby("db2", "--apply-delay", "1h");
        PostgresServer paused = cluster.standby("db3");
        PostgresWait.until(
                "it streams",
                LIMIT,
                paused,
                () -> paused.query("SELECT status FROM pg_stat_wal_receiver").equals("streaming"));
        paused.sql("SELECT pg_wal_replay_pause()");
        primary().sql("DELETE FROM t");
        primary().archiveCurrentSegment(LIMIT);
        primary().stopFast();

        refused(promote(delayed, "--wait", "0s"), "the standby replays each commit 1h00m after it was made");
        refused(promote(paused, "--wait", "0s"), "the replay of the standby is paused at ");

        assertThat(ReplicatedCluster.rows(delayed)).isEqualTo("1");
        assertThat(ReplicatedCluster.rows(paused)).isEqualTo("1");
        paused.sql("SELECT pg_wal_replay_resume()");
        assertThat(promote(paused, "--wait", "0s").status()).isZero();
    }
}
