// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.ExitHooks;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ThrowawayServer;

/**
 * The second part: a standby is cloned out of the repository, takes the place of the primary, and the old primary comes
 * back as its standby. Not thread-safe.
 */
final class FailoverStory {
    static final String ROLE = "tidemark";

    /** The name of the directory for the sockets of the servers that clone starts. */
    static final String SOCKETS = "sockets";

    private final DemoStage stage;
    private final ThrowawayServer primary;
    private final Path standby;
    private final Path beside;

    FailoverStory(DemoStage stage, ThrowawayServer primary) {
        this.stage = stage;
        this.primary = primary;
        this.standby = stage.place("standby");
        this.beside = stage.place("beside");
    }

    /** Returns if both servers have every row of the new primary, also of a dropped table; otherwise throws. */
    void tell() throws IOException, InterruptedException {
        // clone and recover start servers that outlive them.
        Thread atExit = new Thread(this::stopClones, "stop of clones");
        ExitHooks.add(atExit);
        try {
            copy();
            fail();
            comeBack();
            new AccidentStory(stage, standby, beside).tell();
        } finally {
            stopClones();
            remove(atExit);
        }
    }

    private static void remove(Thread atExit) {
        try {
            ExitHooks.remove(atExit);
        } catch (IllegalStateException e) {
            // The JVM is ending, and the hook runs.
        }
    }

    private void copy() throws IOException, InterruptedException {
        stage.chapter("Part two: a standby, cloned out of the repository, streams from the primary");
        primary.execute("CREATE TABLE invoices AS SELECT id, id * 9.99 AS amount FROM generate_series(1, 10000) id");
        stage.tidemark("clone", "--to", standby.toString(), "--quiet");
        primary.execute("INSERT INTO invoices SELECT id, id * 9.99 FROM generate_series(10001, 10005) id");
        Map<String, String> tables = tables(primary.conninfo());
        stage.await(
                () -> tables(conninfo(standby)).equals(tables), "get what the primary wrote last", () -> log(standby));
        stage.say("  The standby has every row of the primary:");
        stage.show(tables);
    }

    private void fail() throws IOException, InterruptedException {
        stage.chapter("The network of the primary fails: the standby is promoted. The old primary still runs,"
                + " and takes one more invoice before its power fails");
        control(standby, "promote");
        stage.await(
                () -> ask(standby, "SELECT pg_is_in_recovery()::text").equals("false"),
                "open for writing",
                () -> log(standby));
        primary.execute("INSERT INTO invoices VALUES (-1, 666)");
        primary.close();
        execute(standby, "INSERT INTO invoices SELECT id, id * 9.99 FROM generate_series(10006, 10100) id");
        stage.tidemark("config", "set", "data-directory", standby.toString());
        stage.tidemark("config", "set", "conninfo", conninfo(standby));
        stage.tidemark("setup", "primary", "--quiet");
        if (ask(standby, "SELECT count(*) > 0 FROM pg_settings WHERE pending_restart AND name = 'restore_command'")
                .equals("t")) {
            control(standby, "restart"); // PostgreSQL 13, for restore_command
        }
        stage.tidemark("backup", "--name", "after the failover");
    }

    private void comeBack() throws IOException, InterruptedException {
        stage.chapter(
                "The host of the old primary is back. It becomes a standby of the new one: only what differs is read");
        stage.tidemark("clone", "--to", primary.data().toString(), "--stopped");
        Map<String, String> tables = tables(conninfo(standby));
        stage.await(
                () -> tables(conninfo(primary.data())).equals(tables),
                "get what the new primary wrote",
                () -> log(primary.data()));
        stage.show(tables);
        stage.tidemark("check");
        stage.say("\nBoth servers have the same rows, the archive has no gap, and what only the old primary had is in "
                + stage.shortened(primary.data() + ".aside") + ".");
    }

    /** Empty while it takes no connections. */
    static Map<String, String> tables(String conninfo) {
        try (SqlConnection connection = connect(conninfo)) {
            return DemoStage.tables(connection);
        } catch (UserFacingException e) {
            return Map.of();
        }
    }

    private static SqlConnection connect(String conninfo) {
        return SqlConnection.open(ConnectionSettings.parse(conninfo, ClientEnvironment.ofProcess()));
    }

    private static String ask(Path data, String sql) {
        try (SqlConnection connection = connect(conninfo(data))) {
            return connection.text(DemoStage.QUERY_LIMIT, sql).orElse("");
        } catch (UserFacingException e) {
            return "";
        }
    }

    static void execute(Path data, String sql) {
        try (SqlConnection connection = connect(conninfo(data))) {
            connection.execute(DemoStage.QUERY_LIMIT, "SET search_path = public");
            connection.execute(DemoStage.QUERY_LIMIT, sql);
        }
    }

    /** How a server that clone has started is reached: on a port that was free. */
    static String conninfo(Path data) {
        return ServerRun.in(data)
                .flatMap(ServerRun::socket)
                .map(at -> at.conninfo(ROLE))
                .orElse("host=/nonexistent user=" + ROLE);
    }

    private static String log(Path data) throws IOException {
        Path log = data.resolve("start.log");
        return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
    }

    private void control(Path data, String command) throws IOException, InterruptedException {
        pgCtl(data, command).orThrow();
        stage.say("\n$ pg_ctl " + command);
    }

    private ProgramRun pgCtl(Path data, String... command) throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of(stage.programs().program("pg_ctl"), "-D", data.toString()));
        line.addAll(List.of(command));
        return stage.run(Map.of(), line);
    }

    private void stopClones() {
        for (Path data : List.of(standby, primary.data(), beside)) {
            Optional<ServerRun> run = ServerRun.in(data);
            try {
                if (run.isPresent()) {
                    pgCtl(data, "-m", "immediate", "stop");
                }
            } catch (IOException e) {
                run.ifPresent(each -> ProcessHandle.of(
                                Long.parseLong(each.postmaster().pid()))
                        .ifPresent(ProcessHandle::destroy));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
