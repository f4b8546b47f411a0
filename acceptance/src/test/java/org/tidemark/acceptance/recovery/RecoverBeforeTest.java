// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

/** An accident is undone by its name: nobody looks for a time or a position. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class RecoverBeforeTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void aDroppedTableAndADroppedDatabaseComeBackAndThePlanSaysWhatItFound() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer original = PostgresServer.of(binaries)
                        .withTemplates()
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(original.conninfo(), original.dataDirectory());
            host.must("init");
            original.sql(
                    "CREATE TABLE orders AS SELECT generate_series(1, 1000) AS n",
                    "CREATE TABLE others (n int)",
                    "CREATE TABLE items AS SELECT generate_series(1, 300) AS n",
                    "CREATE DATABASE shop");
            host.must("backup");
            original.sql(
                    "INSERT INTO orders SELECT generate_series(1001, 1500)",
                    "BEGIN; DROP TABLE orders; ROLLBACK",
                    "DROP TABLE orders",
                    "INSERT INTO others VALUES (1)");
            long xid = Long.parseLong(original.query("SELECT txid_current()"));
            original.sql("DROP DATABASE shop", "INSERT INTO others VALUES (2)");
            original.archiveCurrentSegment(LIMIT);

            Outcome plan = recover(host, "looked", "--before-drop", "orders", "--dry-run");
            assertThat(plan.data())
                    .contains(
                            "this is before DROP of public.orders in database postgres",
                            "--exclusive, before its first lock",
                            "what the server has not archived yet was not")
                    .doesNotContain("a query waits");
            boolean isOfMachine = PostgresBinaries.ofMachine()
                    .filter(each -> each.major() == binaries.major())
                    .isPresent();
            Outcome started = recover(host, "looked", "--before-drop", "orders", "--dry-run", "--start");
            assertThat(started.status()).as(started.talk()).isEqualTo(isOfMachine ? 0 : 52);
            assertThat(paused(host, "paused", "SELECT count(*) FROM orders", "--before-drop", "orders"))
                    .isEqualTo("1500");
            assertThat(rows(host, "whole", "SELECT count(*) FROM orders", "--before-drop", "orders"))
                    .isEqualTo("1500");
            assertThat(rows(
                            host,
                            "shop",
                            "SELECT string_agg(datname, ' ') FROM pg_database WHERE datname = 'shop' AND"
                                    + " datconnlimit = -1 AND (SELECT count(*) FROM others) = 1",
                            "--before-xid",
                            Long.toString(xid + 1)))
                    .isEqualTo("shop");
            assertThat(recover(host, "named", "--before-drop", "shop", "--dry-run")
                            .data())
                    .contains("this is before DROP DATABASE shop by transaction " + (xid + 1));
            assertThat(recover(host, "lost", "--target-xid", Long.toString(xid + 1), "--exclusive", "--dry-run")
                            .data())
                    .contains("database shop will be invalid");

            original.sql("DELETE FROM items");
            original.sql("CREATE TABLE orders AS SELECT 1 AS n");
            original.sql("DROP TABLE orders");
            original.archiveCurrentSegment(LIMIT);
            Outcome again = recover(host, "again", "--before-drop", "orders", "--dry-run");
            assertThat(again.status()).as("no backup knows the second one").isEqualTo(51);
            assertThat(again.talk())
                    .contains(
                            "2 transactions that dropped or emptied orders",
                            "DROP of public.orders in",
                            "DROP of orders in");
            Outcome emptied = recover(host, "emptied", "--before-drop", "items", "--dry-run");
            assertThat(emptied.status()).isEqualTo(51);
            assertThat(emptied.talk()).contains("but a DELETE of 300 rows of public.items", "--before-xid ");

            original.sql("CREATE TABLE orders (n int)");
            host.must("backup");
            original.sql("TRUNCATE orders");
            original.archiveCurrentSegment(LIMIT);
            Outcome several = recover(host, "several", "--before-drop", "orders", "--dry-run");
            assertThat(several.status()).isEqualTo(51);
            assertThat(several.talk()).contains("3 transactions that dropped or emptied orders", "TRUNCATE", "DROP");
            for (List<String> wrong : List.of(
                    List.of("--before-drop", "orders", "--exclusive"),
                    List.of("--before-drop", "orders", "--target-immediate"),
                    List.of("--before-xid", "7", "--timeline", "current"))) {
                assertThat(recover(host, "wrong", wrong.toArray(String[]::new)).status())
                        .as(wrong.toString())
                        .isEqualTo(2);
            }
        }
    }

    private static Outcome recover(TidemarkHost host, String name, String... options) throws IOException {
        Path to = host.directory().resolve(name);
        String[] line = new String[options.length + 3];
        line[0] = "recover";
        line[1] = "--to";
        line[2] = to.toString();
        System.arraycopy(options, 0, line, 3, options.length);
        return host.run(line);
    }

    /** What a server answers that pauses at the target. */
    private String paused(TidemarkHost host, String name, String question, String option, String value)
            throws IOException {
        Outcome outcome = recover(host, name, option, value);
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        try (PostgresServer copy =
                PostgresServer.of(binaries).from(host.directory().resolve(name)).start()) {
            PostgresWait.until(
                    "the target is reached",
                    LIMIT,
                    copy,
                    () -> copy.query("SELECT pg_is_wal_replay_paused()").equals("t"));
            return copy.query(question);
        }
    }

    /** What a server answers that was recovered and opened. */
    private String rows(TidemarkHost host, String name, String question, String option, String value)
            throws IOException {
        Outcome outcome = recover(host, name, option, value, "--target-action", "promote");
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        try (PostgresServer copy =
                PostgresServer.of(binaries).from(host.directory().resolve(name)).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            return copy.query(question);
        }
    }
}
