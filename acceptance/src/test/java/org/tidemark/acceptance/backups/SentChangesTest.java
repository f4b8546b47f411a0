// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.postgres.ManifestVerification;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.Rounds;

/**
 * {@code backup --type incremental --method stream} of a server that summarizes its WAL: it sends only what has
 * changed. Each work is a case of GetFileBackupMethod() of src/backend/backup/basebackup_incremental.c.
 */
@ParameterizedClass
@MethodSource("versions")
@InTurn
final class SentChangesTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** COPY gets several pages at once: those that it does not use are zero, and in no WAL record. */
    private static final String[] COPIED = {
        "DELETE FROM copied WHERE n > 40000",
        "VACUUM (TRUNCATE) copied",
        "COPY copied FROM PROGRAM 'seq 200001 205000 | sed s/$/,copy/' WITH (FORMAT csv)"
    };

    /** Each with what is there before it, in a table of its own. */
    private static final Map<String, Work> WORK = new TreeMap<>(Map.ofEntries(
            Map.entry("nothing", new Work(rows("nothing", 60_000))),
            Map.entry("few_rows", new Work(rows("few_rows", 60_000), "UPDATE few_rows SET t = md5(t) WHERE n = 777")),
            Map.entry("most_rows", new Work(rows("most_rows", 30_000), "UPDATE most_rows SET t = md5(t)")),
            Map.entry(
                    "grown",
                    new Work(
                            rows("grown", 20_000),
                            "INSERT INTO grown SELECT i, md5(i::text) FROM generate_series(20001, 70000) i")),
            Map.entry(
                    "shorter",
                    new Work(
                            rows("shorter", 60_000),
                            "DELETE FROM shorter WHERE n > 9000",
                            "VACUUM (TRUNCATE) shorter")),
            Map.entry(
                    "shorter_and_grown",
                    new Work(
                            rows("shorter_and_grown", 60_000) + "; VACUUM FREEZE shorter_and_grown",
                            "DELETE FROM shorter_and_grown WHERE n > 5000",
                            "VACUUM (TRUNCATE) shorter_and_grown",
                            "INSERT INTO shorter_and_grown SELECT i, 'x' FROM generate_series(1, 90000) i")),
            Map.entry(
                    "emptied_and_grown",
                    new Work(
                            rows("emptied_and_grown", 60_000) + "; VACUUM FREEZE emptied_and_grown",
                            "DELETE FROM emptied_and_grown",
                            "VACUUM (TRUNCATE) emptied_and_grown",
                            "INSERT INTO emptied_and_grown SELECT i, 'x' FROM generate_series(1, 50000) i")),
            Map.entry("copied", new Work(rows("copied", 60_000) + "; VACUUM FREEZE copied", COPIED)),
            Map.entry(
                    "truncated",
                    new Work(
                            rows("truncated", 30_000),
                            "TRUNCATE truncated",
                            "INSERT INTO truncated SELECT i, 'y' FROM generate_series(1, 500) i")),
            Map.entry(
                    "made_again",
                    new Work(
                            rows("made_again", 30_000),
                            "DROP TABLE made_again",
                            "CREATE TABLE made_again AS SELECT i AS n, 'z'::text AS t FROM generate_series(1, 99) i")),
            Map.entry("rewritten", new Work(rows("rewritten", 30_000), "VACUUM FULL rewritten")),
            Map.entry(
                    "moved",
                    new Work(
                            rows("moved", 30_000),
                            "ALTER TABLE moved SET TABLESPACE fast",
                            "UPDATE moved SET t = 'moved' WHERE n % 500 = 0")),
            Map.entry(
                    "in_tablespace",
                    new Work(
                            "CREATE TABLE in_tablespace TABLESPACE fast AS"
                                    + " SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 60000) i",
                            "UPDATE in_tablespace SET t = 'there' WHERE n % 9000 = 0")),
            Map.entry(
                    "logged",
                    new Work(
                            "CREATE UNLOGGED TABLE logged AS SELECT i AS n, md5(i::text) AS t"
                                    + " FROM generate_series(1, 30000) i",
                            "ALTER TABLE logged SET LOGGED",
                            "UPDATE logged SET t = 'l' WHERE n < 10")),
            Map.entry(
                    "rolled_back",
                    new Work(
                            rows("rolled_back", 30_000),
                            "BEGIN; UPDATE rolled_back SET t = 'r' WHERE n < 4000; TRUNCATE rolled_back; ROLLBACK")),
            Map.entry(
                    "indexed",
                    new Work(
                            rows("indexed", 30_000) + "; CREATE INDEX ON indexed USING hash (t);"
                                    + " CREATE INDEX ON indexed (t); CREATE INDEX ON indexed USING brin (n)",
                            "UPDATE indexed SET t = md5(t) WHERE n % 1000 = 0",
                            "REINDEX INDEX indexed_n_idx")),
            Map.entry("hints", new Work(rows("hints", 60_000), "SELECT count(*) FROM hints WHERE t > 'a'")),
            Map.entry(
                    "databases",
                    new Work(
                            "CREATE DATABASE copied STRATEGY file_copy; CREATE DATABASE logged STRATEGY wal_log;"
                                    + " CREATE TABLE databases (n int)",
                            "DROP DATABASE copied",
                            "CREATE DATABASE copied STRATEGY file_copy",
                            "CREATE DATABASE later STRATEGY wal_log")),
            Map.entry(
                    "objects",
                    new Work(
                            "CREATE TABLE objects AS SELECT lo_from_bytea(0, decode(repeat('ab', 300000), 'hex')) AS o",
                            "SELECT lo_put(o, 100000, 'changed') FROM objects"))));

    /** @param change later ones */
    private record Work(String before, List<String> change) {
        Work(String before, String... change) {
            this(before, List.of(change));
        }
    }

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    static List<PostgresBinaries> versions() {
        return Rounds.oneOrAll(PostgresBinaries.embedded().stream()
                .filter(each -> each.major() >= 17)
                .toList());
    }

    private static String rows(String table, int count) {
        return "CREATE TABLE " + table + " AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, " + count
                + ") i; CREATE INDEX ON " + table + " (n)";
    }

    private PostgresServerBuilder server(TidemarkHost host) {
        return PostgresServer.of(binaries)
                .withTemplates()
                .initdb("--wal-segsize=1")
                .setting("autovacuum", "off")
                .setting("summarize_wal", "on")
                // With few, a table does not get several pages at once.
                .setting("shared_buffers", "64MB")
                .archiving(host.archiveCommand());
    }

    /** With the extensions that look for what is wrong in a restored cluster. */
    private static void protect(TidemarkHost host, PostgresServer server) throws IOException {
        host.configure(server.conninfo(), server.dataDirectory());
        begin(host, server);
    }

    private static void begin(TidemarkHost host, PostgresServer server) {
        host.must("init");
        server.sql("CREATE EXTENSION amcheck", "CREATE EXTENSION pg_visibility");
    }

    /** Each backup refers to the one before, however that was read. */
    @Test
    void eachKindOfChangeIsInTheRestoredCluster() throws Exception {
        Random random = Rounds.random();
        Optional<OpenSshServer> ssh = OpenSshServer.ofOrdinaryUser(Serves.READ_ONLY_SFTP);
        List<String> methods =
                ssh.isPresent() ? List.of("stream", "stream", "local", "ssh") : List.of("stream", "local");
        try {
            for (int round = 0; round < Rounds.of(1, 12); round++) {
                changeEach(random, methods, ssh);
            }
        } finally {
            ssh.ifPresent(OpenSshServer::close);
        }
    }

    private void changeEach(Random random, List<String> methods, Optional<OpenSshServer> ssh) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host).start()) {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n"
                    + (ssh.isPresent()
                            ? SshSourceTest.sshHost(host, ssh.get(), ssh.get().user())
                            : ""));
            begin(host, server);
            server.sql("CREATE TABLESPACE fast LOCATION '" + server.newDirectory("fast") + "'");
            for (Work each : WORK.values()) {
                for (String statement : each.before().split("; ?", -1)) {
                    server.sql(statement);
                }
            }
            backup(host, "full", methods.get(random.nextInt(methods.size())));
            List<String> left = new ArrayList<>(WORK.keySet());
            Collections.shuffle(left, random);
            Map<String, State> states = new TreeMap<>();
            while (!left.isEmpty()) {
                for (int i = Math.min(left.size(), 3 + random.nextInt(6)); i > 0; i--) {
                    for (String statement :
                            Objects.requireNonNull(WORK.get(left.removeLast())).change()) {
                        server.sql(statement);
                    }
                }
                if (random.nextInt(4) == 0) {
                    server.stopImmediately();
                    server.start();
                }
                String method = methods.get(random.nextInt(methods.size()));
                states.put(backup(host, "incremental", method), State.of(server));
            }
            states.put(backup(host, "incremental", "stream"), State.of(server));
            assertThat(host.must("verify", "--all").talk()).doesNotContain("ERROR");
            for (Map.Entry<String, State> each : states.entrySet()) {
                assertRestored(host, each.getKey(), each.getValue());
            }
        }
    }

    /** There is no checkpoint between: nobody could know of the shorter table before the backup began. */
    @Test
    void whatTheParentHasBeyondAShorterTableDoesNotComeBack() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host).start()) {
            protect(host, server);
            server.sql(
                    "CREATE TABLE copied AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 60000) i",
                    "VACUUM FREEZE copied");
            backup(host, "full");
            server.sql(COPIED);

            String increment = backup(host, "incremental");

            assertRestored(host, increment, State.of(server));
        }
    }

    /** Then the backup is no less an increment: all files are compared. */
    @Test
    void wherePostgresDoesNotKnowWhatHasChangedItSendsEveryFile() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server =
                        server(host).autoSetting("summarize_wal", "off").start()) {
            String configuration = "[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\n[cluster.main.schedule]\nbackup = '@daily'\nfull = 'never'\n";
            // A role for which PostgreSQL must send the files, though they are on this host.
            String limited = configuration.replace("user=postgres", "user=limited");
            server.sql("CREATE ROLE limited LOGIN REPLICATION", "GRANT pg_monitor TO limited");
            host.configure(configuration);
            host.must("init");
            server.sql(
                    "CREATE EXTENSION amcheck",
                    "CREATE EXTENSION pg_visibility",
                    "CREATE TABLE a AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 20000) i");
            host.configure(limited);
            assertThat(host.run("check").data()).contains("summarize_wal is off: for each incremental backup");
            host.configure(configuration);
            backup(host, "full");
            server.sql("UPDATE a SET t = md5(t) WHERE n = 7");
            assertThat(increment(host)).contains("sends every file", "summarize_wal is off");

            for (int segment = 0; segment < 3; segment++) {
                server.archiveCurrentSegment(LIMIT);
                server.sql("CHECKPOINT");
            }
            assertThat(host.must("setup", "primary", "--dry-run").data()).contains("summarize_wal");
            server.sql("ALTER SYSTEM RESET summarize_wal", "SELECT pg_reload_conf()");
            assertThat(host.must("setup", "primary", "--dry-run").data()).doesNotContain("summarize_wal");
            assertThat(increment(host))
                    .as("it cannot summarize WAL that it has no more")
                    .contains("sends every file", "WAL summaries are required on timeline 1");
            server.sql("UPDATE a SET t = md5(t) WHERE n = 9");
            String last = backup(host, "incremental");

            assertRestored(host, last, State.of(server));
            host.configure(limited);
            assertThat(host.run("check", "--verbose").data())
                    .contains("PostgreSQL can tell an incremental backup what has changed");
        }
    }

    private static String increment(TidemarkHost host) {
        return host.must("backup", "--type", "incremental", "--method", "stream")
                .talk();
    }

    /** The summaries of both timelines together say what has changed. */
    @Test
    void anIncrementRefersToABackupOfBeforeThePromotion() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer primary = server(host).start();
                PostgresServer standby = PostgresServer.of(binaries)
                        .from(primary.takeBaseBackup(host.directory().resolve("copy"))
                                .dataDirectory())
                        .standbyOf(primary)
                        .start()) {
            primary.awaitStandbyAtCommit("standby");
            protect(host, primary);
            primary.sql("CREATE TABLE a AS SELECT i AS n, md5(i::text) AS t FROM generate_series(1, 40000) i");
            backup(host, "full");
            primary.sql("UPDATE a SET t = md5(t) WHERE n = 7");
            primary.stopFast();
            standby.promote();
            standby.sql(
                    "ALTER SYSTEM RESET synchronous_standby_names",
                    "SELECT pg_reload_conf()",
                    "UPDATE a SET t = md5(t) WHERE n = 30000");
            host.configure(standby.conninfo(), standby.dataDirectory());

            String last = backup(host, "incremental");

            assertRestored(host, last, State.of(standby));
        }
    }

    /** The sizes of all forks as well: a fork that is too long has pages of an earlier life. */
    private record State(Map<String, String> rows, String sizes) {
        static State of(PostgresServer server) {
            Map<String, String> rows = new TreeMap<>(server.tableHashes());
            if (server.query("SELECT count(*) FROM pg_class WHERE relname = 'logged' AND relpersistence = 'u'")
                    .equals("1")) {
                // It is empty after every restore.
                rows.put("public.logged", rows.get("public.databases"));
            }
            return new State(
                    rows,
                    server.query("SELECT string_agg(concat_ws(' ', relname, pg_relation_size(oid),"
                            + " pg_relation_size(oid, 'vm')), ', ' ORDER BY relname) FROM pg_class"
                            + " WHERE relkind IN ('r', 'i', 't') AND oid >= 16384 AND relpersistence = 'p'"));
        }
    }

    private static String backup(TidemarkHost host, String type) {
        return backup(host, type, "stream");
    }

    private static String backup(TidemarkHost host, String type, String method) {
        TidemarkHost.Outcome outcome = host.must("backup", "--type", type, "--method", method);
        assertThat(outcome.talk()).doesNotContain("sends every file");
        // A table may have become shorter since the last summary ended.
        assertThat(outcome.talk().contains("the backup is full"))
                .as(outcome.talk())
                .isEqualTo(outcome.talk().contains("became shorter and grew again"));
        return outcome.data().strip();
    }

    private void assertRestored(TidemarkHost host, String id, State state) throws IOException {
        try (RestoredBackup backup = RestoredBackup.of(host, id)) {
            assertThat(ManifestVerification.verify(backup.directory(), 10).problems())
                    .as("%s: the tablespaces are elsewhere now", id)
                    .allMatch(each -> each.path().equals("tablespace_map"));
            try (PostgresServer restored = PostgresServer.of(binaries)
                    .setting("autovacuum", "off")
                    .from(backup.directory())
                    .start()) {
                restored.awaitRecoveryEnd(LIMIT);
                assertThat(State.of(restored)).as(id).isEqualTo(state);
                assertThat(restored.query("SELECT count(*) FROM pg_class c, LATERAL verify_heapam(c.oid)"
                                + " WHERE relkind IN ('r', 't', 'm') AND relpersistence = 'p'"))
                        .isEqualTo("0");
                restored.query("SELECT count(bt_index_check(i.oid, true)) FROM pg_class i JOIN pg_am a ON a.oid = relam"
                        + " WHERE relkind = 'i' AND amname = 'btree' AND relpersistence = 'p'");
                assertThat(restored.query("SELECT count(*) FROM pg_class c, LATERAL pg_check_visible(c.oid)"
                                + " WHERE relkind IN ('r', 't', 'm') AND relpersistence = 'p'"))
                        .isEqualTo("0");
            }
        }
    }
}
