// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresServer;

/**
 * A server ran with wal_level = minimal for a while, within one segment: all WAL is archived, and none leads past it.
 */
@InTurn
final class MinimalWalTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server = host.newServer();
    private final Path restored = host.directory().resolve("restored");

    @BeforeEach
    void runWithLessWalForAWhile() throws IOException {
        server.start();
        host.configure(server.conninfo(), server.dataDirectory());
        host.must("init");
        server.sql("CREATE TABLE t AS SELECT 1 AS n");
        host.must("backup");
        server.archiveCurrentSegment(LIMIT);
        server.sql(
                "INSERT INTO t VALUES (2)",
                "ALTER SYSTEM SET wal_level = minimal",
                "ALTER SYSTEM SET max_wal_senders = 0",
                "ALTER SYSTEM SET archive_mode = off");
        server.restart();
        server.sql(
                "CREATE TABLE u AS SELECT 3 AS n",
                "ALTER SYSTEM RESET wal_level",
                "ALTER SYSTEM RESET max_wal_senders",
                "ALTER SYSTEM RESET archive_mode");
        server.restart();
        server.sql("INSERT INTO t VALUES (4)");
        server.archiveCurrentSegment(LIMIT);
        server.sql("INSERT INTO t VALUES (5)");
        server.archiveCurrentSegment(LIMIT);
    }

    @AfterEach
    void close() {
        server.close();
        host.close();
    }

    private Outcome recover(String... options) {
        String[] line = new String[options.length + 3];
        line[0] = "recover";
        line[1] = "--to";
        line[2] = restored.toString();
        System.arraycopy(options, 0, line, 3, options.length);
        return host.run(line);
    }

    @Test
    void aPlanVerifyAndCheckKnowThatNoRecoveryGoesPastItUntilThereIsABackup() {
        Outcome planned = recover();

        assertThat(planned.status()).isEqualTo(ExitCode.TARGET_UNREACHABLE.status());
        assertThat(planned.talk()).contains("the server ran with wal_level = minimal from ");
        assertThat(restored).doesNotExist();

        Outcome verified = host.must("wal-verify");
        assertThat(verified.talk()).contains("the server ran with wal_level = minimal from ");
        assertThat(host.must("wal-verify").talk()).doesNotContain("minimal");
        Outcome check = host.run("check");
        assertThat(check.status()).isEqualTo(ExitCode.NO.status());
        assertThat(check.data()).contains("recover would refuse to restore the newest state: the server ran with");
        assertThat(host.run("list-backup").data() + host.run("status").data())
                .contains("since the server ran with wal_level = minimal before it");

        Outcome drilled = host.run("drill", "--to", restored.toString(), "--target", "latest");
        assertThat(drilled.status()).as(drilled.talk()).isEqualTo(ExitCode.NO.status());
        assertThat(drilled.data())
                .contains("NOT PROVEN: ", "the server ran with wal_level = minimal from ", "the fault is of the WAL");
        assertThat(restored).doesNotExist();

        host.must("backup");
        assertThat(host.run("check").data().lines().filter(line -> !line.startsWith("CRITICAL drill")))
                .as("the drill that failed counts until another one has passed")
                .noneMatch(line -> line.contains("minimal"));
        assertThat(recover("--dry-run").status()).isZero();
    }

    /** Where PostgreSQL ends each recovery that goes on. */
    @Test
    void aRecoveryEndsBeforeIt() {
        String talk = recover().talk();
        String position = talk.replaceAll("(?s).*--target-lsn (\\S+) --exclusive.*", "$1");

        Outcome outcome = recover("--target-lsn", position, "--exclusive", "--target-action", "promote");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        try (PostgresServer copy =
                PostgresServer.of(server.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t"))
                    .isEqualTo("1,2");
        }
    }
}
