// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A short life of a server in which one accident happens at a known moment, and its way back by what {@code wal-search}
 * prints. Not thread-safe.
 */
final class AccidentLife implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** As {@code --table} takes them, and as they are printed. */
    private static final List<String> TABLES = List.of("public.orders", "shop.\"Items\"", "public.\"Grüße, Welt\"");

    /** Committed while the accident is under way. */
    private static final String TALLY = "public.tally";

    private final PostgresServer server;
    private final TidemarkHost host = new TidemarkHost();
    private final Random random;
    private final PostgresBinaries binaries;
    private final Accident accident;
    private final String victim;
    private final WalSegmentSize size;
    private final boolean isEncrypted;
    private final List<String> archived = new ArrayList<>();
    private final List<String> story = new ArrayList<>();
    private String keys = "";

    /** What happens, and as what {@code wal-search} tells it. */
    enum Accident {
        DROP("drop", "DROP TABLE %s"),
        TRUNCATE("truncate", "TRUNCATE %s"),
        DELETE("mass-delete", "DELETE FROM %s"),
        UPDATE("mass-update", "UPDATE %s SET t = 'all the same'"),
        DROP_DATABASE("database-drop", "DROP DATABASE victim");

        private final String kind;
        private final String statement;

        Accident(String kind, String statement) {
            this.kind = kind;
            this.statement = statement;
        }
    }

    /**
     * When it happened.
     *
     * @param xid from this one on, and before {@code nextXid}
     * @param before a hash of each table, as it was right before the commit
     */
    private record Moment(long xid, long nextXid, Lsn begin, Lsn end, Map<String, String> before) {}

    AccidentLife(PostgresBinaries binaries, Accident accident, Random random) throws IOException {
        this.binaries = binaries;
        this.random = random;
        this.accident = accident;
        this.victim = TABLES.get(random.nextInt(TABLES.size()));
        int[] sizes = {1, 1, 1, 4, 16, 64};
        int mebibytes = sizes[random.nextInt(sizes.length)];
        this.size = new WalSegmentSize(mebibytes << 20);
        this.isEncrypted = random.nextInt(3) == 0;
        this.server = PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=" + mebibytes)
                .setting("max_prepared_transactions", "5")
                .setting("wal_compression", random.nextBoolean() ? "on" : "off")
                .archiving(host.archiveCommand())
                .start();
        story.add(server + ", segments of " + mebibytes + " MiB" + (isEncrypted ? ", encrypted" : "") + ", " + accident
                + " of " + victim);
    }

    List<String> story() {
        return List.copyOf(story);
    }

    void live() throws IOException, SQLException {
        begin();
        if (random.nextInt(4) == 0) {
            failOver();
        }
        work();
        Moment moment = happen();
        work();
        if (random.nextInt(4) == 0) {
            failOver();
        }
        work();
        archive();
        Optional<Segment> hole = Optional.empty();
        switch (random.nextInt(4)) {
            case 0 -> copyTheRepository();
            case 1 -> hole = loseASegment();
            default -> tellsTheNewestCommit();
        }
        look(moment, hole);
    }

    private void begin() throws IOException {
        if (isEncrypted) {
            Path file = host.directory().resolve("private.key");
            OperatingUser.current().own(host.directory());
            host.configure(server.conninfo(), server.dataDirectory());
            keys = host.must("init", "--make-key", file.toString()).data() + "decrypt-with = ['" + file + "']\n";
        }
        use("repository");
        host.must("init");
        server.sql("CREATE SCHEMA shop", "CREATE TABLE " + TALLY + " (n int, t text)", "CREATE TABLE open (n int)");
        for (String table : TABLES) {
            server.sql(
                    "CREATE TABLE " + table + " (n int" + (random.nextBoolean() ? " PRIMARY KEY" : "") + ", t text)",
                    "INSERT INTO " + table + " SELECT n, repeat(md5(n::text), " + (1 + random.nextInt(20))
                            + ") FROM generate_series(1, " + (100 + random.nextInt(1500)) + ") AS n");
        }
        server.sql("CREATE DATABASE victim");
        try (Connection connection = inVictim(server);
                Statement statement = connection.createStatement()) {
            statement.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
        server.sql("ANALYZE");
        host.must("backup");
    }

    private static Connection inVictim(PostgresServer server) throws SQLException {
        return DriverManager.getConnection(server.jdbcUrl().replace("/postgres?", "/victim?"));
    }

    private void use(String directory) throws IOException {
        host.configure("[repository." + directory + "]\nurl = '"
                + host.directory().resolve(directory).toUri() + "'\n" + keys + "[cluster.main]\nconninfo = '"
                + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
    }

    /** What is no accident: few rows, what is rolled back, and what rewrites a table. */
    private void work() {
        for (int step = random.nextInt(8); step >= 0; step--) {
            String table = TABLES.get(random.nextInt(TABLES.size()));
            if (table.equals(victim)) {
                table = TALLY; // after the accident it may be gone
            }
            int n = random.nextInt(100);
            switch (random.nextInt(9)) {
                case 0 -> server.sql("INSERT INTO " + TALLY + " VALUES (" + n + ", 'row')");
                case 1 -> server.sql("UPDATE " + table + " SET t = 'changed' WHERE n = " + n);
                case 2 -> server.sql("DELETE FROM " + table + " WHERE n = " + n);
                case 3 -> server.sql("BEGIN", "DELETE FROM " + table, "ROLLBACK");
                case 4 -> server.sql("BEGIN", "SAVEPOINT s", "DROP TABLE " + table, "ROLLBACK TO s", "COMMIT");
                case 5 -> server.sql("VACUUM FULL " + table);
                case 6 ->
                    server.sql(
                            "BEGIN",
                            "INSERT INTO " + TALLY + " VALUES (" + n + ", 'prepared')",
                            "PREPARE TRANSACTION 'p'",
                            "COMMIT PREPARED 'p'");
                case 7 -> server.sql("CREATE TEMP TABLE passing AS SELECT 1", "DROP TABLE passing");
                default -> archive();
            }
        }
    }

    private void archive() {
        archived.add(server.archiveCurrentSegment(LIMIT));
    }

    /** As a standby that is promoted does it. */
    private void failOver() throws IOException {
        archive();
        server.stopFast();
        OperatingUser.current().own(Files.createFile(server.dataDirectory().resolve("standby.signal")));
        server.start();
        server.promote();
        archive();
        story.add("a failover, " + archived.getLast() + " is of the new timeline");
    }

    /** Another transaction is open around it, and a third one commits in its middle. */
    private Moment happen() throws SQLException {
        Map<String, String> before = new TreeMap<>(server.tableHashes());
        try (Connection other = server.connect();
                Statement open = other.createStatement();
                Connection mine = server.connect();
                Statement statement = mine.createStatement()) {
            other.setAutoCommit(false);
            open.execute("INSERT INTO open VALUES (1)");
            long xid = nextXid(server);
            Lsn begin = server.walPosition();
            String line = accident.statement.formatted(victim);
            if (accident == Accident.DROP_DATABASE) {
                statement.execute(line);
            } else {
                mine.setAutoCommit(false);
                boolean isPart = random.nextInt(3) == 0;
                if (isPart) {
                    statement.execute("INSERT INTO " + TALLY + " VALUES (-1, 'not before')");
                    statement.execute("SAVEPOINT part");
                }
                statement.execute(line);
                for (int n = random.nextInt(4); n > 0; n--) {
                    server.sql("INSERT INTO " + TALLY + " VALUES (" + n + ", 'meanwhile')");
                    if (random.nextInt(3) == 0) {
                        archive();
                    }
                }
                before.put(TALLY, hash(server, TALLY));
                if (random.nextInt(4) == 0) {
                    statement.execute("PREPARE TRANSACTION 'accident'");
                    mine.setAutoCommit(true);
                    archive();
                    statement.execute("COMMIT PREPARED 'accident'");
                    story.add("in two phases");
                } else {
                    mine.commit();
                }
            }
            Lsn end = server.walPosition();
            long next = nextXid(server);
            other.commit();
            story.add("the accident is between " + begin + " and " + end);
            return new Moment(xid, next, begin, end, before);
        }
    }

    /** As {@link PostgresServer#tableHashes} has it, of one table: others may be locked. */
    private static String hash(PostgresServer server, String table) {
        return server.query("SELECT count(*) || ' rows, ' || md5(coalesce(string_agg(row, E'\\n' ORDER BY row), ''))"
                + " FROM (SELECT t::text COLLATE \"C\" AS row FROM " + table + " t) rows");
    }

    private static long nextXid(PostgresServer server) {
        return Long.parseLong(server.query("SELECT txid_snapshot_xmax(txid_current_snapshot())"));
    }

    private void copyTheRepository() throws IOException {
        String time = List.of("1970-01-01 00:00:01", "2038-01-01", "now").get(random.nextInt(3));
        Path copy = host.directory().resolve("copy");
        server.run(List.of("cp", "-r", host.directory().resolve("repository").toString(), copy.toString()));
        server.run(List.of("find", copy.toString(), "-type", "f", "-exec", "touch", "-d", time, "{}", "+"));
        use("copy");
        story.add("a copy of " + time);
    }

    /** One that the backup does not need. */
    private Optional<Segment> loseASegment() throws IOException {
        List<String> names = archived.subList(0, archived.size() - 1);
        if (names.isEmpty()) {
            return Optional.empty();
        }
        Segment lost = (Segment) WalFile.parse(names.get(random.nextInt(names.size())));
        if (lost.start(size).isBefore(backupEnd())) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.walk(host.directory().resolve("repository"))) {
            for (Path file : files.filter(
                            each -> String.valueOf(each.getFileName()).startsWith(lost.name()))
                    .toList()) {
                Files.delete(file);
            }
        }
        story.add("lost: " + lost.name());
        return Optional.of(lost);
    }

    private Lsn backupEnd() {
        return Lsn.parse(JsonMapper.shared()
                .readTree(host.must("list-backup", "--json").data())
                .path("recoverable")
                .path(0)
                .path("intervals")
                .path(0)
                .path("beginLsn")
                .asString());
    }

    /** The one that the server made last before the end of the archived WAL. */
    private void tellsTheNewestCommit() {
        long from = nextXid(server);
        archive();
        long to = nextXid(server);
        Outcome status = host.must("status", "--json");
        JsonNode newest = JsonMapper.shared()
                .readTree(status.data())
                .path("incarnations")
                .path(0)
                .path("newestCommit");
        assertThat(Long.parseLong(newest.path("xid").asString("-1")))
                .as(status.data())
                .isBetween(from, to - 1);
    }

    private void look(Moment moment, Optional<Segment> hole) throws IOException, SQLException {
        boolean isDatabase = accident == Accident.DROP_DATABASE;
        List<String> question = isDatabase ? List.of("--kind", "drop") : List.of("--table", victim);
        Outcome outcome = search(question);
        JsonNode found = JsonMapper.shared().readTree(outcome.data());
        boolean isAround = hole.isPresent()
                && moment.begin().isBefore(hole.get().end(size))
                && !moment.end().isBefore(hole.get().start(size));
        if (hole.isPresent()) {
            assertThat(found.path("missingBefore").size())
                    .as("the hole is told: %s", outcome.data())
                    .isPositive();
        }
        if (isAround) {
            return; // nobody knows
        }
        assertThat(found.path("changes").size()).as(outcome.data()).isEqualTo(1);
        JsonNode change = found.path("changes").path(0);
        assertThat(change.path("kind").asString()).isEqualTo(accident.kind);
        assertThat(Long.parseLong(change.path("xid").asString()))
                .as("transaction")
                .isBetween(moment.xid(), moment.nextXid() - 1);
        if (isDatabase) {
            assertThat(change.toString()).contains("victim");
        } else {
            assertThat(StreamSupport.stream(change.path("relations").spliterator(), false)
                            .map(each -> each.path("name").asString()))
                    .as(outcome.data())
                    .containsExactly(victim);
        }
        String timeline = found.path("timeline").toString();
        Lsn restore = Lsn.parse(change.path("restore").asString());
        if (hole.isPresent() && hole.get().start(size).isBefore(restore)) {
            Outcome refused = recover("refused", restore, timeline, "pause");
            assertThat(refused.status()).as("beyond a hole: %s", refused.talk()).isNotZero();
            return;
        }
        if (change.has("look")) {
            try (PostgresServer paused =
                    opened("look", Lsn.parse(change.path("look").asString()), timeline, "pause")) {
                assertThat(paused.isInRecovery()).isTrue();
                assertThat(hash(paused, victim))
                        .as("the table where it is looked at")
                        .isEqualTo(moment.before().get(victim));
            }
        }
        try (PostgresServer restored = opened("restored", restore, timeline, "promote")) {
            if (change.path("isPrepared").asBoolean()) {
                restored.sql("ROLLBACK PREPARED 'accident'"); // as wal-search says: it holds its locks
            }
            assertThat(restored.tableHashes())
                    .as("right before the commit")
                    .containsExactlyInAnyOrderEntriesOf(moment.before());
            if (isDatabase) {
                try (Connection connection = inVictim(restored);
                        Statement statement = connection.createStatement();
                        ResultSet rows = statement.executeQuery("SELECT count(*) FROM kept")) {
                    assertThat(rows.next()).isTrue();
                    assertThat(rows.getInt(1)).isEqualTo(1000);
                }
            }
        }
    }

    private Outcome search(List<String> question) {
        List<String> line = new ArrayList<>(List.of("wal-search", "--json"));
        line.addAll(question);
        return host.must(line.toArray(String[]::new));
    }

    private Outcome recover(String name, Lsn position, String timeline, String action) {
        return host.run(
                "recover",
                "--to",
                host.directory().resolve(name).toString(),
                "--target-lsn",
                position.toString(),
                "--exclusive",
                "--timeline",
                timeline,
                "--target-action",
                action);
    }

    private PostgresServer opened(String name, Lsn position, String timeline, String action) {
        Outcome outcome = recover(name, position, timeline, action);
        assertThat(outcome.status()).as(outcome.talk()).isZero();
        PostgresServer opened =
                PostgresServer.of(binaries).from(host.directory().resolve(name)).start();
        if (action.equals("promote")) {
            opened.awaitRecoveryEnd(LIMIT);
        }
        return opened;
    }

    @Override
    public void close() {
        server.close();
        host.close();
    }
}
