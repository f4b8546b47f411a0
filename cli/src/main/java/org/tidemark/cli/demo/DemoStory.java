// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerPrograms;
import org.tidemark.postgres.server.ThrowawayServer;

/** Runs the story and prints each step. Not thread-safe. */
final class DemoStory {
    /** Shown instead of the long name of the directory. */
    private static final String PLACE = "DEMO";

    private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(60);
    private static final Duration QUERY_LIMIT = Duration.ofSeconds(60);

    private final ServerPrograms programs;
    private final Path launcher;
    private final Path directory;
    private final PrintStream out;

    DemoStory(ServerPrograms programs, Path launcher, Path directory, PrintStream out) {
        this.programs = programs;
        this.launcher = launcher;
        this.directory = directory;
        this.out = out;
    }

    /** Returns if every row came back; otherwise throws. */
    void tell() throws IOException, InterruptedException {
        out.println("Everything happens in " + directory + ", shown as " + PLACE + ".");
        try (ThrowawayServer primary = server("data", "primary");
                ThrowawayServer restored = server("restored", "restored")) {
            protect(primary);
            Moment moment = lose(primary);
            restore(moment);
            compare(restored, moment);
        }
    }

    /** The content of the tables at one moment. */
    private record Moment(String time, Map<String, String> tables) {}

    private ThrowawayServer server(String data, String socket) {
        return new ThrowawayServer(programs, directory.resolve(data), directory.resolve(socket), "tidemark");
    }

    private void protect(ThrowawayServer primary) throws IOException, InterruptedException {
        chapter("A cluster of "
                + run(Map.of(), List.of(programs.program("postgres"), "--version"))
                        .orThrow()
                        .strip()
                + ", and a repository in a directory");
        primary.create();
        primary.start(Map.of());
        tidemark("init", "--url", directory.resolve("repository").toUri().toString(), "--conninfo", primary.conninfo());
        tidemark("setup", "primary");
        primary.stop();
        primary.start(Map.of());

        chapter("Some customers and 20,000 orders, then a base backup");
        primary.execute("""
                CREATE TABLE customers AS
                    SELECT id, 'customer ' || id AS name, md5(id::text) AS secret FROM generate_series(1, 2000) id;
                CREATE TABLE orders AS
                    SELECT id, 1 + id % 2000 AS customer, id * 1.25 AS amount, now() AS ordered
                    FROM generate_series(1, 20000) id;
                """);
        tidemark("backup", "--name", "first");
        tidemark("check");
    }

    private Moment lose(ThrowawayServer primary) throws IOException, InterruptedException {
        chapter("Business goes on: 5,000 more orders, a price change, a customer leaves");
        primary.execute(
                "INSERT INTO orders SELECT id, 1 + id % 2000, id * 1.25, now() FROM generate_series(20001, 25000) id");
        primary.execute("UPDATE orders SET amount = amount * 1.1 WHERE customer < 100");
        primary.execute("DELETE FROM customers WHERE id = 1999");
        Map<String, String> tables = tables(primary);
        String time = primary.ask("SELECT clock_timestamp()::text");
        show(tables);
        out.println("  It is " + time + ".");

        chapter("Then somebody drops the wrong table");
        primary.execute("DROP TABLE orders");
        primary.execute("INSERT INTO customers VALUES (3000, 'too late', 'x')");
        out.println("  DROP TABLE orders;");
        tidemark("switch-wal");

        chapter("Nobody notices at first: the day goes on, and WAL with it");
        primary.execute("UPDATE customers SET name = name || ' (late)' WHERE id % 10 = 0");
        tidemark("switch-wal");
        tidemark("list-backup");
        return new Moment(time, tables);
    }

    private void restore(Moment moment) throws IOException, InterruptedException {
        String target = directory.resolve("restored").toString();
        chapter("The plan for a restore to the moment before, then the restore");
        tidemark("recover", "--to", target, "--target-time", moment.time(), "--dry-run");
        // The plan was shown already.
        tidemark("recover", "--to", target, "--target-time", moment.time(), "--quiet");
    }

    private void compare(ThrowawayServer restored, Moment moment) throws IOException, InterruptedException {
        chapter("The restored cluster replays its WAL up to that moment and pauses there; then replay is resumed");
        restored.start(Map.of());
        await(restored, "SELECT pg_is_wal_replay_paused()::text", "true", "reach its target");
        // While it waits, the table that was about to be dropped is still locked by the replay.
        restored.execute("SELECT pg_wal_replay_resume()");
        out.println("  SELECT pg_wal_replay_resume();");
        await(restored, "SELECT pg_is_in_recovery()::text", "false", "open for writing");
        Map<String, String> tables = tables(restored);
        show(tables);
        if (!tables.equals(moment.tables())) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "the restored rows are not those of " + moment.time() + ": " + tables,
                    "Please report this, with everything above.");
        }
        out.println("\nEvery row is back: the digests of all tables are those of " + moment.time() + ".");
    }

    private static void await(ThrowawayServer restored, String question, String answer, String what)
            throws IOException, InterruptedException {
        long deadline = System.nanoTime() + RECOVERY_LIMIT.toNanos();
        while (!restored.ask(question).equals(answer)) {
            if (System.nanoTime() - deadline > 0) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        "the restored cluster did not " + what + " within " + RECOVERY_LIMIT.toSeconds() + " s",
                        "The last lines of its log: " + restored.log());
            }
            Thread.sleep(100);
        }
    }

    /** Every table of the schema public with its number of rows and the digest of all of them in order. */
    private static Map<String, String> tables(ThrowawayServer server) {
        Map<String, String> tables = new LinkedHashMap<>();
        try (SqlConnection connection = server.connect()) {
            List<String> names = connection.query(
                    QUERY_LIMIT,
                    row -> row.getString(1),
                    "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
            for (String name : names) {
                tables.put(
                        name,
                        connection
                                .text(
                                        QUERY_LIMIT,
                                        "SELECT count(*) || ' rows, md5 ' || md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM "
                                                + name + " t")
                                .orElse(""));
            }
        }
        return tables;
    }

    private ProgramRun run(Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        return ProgramRun.of(directory, environment, command);
    }

    private String shortened(String text) {
        return text.replace(directory.toString(), PLACE);
    }

    private void chapter(String title) {
        out.println();
        out.println(title);
    }

    private void show(Map<String, String> tables) {
        tables.forEach((name, content) -> out.printf("  %-10s %s%n", name, content));
    }

    private void tidemark(String... arguments) throws IOException, InterruptedException {
        List<String> quoted = new ArrayList<>(Arrays.asList(arguments));
        quoted.replaceAll(argument -> argument.contains(" ") ? "'" + argument + "'" : argument);
        out.println();
        out.println("$ tidemark " + shortened(String.join(" ", quoted)));
        List<String> command = new ArrayList<>(List.of(launcher.toString()));
        command.addAll(Arrays.asList(arguments));
        command.addAll(List.of("--config", directory.resolve("tidemark.toml").toString()));
        ProgramRun result =
                run(Map.of("TIDEMARK_HOST_SPOOL", directory.resolve("spool").toString()), command);
        result.output().lines().forEach(line -> out.println("  " + shortened(line)));
        if (result.status() != 0) {
            throw new UserFacingException(
                    ExitCode.INTERNAL,
                    "tidemark " + arguments[0] + " exited with status " + result.status(),
                    "Its output is above.");
        }
    }
}
