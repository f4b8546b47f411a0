// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.testkit.BaseBackupCopy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** An operator copies each command of the plan, in its order, into a shell. */
@Order(1) // among the longest
@InTurn
class NextStepsTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final List<String> ACTIONS = List.of("shutdown", "promote", "pause");

    private TidemarkHost host = new TidemarkHost();
    private final List<String> output = new ArrayList<>();

    static List<PostgresBinaries> versions() {
        return PostgresBinaries.oneOfThisRun();
    }

    @AfterEach
    void close() {
        host.close();
    }

    private Path restored() {
        return host.directory().resolve("restored");
    }

    private PostgresServer archivingServer(PostgresBinaries binaries) throws IOException {
        PostgresServer server = ArchivedCluster.primary(binaries)
                .archiving(host.archiveCommand())
                .start();
        host.configure(server.conninfo(), server.dataDirectory());
        host.must("init");
        // On its command line alone a copy would not have them.
        server.sql(
                "ALTER SYSTEM SET port = " + server.port(),
                "ALTER SYSTEM SET unix_socket_directories = '" + server.socketDirectory() + "'");
        server.sql("CREATE TABLE t AS SELECT i, md5(i::text) AS text FROM generate_series(1, 1000) i");
        host.must("backup");
        return server;
    }

    /** The commands of the plan beside the restored directory, in their order. */
    private List<String> commands() throws IOException {
        Path file = host.directory().resolve("restored.tidemark-plan.txt");
        return Files.readString(file, StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.startsWith(" ".repeat(15)))
                .map(String::strip)
                .toList();
    }

    /** Runs a command as it is printed, by the user of PostgreSQL; its status. */
    private int shell(PostgresServer original, String command) throws IOException, InterruptedException {
        Path log = Files.createTempFile("tidemark-step", ".log");
        ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(List.of("/bin/sh", "-c", command)))
                .directory(host.directory().toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment()
                .put(
                        "PATH",
                        original.binaries().programs() + ":"
                                + InstalledTidemark.launcher().getParent() + ":/usr/local/bin:/usr/bin:/bin");
        // The restored server takes the port of the original, which is gone.
        builder.environment().put("PGPORT", Integer.toString(original.port()));
        builder.environment().put("PGHOST", "127.0.0.1");
        builder.environment().put("PGUSER", "postgres");
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS))
                    .as(command)
                    .isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
            output.add("$ " + command + "\n" + Files.readString(log, StandardCharsets.UTF_8));
            Files.delete(log);
        }
    }

    private void must(PostgresServer original, String command) throws IOException, InterruptedException {
        assertThat(shell(original, command)).as(String.join("\n", output)).isZero();
    }

    private void repeatUntil(PostgresServer original, String command, String answer) {
        Awaitility.await(command)
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> {
                    shell(original, command);
                    return output.getLast().contains(answer);
                });
    }

    private String ask(PostgresServer original, String sql) throws IOException, InterruptedException {
        must(original, "psql -d postgres -Atc \"" + sql + "\"");
        return output.getLast().lines().skip(1).findFirst().orElse("");
    }

    private void stop(PostgresServer original) throws IOException, InterruptedException {
        shell(original, "pg_ctl -D " + restored() + " -m immediate stop");
    }

    private static void assumePsql() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/psql")), "no psql (Debian: postgresql-client)");
    }

    @ParameterizedTest
    @MethodSource("versions")
    void everyCommandOfThePlanWorksAndEndsAtTheTarget(PostgresBinaries binaries) throws Exception {
        assumePsql();
        for (String action : Rotation.of(binaries, ACTIONS).toList()) {
            endAtTheTarget(binaries, action);
            host.close();
            host = new TidemarkHost();
        }
    }

    private void endAtTheTarget(PostgresBinaries binaries, String action) throws Exception {
        try (PostgresServer original = archivingServer(binaries)) {
            original.sql("INSERT INTO t SELECT i, 'more' FROM generate_series(1001, 2000) i");
            SortedMap<String, String> rows = original.tableHashes();
            String moment = original.query("SELECT clock_timestamp()::text");
            original.sql("DROP TABLE t", "CREATE TABLE after_it AS SELECT 1 AS one");
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();
            host.must("recover", "--to", restored().toString(), "--target-time", moment, "--target-action", action);
            try {
                List<String> commands = commands();
                for (String command : commands.subList(0, commands.size() - 2)) {
                    if (command.endsWith(" start") && action.equals("shutdown")) {
                        shell(original, command);
                    } else if (command.endsWith(" status")) {
                        repeatUntil(original, command, "no server running");
                    } else if (command.contains("pg_is_wal_replay_paused")) {
                        repeatUntil(original, command, " t ");
                    } else if (command.contains("pg_is_in_recovery")) {
                        repeatUntil(original, command, " f\n");
                    } else {
                        must(original, command);
                    }
                }
                Awaitility.await("open for writing")
                        .atMost(LIMIT)
                        .until(() -> ask(original, "select pg_is_in_recovery()").equals("f"));
                assertThat(original.tableHashes()).as(String.join("\n", output)).isEqualTo(rows);
                must(original, "psql -d postgres -c checkpoint");
                assertThat(ask(original, "select timeline_id from pg_control_checkpoint()"))
                        .isEqualTo("2");
                for (String command : commands.subList(commands.size() - 2, commands.size() - 1)) {
                    must(original, command);
                }
            } finally {
                stop(original);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void besideTheRunningOriginalNoCommandReachesIt(PostgresBinaries binaries) throws Exception {
        assumePsql();
        try (PostgresServer original = archivingServer(binaries)) {
            SortedMap<String, String> rows = original.tableHashes();
            String moment = original.query("SELECT clock_timestamp()::text");
            original.sql("DROP TABLE t", "CREATE TABLE after_it AS SELECT 1 AS one");
            original.archiveCurrentSegment(LIMIT);
            host.must("recover", "--to", restored().toString(), "--target-time", moment);
            try {
                List<String> commands = commands();
                must(original, commands.get(0));
                repeatUntil(original, commands.get(1), " t ");
                assertThat(original.query("SELECT count(*) FROM after_it")).isEqualTo("1");
                must(original, commands.get(2));
                repeatUntil(original, commands.get(3), " f\n");

                original.stopFast();
                must(original, commands.get(4));
                must(original, commands.get(5));
                Awaitility.await("open for writing on the original's port")
                        .atMost(LIMIT)
                        .until(() -> ask(original, "select pg_is_in_recovery()").equals("f"));
                assertThat(original.tableHashes()).isEqualTo(rows);
                assertThat(Files.readString(host.directory().resolve("restored.tidemark-plan.txt")))
                        .contains("set data-directory = '" + restored() + "'");
                assertThat(shell(original, commands.get(7)))
                        .as("setup for a server of another directory")
                        .isEqualTo(ExitCode.USAGE.status());
                must(original, commands.get(6));
                must(original, commands.get(7));
                must(original, "pg_ctl -D " + restored() + " restart");
                must(original, commands.get(8));
                assertThat(commands).hasSize(9);
            } finally {
                stop(original);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aStandbyOfTheRestoredPrimaryFollowsIt(PostgresBinaries binaries) throws Exception {
        try (PostgresServer original = archivingServer(binaries)) {
            original.archiveCurrentSegment(LIMIT);
            original.stopFast();
        }
        host.must("recover", "--to", restored().toString());
        Path copies = host.directory().resolve("copies");
        try (PostgresServer primary =
                PostgresServer.of(binaries).from(restored()).start()) {
            primary.awaitRecoveryEnd(LIMIT);
            host.configure(primary.conninfo(), primary.dataDirectory());

            assertThat(host.must("setup", "primary").data())
                    .containsPattern("recovery_target_timeline +1 +\\(reset\\)")
                    .containsPattern("restore_command .* +\\(reset\\)")
                    .containsPattern("archive_mode +off +on ");
            primary.restart();

            assertThat(primary.query(
                            "SELECT string_agg(name, ',') FROM pg_settings WHERE sourcefile LIKE '%auto.conf'"))
                    .doesNotContain("recovery", "restore", "primary");
            BaseBackupCopy copy = primary.takeBaseBackup(copies);
            primary.sql("INSERT INTO t VALUES (0, 'after the restore')");
            try (PostgresServer standby = PostgresServer.of(binaries)
                    .from(copy.dataDirectory())
                    .standbyOf(primary)
                    .start()) {
                Awaitility.await(standby.log())
                        .atMost(LIMIT)
                        .until(() -> standby.tableHashes().equals(primary.tableHashes()));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aStandbyStreamsAfterTheCommandsOfItsPlan(PostgresBinaries binaries) throws Exception {
        assumePsql();
        try (PostgresServer original = archivingServer(binaries)) {
            original.archiveCurrentSegment(LIMIT);
            host.must("recover", "--standby", "--to", restored().toString());
            try {
                List<String> commands = commands();
                assertThat(commands).hasSize(2);
                must(original, commands.get(0));
                repeatUntil(original, commands.get(1), "streaming");

                original.sql("INSERT INTO t VALUES (0, 'streamed')");
                repeatUntil(
                        original,
                        commands.get(1).replaceAll("-c .*", "-Atc \"SELECT text FROM t WHERE i = 0\""),
                        "streamed");
                assertThat(original.query("SELECT application_name FROM pg_stat_replication"))
                        .isEqualTo(HostName.ofThisMachine());
            } finally {
                stop(original);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aDelayedStandbyStaysBehind(PostgresBinaries binaries) throws Exception {
        assumePsql();
        try (PostgresServer original = archivingServer(binaries)) {
            original.archiveCurrentSegment(LIMIT);
            original.sql("DELETE FROM t");
            original.archiveCurrentSegment(LIMIT);
            host.must(
                    "recover",
                    "--standby",
                    "--apply-delay",
                    "1h",
                    "--to",
                    restored().toString());
            try {
                List<String> commands = commands();
                must(original, commands.get(0));
                String query = commands.get(1).replaceAll("-c .*", "-Atc ");

                repeatUntil(original, query + "\"SELECT 'rows=' || count(*) FROM t\"", "rows=1000");
                assertThat(original.query("SELECT count(*) FROM t")).isEqualTo("0");
                Thread.sleep(Duration.ofSeconds(2)); // it would have replayed the next commit in less
                must(original, query + "\"SELECT 'rows=' || count(*) FROM t\"");
                assertThat(output.getLast()).contains("rows=1000");
            } finally {
                stop(original);
            }
        }
    }
}
