// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Who follows a server, as {@code replication-status} says, and as the servers are. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@InTurn
final class ReplicationStatusTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void aPrimaryItsStandbyAndASlotAreShownFromBothSides() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer primary = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(primary.conninfo(), primary.dataDirectory());
            host.must("init");
            assertThat(host.must("replication-status").talk()
                            + host.must("replication-status").data())
                    .contains(
                            "main · primary · timeline 1, at ",
                            "No standby, receiver, subscriber or backup is connected");
            host.must("backup");
            Path copy = host.directory().resolve("copy");
            host.must(
                    "recover",
                    "--standby",
                    "--to",
                    copy.toString(),
                    "--primary",
                    primary.conninfo() + " application_name=db2");
            primary.sql("SELECT pg_create_physical_replication_slot('unused', true)");
            try (PostgresServer standby = PostgresServer.of(binaries).from(copy).start()) {
                primary.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) AS n");
                primary.awaitStandbyAtCommit("db2");

                ofThePrimary(host);
                ofTheStandby(host, primary, standby);
                ofARoleThatSeesLess(host, primary);
            }
        }
    }

    private static void ofThePrimary(TidemarkHost host) {
        String shown = host.must("replication-status").data();

        assertThat(shown)
                .containsPattern("(?m)^db2 +standby +\\S+ +streaming +a?sync +0 B +")
                .containsPattern("(?m)^unused +physical +no +reserved +\\S+ \\S+ +no limit$");
        assertThat(host.must("replication-status", "--json").data())
                .contains(
                        "\"role\" : \"primary\"",
                        "\"name\" : \"db2\"",
                        "\"kind\" : \"standby\"",
                        "\"unsentBytes\" : 0");
    }

    private static void ofTheStandby(TidemarkHost host, PostgresServer primary, PostgresServer standby)
            throws IOException {
        host.configure(standby.conninfo(), standby.dataDirectory());
        standby.sql("SELECT pg_wal_replay_pause()");
        primary.sql("INSERT INTO t SELECT generate_series(1, 100000)");

        Outcome shown = host.must("replication-status");
        String json = host.must("replication-status", "--json").data();

        standby.sql("SELECT pg_wal_replay_resume()");
        assertThat(shown.data())
                .containsPattern("main · standby · WAL receiver: streaming, upstream \\S+:" + primary.port()
                        + " · replayed up to ")
                .contains("of WAL to replay", "replay is paused");
        assertThat(json).contains("\"role\" : \"standby\"", "\"isPaused\" : true", "\"state\" : \"streaming\"");
    }

    private static void ofARoleThatSeesLess(TidemarkHost host, PostgresServer primary) throws IOException {
        primary.sql("CREATE ROLE little LOGIN");
        host.configure(primary.conninfo().replace("user=postgres", "user=little"), primary.dataDirectory());

        Outcome shown = host.must("replication-status");

        assertThat(shown.data()).containsPattern("(?m)^db2 +\\? +\\? +\\? +\\?$");
        assertThat(shown.talk()).contains("pg_monitor");
    }
}
