// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ThrowawayServer;

/** The first part: a table is dropped, and comes back as it was the moment before. Not thread-safe. */
final class DemoStory {
    private final DemoStage stage;

    DemoStory(DemoStage stage) {
        this.stage = stage;
    }

    /** Returns if every row came back, in both parts; otherwise throws. */
    void tell() throws IOException, InterruptedException {
        stage.begin();
        try (ThrowawayServer primary = server("data", "primary");
                ThrowawayServer restored = server("restored", "restored")) {
            protect(primary);
            Moment moment = lose(primary);
            restore(moment);
            compare(restored, moment);
            restored.stop();
            new FailoverStory(stage, primary).tell();
        }
    }

    /** The content of the tables at one moment. */
    private record Moment(String time, Map<String, String> tables) {}

    private ThrowawayServer server(String data, String socket) {
        return new ThrowawayServer(stage.programs(), stage.place(data), stage.place(socket), FailoverStory.ROLE);
    }

    private void protect(ThrowawayServer primary) throws IOException, InterruptedException {
        stage.chapter("A cluster of "
                + stage.run(Map.of(), List.of(stage.programs().program("postgres"), "--version"))
                        .orThrow()
                        .strip()
                + ", and a repository in a directory");
        primary.create();
        Path sockets = Files.createDirectory(stage.place(FailoverStory.SOCKETS));
        Files.writeString(
                primary.data().resolve("postgresql.conf"),
                "unix_socket_directories = '" + sockets + "'\n",
                StandardOpenOption.APPEND);
        primary.start(Map.of());
        stage.tidemark("init", "--url", stage.place("repository").toUri().toString(), "--conninfo", primary.conninfo());
        stage.tidemark("setup", "primary");
        primary.stop();
        primary.start(Map.of());

        stage.chapter("Some customers and 20,000 orders, then a base backup");
        primary.execute("""
                CREATE TABLE customers AS
                    SELECT id, 'customer ' || id AS name, md5(id::text) AS secret FROM generate_series(1, 2000) id;
                CREATE TABLE orders AS
                    SELECT id, 1 + id % 2000 AS customer, id * 1.25 AS amount, now() AS ordered
                    FROM generate_series(1, 20000) id;
                """);
        stage.tidemark("backup", "--name", "first");
        stage.tidemark("check");
    }

    private Moment lose(ThrowawayServer primary) throws IOException, InterruptedException {
        stage.chapter("Business goes on: 5,000 more orders, a price change, a customer leaves");
        primary.execute(
                "INSERT INTO orders SELECT id, 1 + id % 2000, id * 1.25, now() FROM generate_series(20001, 25000) id");
        primary.execute("UPDATE orders SET amount = amount * 1.1 WHERE customer < 100");
        primary.execute("DELETE FROM customers WHERE id = 1999");
        Map<String, String> tables = tables(primary);
        String time = primary.ask("SELECT clock_timestamp()::text");
        stage.show(tables);
        stage.say("  It is " + time + ".");

        stage.chapter("Then somebody drops the wrong table");
        primary.execute("DROP TABLE orders");
        primary.execute("INSERT INTO customers VALUES (3000, 'too late', 'x')");
        stage.say("  DROP TABLE orders;");
        stage.tidemark("switch-wal");

        stage.chapter("Nobody notices at first: the day goes on, and WAL with it");
        primary.execute("UPDATE customers SET name = name || ' (late)' WHERE id % 10 = 0");
        stage.tidemark("switch-wal");
        stage.tidemark("list-backup");
        return new Moment(time, tables);
    }

    private void restore(Moment moment) throws IOException, InterruptedException {
        String target = stage.place("restored").toString();
        stage.chapter("The plan for a restore to the moment before, then the restore");
        stage.tidemark("recover", "--to", target, "--target-time", moment.time(), "--dry-run");
        // The plan was shown already.
        stage.tidemark("recover", "--to", target, "--target-time", moment.time(), "--quiet");
    }

    private void compare(ThrowawayServer restored, Moment moment) throws IOException, InterruptedException {
        stage.chapter(
                "The restored cluster replays its WAL up to that moment and pauses there; then replay is resumed");
        restored.start(Map.of());
        stage.await(
                () -> restored.ask("SELECT pg_is_wal_replay_paused()::text").equals("true"),
                "reach its target",
                restored::log);
        // While it waits, the table that was about to be dropped is still locked by the replay.
        restored.execute("SELECT pg_wal_replay_resume()");
        stage.say("  SELECT pg_wal_replay_resume();");
        stage.await(
                () -> restored.ask("SELECT pg_is_in_recovery()::text").equals("false"),
                "open for writing",
                restored::log);
        Map<String, String> tables = tables(restored);
        stage.show(tables);
        DemoStage.mustBe(moment.tables(), tables, "of " + moment.time());
        stage.say("\nEvery row is back: the digests of all tables are those of " + moment.time() + ".");
    }

    private static Map<String, String> tables(ThrowawayServer server) {
        try (SqlConnection connection = server.connect()) {
            return DemoStage.tables(connection);
        }
    }
}
