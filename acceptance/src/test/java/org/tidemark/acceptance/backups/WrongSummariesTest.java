// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/**
 * Increments by WAL summaries as servers with known bugs have written them: PostgreSQL reads summaries that are made
 * here. What its engine sends for them is what these servers would send.
 */
@ParameterizedClass
@MethodSource("versions")
@InTurn
final class WrongSummariesTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    static List<PostgresBinaries> versions() {
        return SentChangesTest.versions();
    }

    /**
     * Until 17.7 and 18.1, the summary of a table that became shorter gave the number of its pages to its visibility
     * map as well, and PostgreSQL's own engine made the map as long as the table. That needs a map of which few pages
     * have changed: here, where it has one page, that page has not. And files of a table that became shorter are sent
     * whole: here the table has not.
     */
    @Test
    void aMapIsNotAsLongAsItsTable() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            server.sql("CREATE TABLE big AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 60000) i");
            server.sql("VACUUM FREEZE big");
            host.must("backup", "--type", "full");
            server.sql("UPDATE big SET t = md5(t) WHERE n = 777", "VACUUM big");
            awaitSummaries(server);
            int table = Integer.parseInt(server.query("SELECT pg_relation_filenode('big')"));
            int pages = Integer.parseInt(server.query("SELECT pg_relation_size('big') / 8192"));

            rewriteSummaries(
                    server,
                    entry -> entry.relation == table && entry.fork == Entry.VISIBILITY_MAP
                            ? entry.onlyWithLimit(pages)
                            : entry);
            assertThat(server.query("SELECT max(relblocknumber) FROM pg_available_wal_summaries() s,"
                            + " LATERAL pg_wal_summary_contents(s.tli, s.start_lsn, s.end_lsn) c"
                            + " WHERE c.is_limit_block AND c.relforknumber = 2 AND c.relfilenode = " + table))
                    .as("the server believes it")
                    .isEqualTo(Integer.toString(pages));
            String mapBytes = server.query("SELECT pg_relation_size('big', 'vm')");

            String increment = increment(host);

            try (RestoredBackup backup = RestoredBackup.of(host, increment);
                    PostgresServer restored = start(backup.directory())) {
                assertThat(restored.query("SELECT pg_relation_size('big', 'vm')"))
                        .isEqualTo(mapBytes);
                assertThat(restored.query("SELECT count(*) FROM pg_check_visible('big')"))
                        .isEqualTo("0");
                assertThat(restored.tableHashes()).isEqualTo(server.tableHashes());
            }
        }
    }

    /**
     * Before 17.0, a database that was dropped and made again with its number, by copying files, was not in a summary:
     * its files would have been those of the database that was dropped. Here the summaries are of a released server.
     */
    @Test
    void aDatabaseThatWasMadeAgainHasNoFileOfTheOneThatWasDropped() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            server.sql("CREATE DATABASE again OID 60000 STRATEGY file_copy", "CREATE DATABASE other");
            in(server, "again", "CREATE TABLE earlier AS SELECT i FROM generate_series(1, 20000) i");
            in(server, "other", "CREATE TABLE later AS SELECT i FROM generate_series(1, 777) i");
            host.must("backup", "--type", "full");
            server.sql(
                    "DROP DATABASE again",
                    "CREATE DATABASE again OID 60000 TEMPLATE other STRATEGY file_copy",
                    "CHECKPOINT");

            String increment = increment(host);

            try (RestoredBackup backup = RestoredBackup.of(host, increment);
                    PostgresServer restored = start(backup.directory())) {
                assertThat(in(restored, "again", "SELECT count(*) FROM later")).isEqualTo("777");
                assertThat(in(restored, "again", "SELECT count(*) FROM pg_class WHERE relname = 'earlier'"))
                        .isEqualTo("0");
            }
        }
    }

    private PostgresServer server(TidemarkHost host) throws IOException {
        PostgresServer server = PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=1")
                .setting("autovacuum", "off")
                .setting("summarize_wal", "on")
                .archiving(host.archiveCommand())
                .start();
        host.configure(server.conninfo(), server.dataDirectory());
        host.must("init");
        server.sql("CREATE EXTENSION pg_visibility");
        return server;
    }

    private PostgresServer start(Path directory) {
        PostgresServer restored = PostgresServer.of(binaries)
                .setting("autovacuum", "off")
                .from(directory)
                .start();
        restored.awaitRecoveryEnd(LIMIT);
        return restored;
    }

    private static String increment(TidemarkHost host) {
        TidemarkHost.Outcome outcome = host.must("backup", "--type", "incremental", "--method", "stream");
        assertThat(outcome.talk()).doesNotContain("sends every file", "the backup is full");
        return outcome.data().strip();
    }

    private static void awaitSummaries(PostgresServer server) {
        server.sql("CHECKPOINT");
        PostgresWait.until(
                "all WAL is summarized",
                LIMIT,
                server,
                () -> server.query("SELECT max(end_lsn) >= (SELECT redo_lsn FROM pg_control_checkpoint())"
                                + " FROM pg_available_wal_summaries()")
                        .equals("t"));
    }

    /** Runs a statement in a database; the first value of its result, if it has one. */
    private static String in(PostgresServer server, String database, String sql) throws SQLException {
        try (Connection connection =
                        DriverManager.getConnection(server.jdbcUrl().replace("/postgres?", "/" + database + "?"));
                Statement statement = connection.createStatement()) {
            if (!statement.execute(sql)) {
                return "";
            }
            ResultSet rows = statement.getResultSet();
            assertThat(rows.next()).isTrue();
            return rows.getString(1);
        }
    }

    private interface Change {
        Entry of(Entry entry);
    }

    /**
     * Writes every summary again, as src/common/blkreftable.c does: a magic number, the entries, one of zeros, and a
     * CRC-32C of all that.
     */
    private static void rewriteSummaries(PostgresServer server, Change change) throws IOException {
        try (Stream<Path> files =
                Files.list(server.dataDirectory().resolve("pg_wal").resolve("summaries"))) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(".summary")).toList()) {
                byte[] read = Files.readAllBytes(file);
                ByteBuffer in =
                        ByteBuffer.wrap(read).order(ByteOrder.LITTLE_ENDIAN).position(Integer.BYTES);
                ByteArrayOutputStream out = new ByteArrayOutputStream();
                out.write(read, 0, Integer.BYTES);
                for (Entry entry = Entry.read(in); !entry.isLast(); entry = Entry.read(in)) {
                    out.writeBytes(change.of(entry).bytes);
                }
                assertThat(in.remaining()).isEqualTo(Integer.BYTES);
                out.writeBytes(new byte[Entry.FIXED_BYTES]);
                CRC32C crc = new CRC32C();
                crc.update(out.toByteArray());
                out.writeBytes(ByteBuffer.allocate(Integer.BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putInt((int) crc.getValue())
                        .array());
                Files.write(file, out.toByteArray());
            }
        }
    }

    /**
     * One fork of one relation: its tablespace, database, number, fork, limit and number of chunks, then the size of
     * each chunk in words of two bytes, and the chunks.
     */
    private static final class Entry {
        static final int FIXED_BYTES = 24;
        static final int VISIBILITY_MAP = 2;
        private static final int LIMIT_AT = 16;
        private static final int CHUNKS_AT = 20;

        private final int relation;
        private final int fork;
        private final byte[] bytes;

        private Entry(byte[] bytes) {
            ByteBuffer fixed = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            this.relation = fixed.getInt(8);
            this.fork = fixed.getInt(12);
            this.bytes = bytes;
        }

        static Entry read(ByteBuffer in) {
            int start = in.position();
            int chunks = in.getInt(start + CHUNKS_AT);
            int end = start + FIXED_BYTES + Short.BYTES * chunks;
            for (int i = 0, words = end; i < chunks; i++) {
                end += Short.BYTES * Short.toUnsignedInt(in.getShort(words - Short.BYTES * (chunks - i)));
            }
            byte[] bytes = new byte[end - start];
            in.get(bytes);
            return new Entry(bytes);
        }

        boolean isLast() {
            return Arrays.equals(bytes, new byte[FIXED_BYTES]);
        }

        Entry onlyWithLimit(int pages) {
            byte[] changed = Arrays.copyOf(bytes, FIXED_BYTES);
            ByteBuffer.wrap(changed)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putInt(LIMIT_AT, pages)
                    .putInt(CHUNKS_AT, 0);
            return new Entry(changed);
        }
    }
}
