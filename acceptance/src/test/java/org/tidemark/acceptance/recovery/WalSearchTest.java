// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Accidents, found in the archive and brought back by what the search prints. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@Order(1) // among the longest
@InTurn
final class WalSearchTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Pattern LOOK = Pattern.compile("look: .* --target-lsn (\\S+) --exclusive");
    private static final Pattern RESTORE = Pattern.compile("restore: .* --target-lsn (\\S+) --exclusive");

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private TidemarkHost host;
    private PostgresServer original;

    @BeforeEach
    void backUp() throws Exception {
        host = new TidemarkHost();
        original = PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=1")
                // It commits too, and would be the transaction after a time.
                .setting("autovacuum", "off")
                .archiving(host.archiveCommand())
                .start();
        host.configure(original.conninfo(), original.dataDirectory());
        host.must("init");
        original.sql(
                "CREATE TABLE orders AS SELECT n, 'text ' || n AS t FROM generate_series(1, 2000) AS n",
                "CREATE INDEX ON orders (n)",
                "CREATE SCHEMA shop",
                "CREATE TABLE shop.\"Items\" AS SELECT n FROM generate_series(1, 500) AS n",
                "CREATE TABLE other (n int)",
                "ANALYZE");
        original.sql("CREATE DATABASE victim");
        try (Connection victim = DriverManager.getConnection(original.jdbcUrl().replace("/postgres?", "/victim?"));
                Statement statement = victim.createStatement()) {
            statement.execute("CREATE TABLE prize AS SELECT generate_series(1, 9) AS n");
        }
        host.must("backup");
    }

    @AfterEach
    void close() {
        original.close();
        host.close();
    }

    private Outcome search(String... options) {
        String[] line = new String[options.length + 1];
        line[0] = "wal-search";
        System.arraycopy(options, 0, line, 1, options.length);
        return host.must(line);
    }

    private static String only(Pattern pattern, Outcome outcome) {
        Matcher matcher = pattern.matcher(outcome.data());
        assertThat(matcher.find()).as(outcome.data()).isTrue();
        return matcher.group(1);
    }

    /** The answer of a server that was recovered to a position, exclusive, and pauses there or is opened. */
    private String at(String name, String position, String action, String question) throws IOException {
        Path restored = host.directory().resolve(name);
        Outcome outcome = host.run(
                "recover",
                "--to",
                restored.toString(),
                "--target-lsn",
                position,
                "--exclusive",
                "--target-action",
                action);
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            if (action.equals("promote")) {
                copy.awaitRecoveryEnd(LIMIT);
            }
            return copy.query(question);
        }
    }

    @Test
    void whatWasDroppedOrEmptiedIsFoundByNameAndComesBack() throws Exception {
        original.sql("INSERT INTO other VALUES (1)");
        original.sql("VACUUM FULL orders");
        original.sql("BEGIN", "DROP TABLE orders", "ROLLBACK");
        original.sql("BEGIN", "TRUNCATE orders", "INSERT INTO other VALUES (2)", "COMMIT");
        original.sql("INSERT INTO other VALUES (3)");
        original.archiveCurrentSegment(LIMIT);

        Outcome found = search("--table", "orders");

        assertThat(found.data())
                .contains("TRUNCATE of public.orders in database postgres, about 2,000 rows\n")
                .doesNotContain("DROP", "rewrite");
        assertThat(search("--table", "shop.\"Items\"").data()).contains("nothing was found");
        assertThat(at("look", only(LOOK, found), "pause", "SELECT count(*) FROM orders"))
                .isEqualTo("2000");
        assertThat(at(
                        "restore",
                        only(RESTORE, found),
                        "promote",
                        "SELECT (SELECT count(*) FROM orders) || ',' || string_agg(n::text, '') FROM other"))
                .isEqualTo("2000,1");
        assertThat(search("--kind", "rewrite").data()).contains("rewrite of public.orders in database postgres");
    }

    /**
     * What a transaction did before the WAL that is searched is not known, and nobody is told that there was nothing.
     */
    @Test
    void aTransactionThatBeganBeforeTheSearchedWalIsTold() throws Exception {
        try (Connection slow = original.connect();
                Statement statement = slow.createStatement()) {
            slow.setAutoCommit(false);
            statement.execute("DELETE FROM orders");
            for (int n = 0; n < 12; n++) {
                original.sql("INSERT INTO other VALUES (" + n + ")", "CHECKPOINT");
                original.archiveCurrentSegment(LIMIT);
            }
            // What is searched begins some segments before the commits of this time.
            Thread.sleep(1100);
            String since = original.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')");
            original.sql("CHECKPOINT", "INSERT INTO other VALUES (10)");
            slow.commit();
            original.archiveCurrentSegment(LIMIT);

            Outcome found = search("--table", "orders", "--since", since);

            assertThat(found.data())
                    .contains("nothing was found")
                    .contains("may have begun before the WAL that was searched, and changed the table there");
        }
        assertThat(search("--table", "orders").data())
                .contains("DELETE of 2,000 rows")
                .doesNotContain("may have begun before the WAL that was searched, and changed");
    }

    @Test
    void aDeletionWithoutWhereAndADroppedTableAreTheWorst() throws Exception {
        for (int n = 0; n < 20; n++) {
            original.sql("INSERT INTO other VALUES (" + n + ")", "DELETE FROM other WHERE n = " + (n - 1));
        }
        original.sql("DELETE FROM shop.\"Items\"");
        original.sql("DROP TABLE orders");
        original.archiveCurrentSegment(LIMIT);

        Outcome found = search();

        assertThat(found.data())
                .contains(
                        "DELETE of 500 rows (100 % of about 500) of shop.\"Items\" in database postgres",
                        "DROP of public.orders in database postgres, about 2,000 rows")
                .doesNotContain("public.other");
        assertThat(search("--table", "other").data()).contains("19 smaller deletions and updates of it");
        Outcome small = search("--table", "other", "--min-rows", "1", "--top", "3");
        assertThat(small.data()).contains("more changes were found");
        original.sql("DELETE FROM other");
        original.archiveCurrentSegment(LIMIT);
        String newest = only(Pattern.compile("(?s)DELETE of 1 row .*?transaction (\\d+)"), small);
        assertThat(only(
                        Pattern.compile("(?s)DELETE of 1 row .*?transaction (\\d+)"),
                        search("--table", "other", "--min-rows", "1", "--top", "3")))
                .as("of equal ones the newest")
                .isGreaterThan(newest);
        String xid = only(Pattern.compile("(?s)DELETE of 500 .*?transaction (\\d+)"), found);
        assertThat(search("--xid", xid).data()).contains("DELETE of 500 rows").doesNotContain("DROP");
        String json = search("--output", "json").data();
        assertThat(json).contains("\"kind\" : \"mass-delete\"", "\"rows\" : 500", "\"name\" : \"public.orders\"");
        String asked = search("--xid", xid, "--output", "json").data();
        assertThat(JsonMapper.shared().readTree(asked).at("/asked/0/xid").stringValue())
                .isEqualTo(xid);
        hasTheKeysOfItsPage("wal-search", json, asked);
        String before = only(RESTORE, search("--table", "shop.\"Items\""));
        assertThat(at("items", before, "pause", "SELECT count(*) FROM shop.\"Items\""))
                .isEqualTo("500");
    }

    /**
     * A time, or a transaction, would leave an invalid database. It is found by its name, and by those of its tables.
     */
    @Test
    void aDroppedDatabaseComesBackByTheOnlyPositionThatIsLeft() throws Exception {
        original.sql("INSERT INTO other VALUES (1)");
        String time = original.query("SELECT clock_timestamp()");
        original.sql("DROP DATABASE victim");
        original.sql("INSERT INTO other VALUES (2)");
        original.archiveCurrentSegment(LIMIT);

        Outcome found = search("--kind", "drop");

        assertThat(found.data()).contains("DROP DATABASE victim\n", "only this position brings it back");
        assertThat(search("--table", "prize").data())
                .contains("DROP DATABASE victim, which had public.prize when it was backed up\n");
        assertThat(search("--table", "victim").data()).contains("DROP DATABASE victim\n");
        assertThat(search("--table", "orders").data()).contains("nothing was found");
        String oid = only(Pattern.compile("database with OID (\\d+)"), search("--time", time));
        assertThat(search("--table", oid).data()).contains("DROP DATABASE victim\n");
        Outcome around = search("--time", time);
        assertThat(around.data()).contains("leaves the database with OID ", " invalid: transaction ");
        assertThat(only(Pattern.compile("whole: .* --target-lsn (\\S+) --exclusive"), around))
                .isEqualTo(only(RESTORE, found));
        assertThat(at(
                        "victim",
                        only(RESTORE, found),
                        "promote",
                        "SELECT count(*) FROM pg_database WHERE datname = 'victim' AND datallowconn"))
                .isEqualTo("1");
    }

    @Test
    void aHoleIsNamedAndWhatNoRecoveryReachesToo() throws Exception {
        original.sql("INSERT INTO other VALUES (1)");
        original.archiveCurrentSegment(LIMIT);
        original.sql("INSERT INTO other VALUES (2)");
        String lost = original.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())");
        original.archiveCurrentSegment(LIMIT);
        original.sql("TRUNCATE orders");
        String point = original.query("SELECT pg_create_restore_point('behind')");
        original.archiveCurrentSegment(LIMIT);
        try (Stream<Path> objects = Files.walk(host.directory().resolve("repository"))) {
            for (Path each : objects.filter(
                            object -> object.getFileName().toString().startsWith(lost))
                    .toList()) {
                Files.delete(each);
            }
        }

        Outcome found = search("--table", "orders");

        assertThat(found.data())
                .containsPattern(
                        lost + " is missing or damaged \\(between .* and .*\\): what happened there is not known")
                .contains("TRUNCATE of public.orders")
                .contains("look:    not reachable: no backup", "restore: not reachable: no backup");
        assertThat(search("--table", "other", "--kind", "drop").data())
                .contains("nothing was found in what could be read");
        assertThat(search("--output", "json").data())
                .contains("\"first\" : \"" + lost + "\"", "\"isReachable\" : false");
        assertThat(search("--restore-point", "behind").data())
                .contains("restore: not reachable: no backup with all WAL from its start leads to " + point);
        assertThat(search("--restore-point", "behind", "--output", "json").data())
                .contains("\"isReachable\" : false");
    }

    /** Their rows are in files with other numbers than initdb gave them, and only a backup knows these. */
    @Test
    void catalogsThatWereRewrittenLongAgoHideNothing() throws Exception {
        original.sql("VACUUM FULL pg_class", "VACUUM FULL pg_database");
        host.must("backup");
        for (int segment = 0; segment < 8; segment++) {
            original.sql("INSERT INTO other VALUES (0)");
            original.archiveCurrentSegment(LIMIT);
        }
        String since = original.query("SELECT clock_timestamp()");
        original.sql("DROP TABLE orders");
        original.sql("DROP DATABASE victim");
        original.archiveCurrentSegment(LIMIT);

        assertThat(search("--table", "orders", "--since", since).data())
                .contains("DROP of public.orders in database postgres");
        Outcome dropped = search("--table", "victim", "--since", since);
        assertThat(dropped.data()).contains("DROP DATABASE victim\n");
        assertThat(at(
                        "whole",
                        only(RESTORE, dropped),
                        "promote",
                        "SELECT datconnlimit FROM pg_database WHERE datname = 'victim'"))
                .isEqualTo("-1");
    }

    /** PostgreSQL stops before a transaction that ended later, and the next one may be in the next segment. */
    @Test
    void aTimeAtWhichTheLastTransactionOfASegmentEndedHasAnEnd() throws Exception {
        original.sql("DROP TABLE other");
        original.sql("SELECT pg_switch_wal()");
        original.sql("DELETE FROM orders");
        original.archiveCurrentSegment(LIMIT);
        String time = JsonMapper.shared()
                .readTree(search("--kind", "drop", "--output", "json").data())
                .findPath("time")
                .asString();

        Outcome around = search("--time", time);

        assertThat(around.data()).containsPattern("after: .* transaction \\d+, committed at ");
        assertThat(at("at-last", only(RESTORE, around), "promote", "SELECT to_regclass('other') IS NULL"))
                .isEqualTo("t");
    }

    /** What xmin of a row says after an exception block. */
    @Test
    void aTransactionIsFoundByTheNumberOfAPartOfIt() throws Exception {
        original.sql("DO $$BEGIN BEGIN INSERT INTO other VALUES (7); EXCEPTION WHEN OTHERS THEN NULL; END;"
                + " DELETE FROM orders; END$$");
        String part = original.query("SELECT xmin FROM other WHERE n = 7");
        original.archiveCurrentSegment(LIMIT);

        assertThat(search("--xid", part).data())
                .contains("DELETE of 2,000 rows (100 % of about 2,000) of public.orders");
    }

    /** Each could be taken for an answer. */
    @Test
    void aQuestionAboutATimeOfWhichNothingIsArchivedIsRefused() throws Exception {
        original.sql("INSERT INTO other VALUES (1)");
        String undone;
        try (Connection session = original.connect();
                Statement statement = session.createStatement()) {
            session.setAutoCommit(false);
            statement.execute("DELETE FROM orders");
            undone = original.query(
                    "SELECT max(transactionid::text::bigint) FROM pg_locks WHERE locktype =" + " 'transactionid'");
            session.rollback();
        }
        original.archiveCurrentSegment(LIMIT);

        Outcome exchanged =
                host.run("wal-search", "--since", "2026-01-02 00:00:00Z", "--until", "2026-01-01 00:00:00Z");

        assertThat(search("--since", "2100-01-01 00:00:00Z").data())
                .contains("nothing was found: the newest archived transaction ended ");
        assertThat(exchanged.status()).isEqualTo(2);
        assertThat(exchanged.talk()).contains("is later than --until");
        assertThat(search("--xid", undone).data()).contains("transaction " + undone + " was rolled back at ");
        JsonNode document = JsonMapper.shared()
                .readTree(search("--xid", undone, "--output", "json").data());
        assertThat(document.at("/asked/0/xid").stringValue()).isEqualTo(undone);
        assertThat(document.at("/asked/0/isCommitted").booleanValue()).isFalse();
    }

    /** It was created within the time that is searched, and a later backup has its name. */
    @Test
    void aTableIsFoundThatAnyOfTheBackupsKnows() throws Exception {
        original.sql("CREATE TABLE young AS SELECT generate_series(1, 300) AS n", "ANALYZE young");
        host.must("backup");
        original.sql("DROP TABLE young");
        original.sql("DELETE FROM orders");
        original.archiveCurrentSegment(LIMIT);
        host.must("backup");

        Outcome found = search("--table", "young");

        assertThat(found.data()).contains("DROP of public.young in database postgres, about 300 rows");
        assertThat(at("young", only(LOOK, found), "pause", "SELECT count(*) FROM young"))
                .isEqualTo("300");
        assertThat(search("--table", "orders").data())
                .as("by the statistics of before")
                .contains("DELETE of 2,000 rows (100 % of about 2,000) of public.orders");
    }

    /** As after an accident that was undone, and happens again before the next backup. */
    @Test
    void aTableIsFoundThatWasMadeAgainAndWhatNobodyCanNameIsCounted() throws Exception {
        original.sql("DROP TABLE orders", "CREATE TABLE orders AS SELECT generate_series(1, 200) AS n");
        original.sql("DELETE FROM orders");
        original.sql("DROP TABLE orders");
        original.archiveCurrentSegment(LIMIT);

        String found = search("--table", "orders").data();

        assertThat(found)
                .contains(
                        "DROP of public.orders in database postgres, about 2,000 rows",
                        "DELETE of 200 rows of orders in database postgres",
                        "DROP of orders in database postgres\n")
                .doesNotContain("names nobody knows");
        assertThat(search().data()).doesNotContain("DROP of OID");
        assertThat(search("--table", "other").data()).contains("nothing was found", "tidemark switch-wal");

        original.sql("CREATE TABLE later (n int)", "INSERT INTO later VALUES (1)");
        for (int n = 0; n < 12; n++) {
            original.sql("INSERT INTO other VALUES (" + n + ")", "CHECKPOINT");
            original.archiveCurrentSegment(LIMIT);
        }
        Thread.sleep(1100);
        String since = original.query("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS\"Z\"')");
        original.sql("CHECKPOINT", "DROP TABLE later");
        original.archiveCurrentSegment(LIMIT);
        assertThat(search("--table", "other", "--since", since).data())
                .contains("1 transaction dropped or emptied tables whose names nobody knows");
    }

    @Test
    void aTableThatNoBackupKnowsAndAWrongQuestionAreRefused() {
        Outcome unknown = host.run("wal-search", "--table", "nothing");
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.talk())
                .contains("there is no table or database nothing in the backup", "none was created in the WAL");
        Outcome unquoted = host.run("wal-search", "--table", "shop.Items");
        assertThat(unquoted.status()).isEqualTo(2);
        assertThat(unquoted.talk()).contains("but there is shop.\"Items\"", "--table 'shop.\"Items\"'");
        for (List<String> wrong : List.of(
                List.of("--kind", "explode"),
                List.of("--top", "0"),
                List.of("--xid", "x"),
                List.of("--xid", "0"),
                List.of("--timeline", "9"))) {
            Outcome refused = host.run("wal-search", wrong.get(0), wrong.get(1));
            assertThat(refused.status()).as(wrong.toString()).isEqualTo(2);
        }
    }

    @Test
    void aTimeAndARestorePointAreToldWithThePositionThatReachesThem() throws Exception {
        String first = original.query("INSERT INTO other VALUES (1) RETURNING txid_current()");
        String time = original.query("SELECT clock_timestamp()");
        String point = original.query("SELECT pg_create_restore_point('here')");
        String second = original.query("INSERT INTO other VALUES (2) RETURNING txid_current()");
        original.archiveCurrentSegment(LIMIT);

        Outcome around = search("--time", time);
        Outcome points = search("--restore-point", "here");

        assertThat(around.data())
                .as("%s%s", host.run("wal-list", "--verbose").data(), original.log())
                .containsPattern("before: .* transaction " + first + ", committed at ")
                .containsPattern("after: .* transaction " + second + ", committed at ");
        assertThat(points.data()).contains("restore point 'here', at " + point);
        assertThat(at("at-time", only(RESTORE, around), "promote", "SELECT max(n) FROM other"))
                .isEqualTo("1");
        assertThat(only(RESTORE, points)).isEqualTo(point);
        assertThat(search("--restore-point", "there").data()).contains("no restore point of this name was found");
        hasTheKeysOfItsPage(
                "wal-search-moment",
                search("--time", time, "--output", "json").data(),
                search("--restore-point", "here", "--output", "json").data());
        assertThat(host.run("wal-search", "--time", time, "--table", "orders").status())
                .isEqualTo(2);
    }

    /** As the golden documents of other commands; here no key is left out that can be there. */
    private static void hasTheKeysOfItsPage(String name, String... documents) throws IOException {
        List<String> lines = new ArrayList<>();
        for (String json : documents) {
            keys(JsonMapper.shared().readTree(json), "", lines);
        }
        Path page = Path.of(System.getProperty("tidemark.root", ".."), "docs/reference/json/" + name + ".txt");
        if ("write".equals(System.getenv("TIDEMARK_TEST_GOLDEN"))) {
            Files.write(page, lines.stream().distinct().toList());
        }
        assertThat(Files.readAllLines(page).stream().map(line -> line.replace("?", "")))
                .containsAll(lines);
    }

    private static void keys(JsonNode node, String path, List<String> lines) {
        if (node.isArray()) {
            for (JsonNode item : node) {
                lines.add(path + "[] " + type(item));
                keys(item, path + "[]", lines);
            }
        } else if (node.isObject()) {
            node.properties().forEach(each -> {
                String key = path.isEmpty() ? each.getKey() : path + "." + each.getKey();
                lines.add(key + " " + type(each.getValue()));
                keys(each.getValue(), key, lines);
            });
        }
    }

    private static String type(JsonNode node) {
        return node.getNodeType().name().toLowerCase(Locale.ROOT);
    }
}
