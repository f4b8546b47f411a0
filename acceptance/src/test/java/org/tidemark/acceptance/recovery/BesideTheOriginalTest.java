// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A copy is restored on the host of the original, which was changed since the backup. */
@InTurn
final class BesideTheOriginalTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private final PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer original = PostgresServer.of(binaries)
            .initdb("--wal-segsize=1")
            .archiving(host.archiveCommand())
            .create();
    private final Path restored = host.directory().resolve("restored");

    @BeforeEach
    void backUp() throws IOException {
        original.start();
        host.configure(original.conninfo(), original.dataDirectory());
        host.must("init");
        original.sql("CREATE TABLE t AS SELECT 1 AS n");
        host.must("backup");
    }

    @AfterEach
    void close() {
        original.close();
        host.close();
    }

    private Outcome recover(String... options) throws IOException {
        List<String> line = new ArrayList<>(List.of("recover", "--to", restored.toString()));
        line.addAll(List.of(options));
        return host.run(line.toArray(String[]::new));
    }

    @Test
    void aTablespaceOfTheOriginalIsNotWrittenBySomeCopy() throws Exception {
        original.archiveCurrentSegment(LIMIT);
        String before = original.query("SELECT clock_timestamp()::text");
        Thread.sleep(Duration.ofSeconds(1)); // a file system may keep whole seconds
        original.sql("INSERT INTO t VALUES (2)");
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE fast AS SELECT generate_series(1, 1000) AS n");
        original.archiveCurrentSegment(LIMIT);
        original.sql("UPDATE u SET n = -n");
        original.archiveCurrentSegment(LIMIT);

        Outcome latest = recover();

        assertThat(latest.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(latest.talk())
                .contains(
                        "the replay creates tablespace ", " in '" + fast + "', and would write into '" + fast + "/PG_");
        assertThat(restored).doesNotExist();
        assertThat(recover("--target-immediate", "--dry-run").status()).isZero();
        assertThat(recover("--target-time", before, "--dry-run").status()).isZero();
        Matcher position = Pattern.compile("--target-lsn (\\S+) --exclusive").matcher(latest.talk());
        assertThat(position.find()).as(latest.talk()).isTrue();
        assertThat(recover("--target-lsn", position.group(1), "--exclusive", "--dry-run")
                        .status())
                .isZero();
        assertThat(original.query("SELECT sum(n) FROM u")).isEqualTo("-500500");
    }

    /** The segment that creates it is needed for the target, and replayed up to there. */
    @Test
    void aTargetBeforeATablespaceOfTheSameSegmentIsReached() throws Exception {
        original.archiveCurrentSegment(LIMIT);
        original.sql("INSERT INTO t VALUES (2)");
        String moment = original.query("SELECT clock_timestamp()::text");
        original.sql("INSERT INTO t VALUES (3)", "SELECT pg_create_restore_point('here')");
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE fast AS SELECT generate_series(1, 1000) AS n");
        String creating = original.archiveCurrentSegment(LIMIT);
        Matcher position = Pattern.compile("--target-lsn (\\S+) --exclusive")
                .matcher(recover().talk());
        assertThat(position.find()).isTrue();

        assertThat(rowsAt("by-time", "--target-time", moment)).isEqualTo("1,2");
        assertThat(rowsAt("by-position", "--target-lsn", position.group(1), "--exclusive"))
                .isEqualTo("1,2,3");
        assertThat(rowsAt("by-name", "--target-name", "here")).isEqualTo("1,2,3");

        assertThat(recover("--target-time", moment, "--wal", "copy").status()).isZero();
        Files.writeString(restored.resolve("postmaster.opts"), "postgres\n");
        assertThat(fetched(creating)).isEqualTo("0 ");
        // An operator who wants to see more takes the target away.
        Path settings = restored.resolve("postgresql.auto.conf");
        Files.writeString(
                settings,
                Files.readString(settings).replaceAll("recovery_target_time = '.+'", "recovery_target_time = ''"));
        assertThat(fetched(creating)).startsWith("200 FATAL: the replay of '" + creating + "' creates tablespace ");
        assertThat(original.query("SELECT sum(n) FROM u")).isEqualTo("500500");
    }

    /** Its creation is not archived yet: a standby would get it from the primary. */
    @Test
    void aStandbyBesideItsPrimaryIsNotMadeOfABackupThatLacksATablespace() throws Exception {
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        assertThat(recover("--standby", "--dry-run").status()).isZero();
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");

        Outcome refused = recover("--standby");

        assertThat(refused.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(refused.talk()).contains("a standby would write into '" + fast + "/PG_");
        assertThat(restored).doesNotExist();
        host.must("backup");
        assertThat(recover(
                                "--standby",
                                "--tablespaces-below",
                                host.directory().resolve("below").toString(),
                                "--dry-run")
                        .status())
                .isZero();

        Path other = Files.createDirectory(host.directory().resolve("other"));
        OperatingUser.current().own(other);
        original.sql("CREATE TABLESPACE other LOCATION '" + other + "'");
        assertThat(recover("--standby", "--tablespace", "fast=" + other, "--dry-run")
                        .data())
                .contains("where this restore puts tablespace 'fast': a standby would write both there");
    }

    private String rowsAt(String name, String... target) throws IOException {
        Path directory = host.directory().resolve(name);
        List<String> line = new ArrayList<>(
                List.of("recover", "--to", directory.toString(), "--target-action", "promote", "--quiet"));
        line.addAll(List.of(target));
        host.must(line.toArray(String[]::new));
        try (PostgresServer copy = PostgresServer.of(binaries).from(directory).create()) {
            copy.launch();
            copy.awaitRecoveryEnd(LIMIT);
            return copy.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t");
        }
    }

    /** Its directory was away when the copy was planned, and is back when the copy is started. */
    @Test
    void aTablespaceThatIsBackAfterThePlanIsNotWrittenEither() throws Exception {
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE fast AS SELECT generate_series(1, 1000) AS n");
        original.archiveCurrentSegment(LIMIT);

        assertThat(recover().talk()).contains("would write into '" + fast + "/PG_");

        Path aside = Files.move(fast, host.directory().resolve("aside"));
        Outcome absent = recover("--dry-run");
        assertThat(absent.status()).as(absent.talk()).isZero();
        assertThat(absent.data()).contains("which is not there: PostgreSQL would stop", "mkdir -p -m 700 " + fast);
        Outcome planned = recover();
        assertThat(planned.status()).as(planned.talk()).isZero();
        Files.move(aside, fast);
        requireThatItStops(restored, "is withheld: its replay creates tablespace");
        original.restart();
        assertThat(original.query("SELECT sum(n) FROM u")).isEqualTo("500500");
    }

    /** Without this program it is the script that looks. */
    @Test
    void theScriptOfCopiedWalWithholdsItAsWell() throws Exception {
        Path fast = Files.createDirectory(host.directory().resolve("fast"));
        OperatingUser.current().own(fast);
        String before = original.archiveCurrentSegment(LIMIT);
        original.sql("CREATE TABLESPACE fast LOCATION '" + fast + "'");
        original.sql("CREATE TABLE u TABLESPACE fast AS SELECT generate_series(1, 1000) AS n");
        String creating = original.archiveCurrentSegment(LIMIT);
        String oid = original.query("SELECT oid FROM pg_tablespace WHERE spcname = 'fast'");
        Path aside = Files.move(fast, host.directory().resolve("aside"));

        Outcome outcome = recover("--wal", "copy");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(fetched(creating)).as("nothing is there").isEqualTo("0 ");
        Files.move(aside, fast);
        assertThat(fetched(before)).isEqualTo("0 ");
        assertThat(fetched(creating))
                .startsWith("200 FATAL: the replay of '" + creating + "' creates tablespace " + oid + " in '" + fast
                        + "', and would write into '" + fast + "/PG_");
        Path link = restored.resolve("pg_tblspc").resolve(oid);
        Files.createSymbolicLink(link, aside);
        assertThat(fetched(creating)).as("linked to another place").startsWith("200 ");
        Files.delete(link);
        Files.createSymbolicLink(link, fast);
        assertThat(fetched(creating)).as("the replay made it before").isEqualTo("0 ");
        assertThat(original.query("SELECT sum(n) FROM u")).isEqualTo("500500");
    }

    /** How the restore_command ends, and what it says. */
    private String fetched(String segment) throws IOException {
        Path to = restored.resolve("pg_wal/RECOVERYXLOG");
        Files.deleteIfExists(to);
        String said = OwnersShell.shell("cd '" + restored + "' && said=$(sh ../restored.wal/fetch " + segment
                + " pg_wal/RECOVERYXLOG 2>&1); echo \"$? $said\"");
        assertThat(Files.exists(to)).as(said).isEqualTo(said.startsWith("0 "));
        return said.stripTrailing().equals("0") ? "0 " : said;
    }

    private void requireThatItStops(Path directory, String why) {
        try (PostgresServer copy = PostgresServer.of(binaries).from(directory).create()) {
            copy.launch();
            copy.awaitDown(LIMIT);
            assertThat(copy.log()).contains(why);
        }
    }

    /** What the copy took from the slot of the publisher, the original would never get. */
    @Test
    void aSubscriptionIsLeftToTheOriginal() throws Exception {
        try (PostgresServer publisher = PostgresServer.of(binaries).initdb().start()) {
            publisher.sql("ALTER SYSTEM SET wal_level = 'logical'");
            publisher.restart();
            publisher.sql("CREATE TABLE t (n int)");
            publisher.sql("CREATE PUBLICATION all_of_it FOR TABLE t");
            original.sql("CREATE SUBSCRIPTION all_of_it CONNECTION '" + publisher.conninfo()
                    + "' PUBLICATION all_of_it WITH (copy_data = false)");
            publisher.sql("INSERT INTO t VALUES (10)");
            await().atMost(LIMIT)
                    .until(() -> original.query("SELECT max(n) FROM t").equals("10"));
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();

            Outcome outcome = recover();
            assertThat(outcome.status()).as(outcome.talk()).isZero();
            try (PostgresServer copy =
                    PostgresServer.of(binaries).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                publisher.sql("INSERT INTO t VALUES (11)");
                Thread.sleep(Duration.ofSeconds(3)); // a worker is started within a second
                assertThat(copy.query("SELECT max(n) FROM t")).isEqualTo("10");
                host.configure(copy.conninfo(), copy.dataDirectory());
                assertThat(host.run("check").data()).contains("nothing arrives by 1 subscription");
            }
            original.start();
            await().atMost(LIMIT)
                    .until(() -> original.query("SELECT max(n) FROM t").equals("11"));
        }
    }

    @Test
    void aSettingThatWasRaisedDoesNotStopTheRecovery() throws IOException {
        original.sql("INSERT INTO t VALUES (2)");
        original.archiveCurrentSegment(LIMIT);
        original.sql("ALTER SYSTEM SET max_connections = 157");
        original.restart();
        original.sql("INSERT INTO t VALUES (3)");
        original.archiveCurrentSegment(LIMIT);

        Outcome outcome = recover();

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("its WAL cannot be replayed with less: max_connections = 157");
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t"))
                    .isEqualTo("1,2,3");
        }
    }

    /** The original does not have them any more: only its WAL tells. */
    @Test
    void settingsThatWereRaisedForATimeAreAllRaisedAtOnce() throws IOException {
        for (String setting : List.of("max_connections", "max_worker_processes", "max_prepared_transactions")) {
            original.sql("ALTER SYSTEM SET " + setting + " = 157");
            original.restart();
            original.sql("ALTER SYSTEM RESET " + setting);
        }
        original.restart();
        original.sql("INSERT INTO t VALUES (2)");
        original.archiveCurrentSegment(LIMIT);

        Outcome outcome = recover();

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk())
                .contains("max_connections = 157", "max_worker_processes = 157", "max_prepared_transactions = 157");
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.query("SELECT string_agg(n::text, ',' ORDER BY n) FROM t"))
                    .isEqualTo("1,2");
        }
    }

    /** Wherever that is set: nobody follows the copy. */
    @Test
    void commitsOfACopyWaitForNoStandby() throws IOException {
        Path more = Files.createDirectory(original.dataDirectory().resolve("more"));
        Path names = Files.writeString(more.resolve("sync.conf"), "synchronous_standby_names = 'nobody'\n");
        Files.writeString(
                original.dataDirectory().resolve("postgresql.conf"),
                "\ninclude_dir = 'more'\n",
                StandardOpenOption.APPEND);
        OperatingUser.current().own(more);
        OperatingUser.current().own(names);
        host.must("backup");

        Outcome outcome = recover();

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.query("SHOW synchronous_standby_names")).isEmpty();
            copy.sql("SET statement_timeout = '20s'", "CREATE TABLE u AS SELECT 1 AS n");
        }
    }
}
