// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader;
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** Random transactions on real servers, against what the client knows of them and what pg_walinspect says. */
class RecordsOfRealServersTest {
    private static final System.Logger LOG = System.getLogger(RecordsOfRealServersTest.class.getName());
    private static final int SESSIONS = 3;
    private static final WalSegmentSize SIZE = new WalSegmentSize(1 << 20);
    private static final List<String> MANAGERS = List.of(
            "XLOG",
            "Transaction",
            "Storage",
            "CLOG",
            "Database",
            "Tablespace",
            "MultiXact",
            "RelMap",
            "Standby",
            "Heap2",
            "Heap",
            "Btree",
            "Hash",
            "Gin",
            "Gist",
            "Sequence",
            "SPGist",
            "BRIN",
            "CommitTs",
            "ReplicationOrigin",
            "Generic",
            "LogicalMessage");
    private static final List<String> FORKS = List.of("main", "fsm", "vm", "init");
    private static final Pattern BLOCK =
            Pattern.compile("blkref #(\\d+): rel (\\d+/\\d+/\\d+) (?:fork (\\w+) )?blk (\\d+)");
    private static final Pattern TUPLES = Pattern.compile("ntuples: (\\d+)|(\\d+) tuples");

    static List<PostgresBinaries> some() {
        return PostgresBinaries.ofThisRun();
    }

    /** Rows of user tables, as the client counts them. */
    private static final class Counts {
        private final long[] rows = new long[3];

        void add(Counts other) {
            for (int i = 0; i < rows.length; i++) {
                rows[i] += other.rows[i];
            }
        }

        @Override
        public String toString() {
            return "inserted %d, updated %d, deleted %d".formatted(rows[0], rows[1], rows[2]);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void eachTransactionHasTheRowsThatItsClientWrote(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = FollowedServer.start(binaries, 1)) {
            Map<Long, String> written = new TreeMap<>();
            work(server, written);
            server.stopFast();

            List<EndedTransaction> all = FollowedServer.transactions(server, SIZE);
            Map<Long, String> read = new TreeMap<>();
            for (EndedTransaction each : all) {
                if (each.outcome() == Outcome.COMMITTED && written.containsKey(each.unsignedXid())) {
                    Counts sum = new Counts();
                    each.relations().forEach((file, counts) -> {
                        if (!file.isSystem()) {
                            sum.rows[0] += counts.inserted();
                            sum.rows[1] += counts.updated();
                            sum.rows[2] += counts.deleted();
                        }
                    });
                    read.put(each.unsignedXid(), sum.toString());
                    assertThat(each.knowledge()).isEmpty();
                    assertThat(each.changes()).isEmpty();
                }
            }

            LOG.log(System.Logger.Level.INFO, binaries + ": " + written.size() + " transactions of the client");
            assertThat(read).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @MethodSource("some")
    void eachRecordIsWhatPgWalinspectSays(PostgresBinaries binaries) throws Exception {
        // pg_walinspect is new in 15, and the embedded installations have no pg_waldump.
        if (binaries.major() < 15) {
            return;
        }
        try (PostgresServer server = FollowedServer.start(binaries, 1)) {
            server.sql("CREATE EXTENSION pg_walinspect", "CHECKPOINT");
            Lsn from = server.walPosition();
            work(server, new HashMap<>());
            server.sql("SELECT pg_switch_wal()", "CHECKPOINT");
            Lsn to = server.walPosition();
            Map<Lsn, String> said = new TreeMap<>();
            Map<String, Long> saidRows = new TreeMap<>();
            inspect(server, from, to, said, saidRows);
            server.stopFast();

            Map<Lsn, String> read = new TreeMap<>();
            RecordBody body = new RecordBody();
            everyRecord(server, (record, bodyBytes) -> {
                if (!record.start().isBefore(from) && !record.end().isAfter(to)) {
                    assertThat(body.read(record.body(), bodyBytes, binaries.major()))
                            .isTrue();
                    StringBuilder text = new StringBuilder();
                    for (int i = 0; i < body.count(); i++) {
                        text.append(" #%d %s %s %d"
                                .formatted(body.id(i), body.file(i), FORKS.get(body.fork(i)), body.block(i)));
                    }
                    read.put(record.start(), text(record.xid(), record.resourceManager(), text.toString()));
                }
            });
            Map<String, Long> readRows = new TreeMap<>();
            for (EndedTransaction each : FollowedServer.transactions(server, SIZE)) {
                if (!each.first().at().isBefore(from) && each.endOfEnd().compareTo(to) <= 0) {
                    each.relations().forEach((file, counts) -> {
                        readRows.merge(file + " inserted", counts.inserted(), Long::sum);
                        readRows.merge(file + " updated", counts.updated(), Long::sum);
                        readRows.merge(file + " deleted", counts.deleted(), Long::sum);
                    });
                }
            }
            readRows.values().removeIf(rows -> rows == 0);

            LOG.log(System.Logger.Level.INFO, binaries + ": " + said.size() + " records");
            assertThat(read).hasSizeGreaterThan(1000).isEqualTo(said);
            assertThat(readRows).isEqualTo(saidRows);
        }
    }

    /** Bits flipped, bytes replaced and bodies cut off, in records of every kind that a server writes. */
    @ParameterizedTest
    @MethodSource("some")
    void aDamagedRecordIsNeverFatal(PostgresBinaries binaries) throws Exception {
        Random random = Rounds.random();
        try (PostgresServer server = FollowedServer.start(binaries, 1)) {
            work(server, new HashMap<>());
            server.sql("CREATE TABLE t(a text)", "TRUNCATE t", "DROP TABLE t", "CREATE DATABASE d", "DROP DATABASE d");
            server.stopFast();

            List<EndedTransaction> ended = new ArrayList<>();
            TransactionFollower follower = new TransactionFollower(10_000, ended::add);
            everyRecord(server, (record, bodyBytes) -> {
                byte[] bytes = new byte[bodyBytes];
                record.body().get(0, bytes);
                for (int i = 0; i < 1 + random.nextInt(4) && bodyBytes > 0; i++) {
                    int at = random.nextInt(Math.min(bodyBytes, random.nextBoolean() ? 64 : bodyBytes));
                    bytes[at] = (byte) (random.nextBoolean() ? random.nextInt() : bytes[at] ^ 1 << random.nextInt(8));
                }
                ByteBuffer damaged = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
                damaged.limit(random.nextInt(4) == 0 ? random.nextInt(bodyBytes + 1) : bodyBytes);
                follower.visit(
                        new WalRecord(
                                record.resourceManager(),
                                random.nextInt(50) == 0 ? random.nextInt(256) : record.info(),
                                record.xid(),
                                record.magic(),
                                record.start(),
                                record.previous(),
                                record.end(),
                                damaged),
                        bodyBytes,
                        binaries.major());
            });

            assertThat(ended).isNotEmpty();
        }
    }

    private interface Records {
        void record(WalRecord record, int bodyBytes);
    }

    private static void everyRecord(PostgresServer server, Records records) throws IOException {
        List<Path> segments = FollowedServer.segments(server);
        int[] bytes = new int[1];
        for (int i = 0; i < segments.size(); i++) {
            try (InputStream in = FollowedServer.open(segments.get(i))) {
                WalReader.read(
                        in,
                        FollowedServer.following(segments, i),
                        FollowedServer.name(segments.get(i)),
                        SIZE,
                        new Visitor() {
                            @Override
                            public int wanted(int resourceManager, int info, int bodyBytes) {
                                bytes[0] = bodyBytes;
                                return bodyBytes;
                            }

                            @Override
                            public void visit(WalRecord record) {
                                records.record(record, bytes[0]);
                            }
                        });
            }
        }
    }

    private static String text(int xid, int resourceManager, String blocks) {
        return Integer.toUnsignedString(xid) + " " + MANAGERS.get(resourceManager) + blocks;
    }

    private static void inspect(
            PostgresServer server, Lsn from, Lsn to, Map<Lsn, String> records, Map<String, Long> rows)
            throws SQLException {
        try (Connection connection = server.connect();
                Statement sql = connection.createStatement();
                ResultSet each = sql.executeQuery("SELECT start_lsn, xid, resource_manager, record_type, description,"
                        + " block_ref FROM pg_get_wal_records_info('" + from + "', '" + to + "')")) {
            while (each.next()) {
                Matcher blocks = BLOCK.matcher(each.getString(6) == null ? "" : each.getString(6));
                StringBuilder text = new StringBuilder();
                String first = "";
                while (blocks.find()) {
                    String fork = blocks.group(3) == null ? "main" : blocks.group(3);
                    text.append(" #" + blocks.group(1) + " " + blocks.group(2) + " " + fork + " " + blocks.group(4));
                    first = blocks.group(1).equals("0") ? blocks.group(2) : first;
                }
                int manager = MANAGERS.indexOf(each.getString(3));
                // XLOG_SWITCH has no body, and is never shown by the reader.
                if (!each.getString(4).equals("SWITCH") && !each.getString(4).equals("NOOP")) {
                    records.put(Lsn.parse(each.getString(1)), text((int) each.getLong(2), manager, text.toString()));
                }
                String type = each.getString(4).replace("+INIT", "");
                boolean isRow = each.getString(3).startsWith("Heap");
                if (isRow && type.equals("MULTI_INSERT")) {
                    Matcher tuples = TUPLES.matcher(each.getString(5));
                    assertThat(tuples.find()).as(each.getString(5)).isTrue();
                    String count = tuples.group(1) == null ? tuples.group(2) : tuples.group(1);
                    rows.merge(first + " inserted", Long.valueOf(count), Long::sum);
                } else if (isRow && type.equals("INSERT")) {
                    rows.merge(first + " inserted", 1L, Long::sum);
                } else if (isRow && (type.equals("UPDATE") || type.equals("HOT_UPDATE"))) {
                    rows.merge(first + " updated", 1L, Long::sum);
                } else if (isRow && type.equals("DELETE")) {
                    rows.merge(first + " deleted", 1L, Long::sum);
                }
            }
        }
    }

    /** Several sessions at once, each on a table of its own. */
    static void work(PostgresServer server, Map<Long, String> written) throws Exception {
        int rounds = Rounds.of(20, 100);
        long seed = Rounds.seed();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Map<Long, String>>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                String table = "w" + i;
                server.sql(
                        "CREATE TABLE " + table + "(id serial PRIMARY KEY, a int, b text)",
                        "CREATE INDEX ON " + table + "(a)");
                Random random = new Random(seed + i);
                Callable<Map<Long, String>> session = () -> session(server, table, random, rounds);
                sessions.add(executor.submit(session));
            }
            for (Future<Map<Long, String>> each : sessions) {
                written.putAll(each.get());
            }
        }
    }

    private static Map<Long, String> session(PostgresServer server, String table, Random random, int rounds)
            throws SQLException, IOException {
        Map<Long, String> written = new HashMap<>();
        try (Connection connection = server.connect();
                Statement sql = connection.createStatement()) {
            for (int i = 0; i < rounds; i++) {
                if (random.nextInt(15) == 0) {
                    sql.execute("CHECKPOINT");
                }
                connection.setAutoCommit(false);
                Counts counts = new Counts();
                for (int j = 0; j < 1 + random.nextInt(5); j++) {
                    boolean isSubtransaction = random.nextInt(3) == 0;
                    boolean isLost = isSubtransaction && random.nextBoolean();
                    if (isSubtransaction) {
                        sql.execute("SAVEPOINT s");
                    }
                    Counts some = statement(connection, sql, table, random);
                    if (isSubtransaction) {
                        sql.execute(isLost ? "ROLLBACK TO s" : "RELEASE s");
                    }
                    if (!isLost) {
                        counts.add(some);
                    }
                }
                try (ResultSet xid = sql.executeQuery("SELECT txid_current()")) {
                    xid.next();
                    boolean isCommitted = random.nextInt(5) > 0;
                    if (isCommitted) {
                        written.put(xid.getLong(1), counts.toString());
                    }
                    finish(connection, table, random, isCommitted);
                }
            }
        }
        return written;
    }

    private static void finish(Connection connection, String table, Random random, boolean isCommitted)
            throws SQLException {
        if (random.nextInt(4) > 0) {
            if (isCommitted) {
                connection.commit();
            } else {
                connection.rollback();
            }
            return;
        }
        try (Statement sql = connection.createStatement()) {
            sql.execute("PREPARE TRANSACTION '" + table + "'");
            connection.commit();
            connection.setAutoCommit(true);
            sql.execute((isCommitted ? "COMMIT" : "ROLLBACK") + " PREPARED '" + table + "'");
        }
    }

    private static Counts statement(Connection connection, Statement sql, String table, Random random)
            throws SQLException, IOException {
        Counts counts = new Counts();
        int n = 1 + random.nextInt(300);
        switch (random.nextInt(5)) {
            case 0 ->
                counts.rows[0] += sql.executeUpdate("INSERT INTO " + table
                        + "(a, b) SELECT g % 50, repeat('x', g % 90) FROM generate_series(1, " + n + ") g");
            case 1 -> {
                String rows = "7\tcopied\n".repeat(n);
                counts.rows[0] += connection
                        .unwrap(PGConnection.class)
                        .getCopyAPI()
                        .copyIn("COPY " + table + "(a, b) FROM STDIN", new StringReader(rows));
            }
            case 2 ->
                counts.rows[1] +=
                        sql.executeUpdate("UPDATE " + table + " SET a = a + 1 WHERE id % 7 = " + random.nextInt(7));
            case 3 ->
                counts.rows[1] +=
                        sql.executeUpdate("UPDATE " + table + " SET b = 'changed' WHERE id % 5 = " + random.nextInt(5));
            default ->
                counts.rows[2] += sql.executeUpdate("DELETE FROM " + table + " WHERE id % 9 = " + random.nextInt(9));
        }
        return counts;
    }
}
