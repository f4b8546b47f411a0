// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.acceptance.WalProcesses;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * A server that is written to all the time, with archive_command, a receiver, backups, expiry and verification by
 * {@code serve}, and two repositories. Its parts are killed, stopped and lost at random, and a standby that has each
 * acknowledged commit takes the place of the server. What {@code status} and the metrics say meanwhile is held against
 * restores: every commit before the archived end that was told, and nothing after the target.
 */
@Order(1) // among the longest
@InTurn
final class SoakTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);
    private static final List<String> REPOSITORIES = List.of("near", "far");
    /** By SIGTERM, before it has begun. */
    private static final int STOPPED_EARLY = 128 + 15;

    private final Random random = Rounds.random();
    private final StringBuilder story = new StringBuilder();
    private final ConcurrentLinkedQueue<Fact> facts = new ConcurrentLinkedQueue<>();
    private final TidemarkHost host = new TidemarkHost();
    private final PostgresBinaries binaries = PostgresBinaries.oneOfThisRun().getFirst();
    private final Thread load = Thread.ofPlatform().name("load").unstarted(this::write);
    private volatile PostgresServer server = PostgresServer.of(binaries)
            .initdb("--wal-segsize=1")
            .archiving(host.archiveCommand())
            .start();

    private Optional<PostgresServer> next = Optional.empty();
    private volatile boolean isOver;
    private Optional<Running> serve = Optional.empty();
    private int failovers;
    private int proofs;

    /** A transaction that was acknowledged; {@code position} is beyond its commit. */
    private record Fact(int number, Lsn position, Instant begun, Instant ended) {}

    /** What status says: the first moment of the newest interval, and where it ends. */
    private record Told(Instant from, Lsn end) {}

    @AfterEach
    void close() {
        isOver = true;
        serve.ifPresent(Running::kill);
        next.ifPresent(PostgresServer::close);
        server.close();
        host.close();
    }

    private Path directory(String repository) {
        return host.directory().resolve("disk-" + repository);
    }

    private void tell(String event) {
        story.append('\n').append(Instant.now()).append(' ').append(event);
    }

    private void begin() throws Exception {
        for (String repository : REPOSITORIES) {
            Files.createDirectories(directory(repository));
            host.isBusy(directory(repository));
        }
        host.isBusy(metrics());
        configure();
        host.must("init");
        server.sql("CREATE TABLE facts (number int, filler text)");
        host.must("wal-receive", "--slot", "soak", "--create-slot");
        host.must("backup");
        serve = Optional.of(host.start("serve"));
        load.start();
    }

    private void configure() throws IOException {
        StringBuilder toml = new StringBuilder("[service]\nmetrics-file = '" + metrics() + "'\n");
        for (String repository : REPOSITORIES) {
            toml.append("[repository.%s]%nurl = '%s'%nretention = 'REDUNDANCY 4'%n"
                    .formatted(repository, directory(repository).toUri()));
        }
        host.configure(toml + """
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                repositories = ['near', 'far']
                acknowledge = 1
                receive-slot = 'soak'
                [cluster.main.schedule]
                backup = '*/15 * * * * ?'
                expire = '*/20 * * * * ?'
                verify = '*/30 * * * * ?'
                """.formatted(server.conninfo(), server.dataDirectory()));
    }

    private Path metrics() {
        return host.directory().resolve("tidemark.prom");
    }

    /** One row after the other, each noted when its commit was acknowledged. */
    private void write() {
        int number = 0;
        while (!isOver) {
            try (Connection connection = server.connect();
                    Statement statement = connection.createStatement()) {
                while (!isOver) {
                    number++;
                    Instant begun = Instant.now();
                    statement.execute("INSERT INTO facts VALUES (" + number + ", repeat(md5(random()::text), 40))");
                    Instant ended = Instant.now();
                    try (ResultSet position = statement.executeQuery("SELECT pg_current_wal_insert_lsn()")) {
                        position.next();
                        facts.add(new Fact(number, Lsn.parse(position.getString(1)), begun, ended));
                    }
                    Thread.sleep(5);
                }
            } catch (SQLException e) {
                // The server is away. Whether the last row was committed, nobody knows.
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    @Test
    void whatIsToldIsWhatARestoreGives() throws Exception {
        Duration length = Duration.ofSeconds(Rounds.of(45, 30 * 60));
        int scrapes = Rounds.of(1, 20);
        try {
            begin();
            Instant start = Instant.now();
            for (int scrape = 1; scrape <= scrapes; scrape++) {
                Instant next = start.plus(length.multipliedBy(scrape).dividedBy(scrapes));
                while (Instant.now().isBefore(next)) {
                    TimeUnit.MILLISECONDS.sleep(500 + random.nextInt(4_000));
                    befall();
                }
                prove();
            }
            end();
        } catch (Exception | AssertionError e) {
            throw new AssertionError(e.getMessage() + "\nthe story:" + story, e);
        }
        System.out.println(
                "a soak of " + length.toSeconds() + " s: " + facts.size() + " commits, " + proofs + " restores, "
                        + failovers + " failovers, " + story.toString().lines().count() + " events");
    }

    private void befall() throws Exception {
        switch (random.nextInt(8)) {
            case 0 -> {
                tell("serve is killed");
                serve.orElseThrow().kill();
                serve = Optional.of(host.start("serve"));
            }
            case 1 -> {
                tell("serve stands still");
                serve.orElseThrow().signal("STOP");
                TimeUnit.MILLISECONDS.sleep(random.nextInt(5_000));
                serve.orElseThrow().signal("CONT");
            }
            case 2 -> {
                tell("serve is restarted");
                stopServe();
                serve = Optional.of(host.start("serve"));
            }
            case 3 -> {
                tell("the server crashes");
                server.stopImmediately();
                server.start();
            }
            case 4, 5 -> {
                String repository = REPOSITORIES.get(random.nextInt(REPOSITORIES.size()));
                tell(repository + " is away");
                Path aside = host.directory().resolve("away");
                Files.move(directory(repository), aside);
                TimeUnit.MILLISECONDS.sleep(random.nextInt(5_000));
                Files.move(aside, directory(repository));
            }
            case 6 -> failOver();
            default -> {
                tell("the processes of archive_command are killed");
                WalProcesses.of(server, WalProcesses.ALL).forEach(ProcessHandle::destroyForcibly);
            }
        }
    }

    /** The server dies and never comes back. Nothing is lost: commits have waited for the standby that is promoted. */
    private void failOver() throws Exception {
        failovers++;
        tell("a standby is made");
        Path copy = host.directory().resolve("server-" + failovers);
        String upstream = server.conninfo() + " application_name=standby";
        host.must("recover", "--standby", "--to", copy.toString(), "--primary", upstream);
        PostgresServer standby = PostgresServer.of(binaries).from(copy).create();
        next = Optional.of(standby);
        standby.start();
        PostgresServer dead = server;
        dead.awaitStandbyAtCommit("standby");
        dead.sql("CHECKPOINT"); // the process that tells the others has read the setting
        TimeUnit.MILLISECONDS.sleep(random.nextInt(2_000));
        tell("the server dies, and the standby is promoted");
        dead.stopImmediately();
        standby.promote();
        // A backup that was restored may have had the setting.
        standby.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
        server = standby;
        next = Optional.empty();
        configure();
        host.must("wal-receive", "--slot", "soak", "--create-slot");
        dead.close();
    }

    private void stopServe() {
        serve.orElseThrow().signal("TERM");
        TidemarkHost.Outcome outcome = serve.orElseThrow().await();
        serve = Optional.empty();
        assertThat(outcome.status()).as(outcome.talk()).isIn(ExitCode.INTERRUPTED.status(), STOPPED_EARLY);
    }

    private Told told() {
        JsonNode newest = JsonMapper.shared()
                .readTree(host.must("status", "--json").data())
                .at("/incarnations/0/intervals")
                .valueStream()
                .toList()
                .getLast();
        return new Told(
                Instant.parse(newest.at("/from").asString()),
                Lsn.parse(newest.at("/endLsn").asString()));
    }

    /** Restores the latest state and a moment, while load, backups and faults of their own go on. */
    private void prove() throws Exception {
        host.must("pause", "expire", "--for", "10m");
        Instant paused = Instant.now();
        Told told;
        List<Fact> known;
        do { // until an expiry that was under way has ended
            known = List.copyOf(facts);
            told = told();
            TimeUnit.SECONDS.sleep(3);
        } while (!told.from().equals(told().from()));
        tell("status says " + told + ", " + known.size() + " commits are known");
        compareMetrics(told, paused);

        Lsn end = told.end();
        List<Fact> archived = known.stream()
                .filter(fact -> fact.position().compareTo(end) <= 0)
                .toList();
        Set<Integer> latest = restored();
        assertThat(lacking(latest, archived)).as("commits before " + end).isEmpty();
        Instant from = told.from();
        List<Fact> since =
                archived.stream().filter(fact -> fact.begun().isAfter(from)).toList();
        if (!since.isEmpty()) {
            Instant until = since.getLast().begun();
            long micros = ChronoUnit.MICROS.between(from, until);
            restoreTo(random.nextInt(3) == 0 ? from : from.plus(random.nextLong(micros), ChronoUnit.MICROS));
        }
        host.must("resume", "expire");
    }

    private void restoreTo(Instant target) throws Exception {
        tell("a restore to " + target);
        Set<Integer> rows = restored("--target-time", target.toString(), "--target-action", "promote");
        List<Fact> all = List.copyOf(facts);
        List<Fact> before =
                all.stream().filter(fact -> fact.ended().isBefore(target)).toList();
        assertThat(lacking(rows, before)).as("commits before " + target).isEmpty();
        List<Fact> after =
                all.stream().filter(fact -> fact.begun().isAfter(target)).toList();
        assertThat(lacking(rows, after)).as("commits after " + target).hasSameSizeAs(after);
    }

    private static List<Fact> lacking(Set<Integer> rows, List<Fact> facts) {
        return facts.stream().filter(fact -> !rows.contains(fact.number())).toList();
    }

    /** The rows of a restore. Each but those whose commit nobody knows follows the one before. */
    private Set<Integer> restored(String... options) throws Exception {
        Path target = host.directory().resolve("restored-" + proofs);
        List<String> command = new ArrayList<>(List.of("recover", "--to", target.toString()));
        command.addAll(List.of(options));
        host.must(command.toArray(String[]::new));
        SortedSet<Integer> rows = new TreeSet<>();
        try (PostgresServer copy = PostgresServer.of(binaries).from(target).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            try (Connection connection = copy.connect();
                    Statement statement = connection.createStatement();
                    ResultSet found = statement.executeQuery("SELECT number FROM facts ORDER BY number")) {
                while (found.next()) {
                    assertThat(rows.add(found.getInt(1)))
                            .as("a row that is there twice")
                            .isTrue();
                }
            }
        }
        TemporaryTree.delete(target);
        proofs++;
        int last = rows.isEmpty() ? 0 : rows.last();
        List<Fact> before = facts.stream().filter(fact -> fact.number() < last).toList();
        assertThat(lacking(rows, before))
                .as("acknowledged commits before " + last)
                .isEmpty();
        return rows;
    }

    /** The metrics say the same as status, if they were read since expiries are paused. */
    private void compareMetrics(Told told, Instant paused) throws IOException {
        if (!Files.exists(metrics())) {
            return; // serve was stopped
        }
        Map<String, Double> metrics = ToldMetrics.of(Files.readString(metrics()));
        Double from = metrics.get(ToldMetrics.FROM);
        Double reading = metrics.get(ToldMetrics.READING);
        if (from != null && reading != null && reading > paused.getEpochSecond() + 1) {
            tell("the metrics were read at " + reading);
            assertThat(from).as("the first moment").isCloseTo(told.from().toEpochMilli() / 1e3, Offset.offset(0.01));
        }
    }

    /** Nothing befalls it any more: everything is restored. */
    private void end() throws Exception {
        isOver = true;
        assertThat(load.join(LIMIT)).as("the load has ended").isTrue();
        server.archiveCurrentSegment(LIMIT);
        stopServe();
        host.must("cron");
        host.must("sync");
        host.must("verify", "--all");
        host.must("wal-verify");
        assertThat(lacking(restored(), List.copyOf(facts))).isEmpty();
    }
}
