// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.Timeline;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * One cluster through its failovers and restores, as its operator brings it through them: a server dies, a standby is
 * promoted, or a restored copy is started and set up to archive again. Whichever server is the primary, all servers use
 * the configuration of one host, whose cluster names the server of the moment. Not thread-safe.
 */
final class ClusterLife implements AutoCloseable {
    static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Pattern SEGMENT = Pattern.compile("\\b[0-9A-F]{24}\\b");

    private final TidemarkHost host = new TidemarkHost();
    private final PostgresBinaries binaries;
    private final List<String> repositories;
    private final List<PostgresServer> servers = new ArrayList<>();
    private final List<String> archived = new ArrayList<>();
    private final Map<String, String> repositorySettings = new HashMap<>();
    private String clusterSettings = "";
    private String lastSegment = "";
    private int restores;

    /** @param repositories the names of directories, each of which is a repository */
    ClusterLife(PostgresBinaries binaries, String... repositories) {
        this.binaries = binaries;
        this.repositories = List.of(repositories);
    }

    /** The newest version in an ordinary build, each one in a campaign. */
    static Stream<PostgresBinaries> versions() {
        List<PostgresBinaries> all = PostgresBinaries.embedded().reversed();
        return all.stream().limit(Rounds.of(1, all.size()));
    }

    TidemarkHost host() {
        return host;
    }

    /** The batches that were archived, each by its name. */
    List<String> archived() {
        return List.copyOf(archived);
    }

    /** Lines of the configuration for the cluster, such as {@code acknowledge = 1}. */
    ClusterLife with(String settings) {
        clusterSettings = settings + "\n";
        return this;
    }

    /** Lines of the configuration for one repository, such as {@code retention = 'REDUNDANCY 2'}. */
    ClusterLife with(String repository, String settings) {
        repositorySettings.put(repository, settings + "\n");
        return this;
    }

    /** A primary that archives, and the first backup of it. */
    PostgresServer begin() throws IOException {
        PostgresServer primary = keep(PostgresServer.of(binaries)
                // pg_rewind starts the server in single-user mode with template1.
                .withTemplates()
                .initdb("--wal-segsize=1")
                .setting("wal_keep_size", "16")
                .archiving(host.archiveCommand())
                .start());
        configure(primary);
        for (String repository : repositories) {
            Files.createDirectories(directory(repository));
        }
        OperatingUser.current().own(host.directory());
        host.must("init");
        primary.sql("CREATE TABLE rows (batch text, n int)");
        host.must("backup");
        return primary;
    }

    Path directory(String repository) {
        return host.directory().resolve("disk-" + repository);
    }

    /** The disk of a repository dies. */
    void lose(String repository) {
        TemporaryTree.delete(directory(repository));
    }

    /** A new disk where the one that died was. */
    void makeEmpty(String repository) throws IOException {
        OperatingUser.current().own(Files.createDirectory(directory(repository)));
    }

    /** Puts aside what was archived of a timeline, as docs/repair/conflict.md says. */
    void putAside(String timeline) throws IOException {
        String hexadecimal = new Timeline(Integer.parseInt(timeline)).toHex();
        for (String repository : repositories) {
            Path aside = Files.createDirectory(host.directory().resolve("aside-" + repository));
            try (Stream<Path> systems = Files.list(directory(repository).resolve("main"))) {
                Path system = systems.findFirst().orElseThrow();
                Files.move(system.resolve("wal/" + hexadecimal), aside.resolve(hexadecimal));
                String history = hexadecimal + ".history";
                Files.move(system.resolve("history/" + history), aside.resolve(history));
            }
        }
    }

    /** The names of what a repository holds of the cluster, but for what it notes of itself. */
    List<Path> objects(String repository) throws IOException {
        Path cluster = directory(repository).resolve("main");
        try (Stream<Path> files = Files.walk(cluster)) {
            return files.filter(Files::isRegularFile)
                    .map(cluster::relativize)
                    .filter(object -> !object.getName(1).toString().equals("mark"))
                    // Where the WAL of a backup came later than its files; it means nothing any more.
                    .filter(object -> !object.endsWith("waiting.json"))
                    .sorted()
                    .toList();
        }
    }

    /** Names the server in the configuration, as the operator does who makes it the primary. */
    void configure(PostgresServer server) {
        StringBuilder toml = new StringBuilder("push-timeout = '20s'\n");
        for (String repository : repositories) {
            toml.append("[repository." + repository + "]\nurl = '")
                    .append(directory(repository).toUri())
                    .append("'\n")
                    .append(repositorySettings.getOrDefault(repository, ""));
        }
        toml.append("[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\n" + clusterSettings + "repositories = ["
                + repositories.stream().map(name -> "'" + name + "'").collect(Collectors.joining(", ")) + "]\n");
        try {
            host.configure(toml.toString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A standby of a server that runs; it streams, and archives when it is promoted. */
    PostgresServer standbyOf(PostgresServer primary) throws IOException {
        Path copy = host.directory().resolve("copy-" + servers.size());
        String conninfo = primary.conninfo() + " application_name=standby";
        host.must("recover", "--standby", "--to", copy.toString(), "--primary", conninfo);
        return keep(PostgresServer.of(binaries).from(copy).start());
    }

    /** A standby that runs streams from another server from now on. */
    static void follow(PostgresServer standby, PostgresServer primary) {
        standby.sql(
                "ALTER SYSTEM SET primary_conninfo = '" + primary.conninfo() + " application_name=standby'",
                "SELECT pg_reload_conf()");
    }

    /**
     * A primary that died becomes a standby: by pg_rewind if these binaries have it, otherwise from a new base backup.
     *
     * @return the standby, which may be another server than the dead one
     */
    PostgresServer comeBack(PostgresServer dead, PostgresServer primary) throws IOException {
        Optional<Path> rewind = binaries.program("pg_rewind");
        if (rewind.isEmpty()) {
            return standbyOf(primary);
        }
        // Until then the control file of the new primary names the old timeline.
        primary.sql("CHECKPOINT");
        dead.run(List.of(
                rewind.get().toString(),
                "--target-pgdata=" + dead.dataDirectory(),
                "--source-server=" + primary.conninfo(),
                "--write-recovery-conf"));
        dead.start();
        return dead;
    }

    /** Fifty rows, in WAL that is written and not yet archived. */
    static void write(PostgresServer server, String batch) {
        server.sql("INSERT INTO rows SELECT '" + batch + "', g FROM generate_series(1, 50) g");
    }

    /** Fifty rows, in WAL that PostgreSQL counts as archived. */
    void archive(PostgresServer server, String batch) {
        write(server, batch);
        lastSegment = server.archiveCurrentSegment(LIMIT);
        archived.add(batch);
    }

    /** The batches that are nowhere but in WAL that a standby has and archives when it is promoted. */
    void streamed(PostgresServer primary, PostgresServer standby, String batch) {
        write(primary, batch);
        awaitReplay(primary, standby);
        archived.add(batch);
    }

    static void awaitReplay(PostgresServer primary, PostgresServer standby) {
        var position = primary.walPosition();
        PostgresWait.until(
                "the standby has replayed what the primary wrote",
                LIMIT,
                standby,
                () -> standby.walPosition().compareTo(position) >= 0);
    }

    /** A primary dies, if it did not before, and a standby takes its place. */
    PostgresServer failOver(PostgresServer primary, PostgresServer standby) {
        if (primary.isRunning()) {
            die(primary);
        }
        configure(standby);
        standby.promote();
        return standby;
    }

    /** A primary dies with everything archived but the segment that it writes. */
    static void die(PostgresServer primary) {
        Path status = primary.dataDirectory().resolve("pg_wal/archive_status");
        PostgresWait.until("every file is archived", LIMIT, primary, () -> {
            try (Stream<Path> files = Files.list(status)) {
                return files.noneMatch(file -> file.toString().endsWith(".ready"));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        primary.stopImmediately();
    }

    /** Everything is lost but the repositories: restores the latest moment, and lets the copy archive again. */
    PostgresServer restore(String... options) {
        servers.forEach(PostgresServer::stopImmediately);
        PostgresServer copy = restored(host, options);
        configure(copy);
        host.must("setup", "primary");
        copy.restart();
        return copy;
    }

    /** A copy that PostgreSQL has opened for writing, with archiving off. */
    PostgresServer restored(TidemarkHost on, String... options) {
        restores++;
        Path directory = host.directory().resolve("restored-" + restores);
        List<String> command = new ArrayList<>(List.of("recover", "--to", directory.toString()));
        command.addAll(List.of(options));
        on.must(command.toArray(String[]::new));
        PostgresServer copy = keep(PostgresServer.of(binaries).from(directory).create());
        copy.launch();
        copy.awaitRecoveryEnd(LIMIT);
        return copy;
    }

    /** Demands that a server holds exactly these batches, each of them whole. */
    static void mustHold(PostgresServer server, List<String> batches) {
        String rows = server.query("SELECT coalesce(string_agg(batch || '=' || n, ' ' ORDER BY batch), '')"
                + " FROM (SELECT batch, count(*) AS n FROM rows GROUP BY batch) batches");
        assertThat(rows)
                .as(server.log())
                .isEqualTo(batches.stream().sorted().map(batch -> batch + "=50").collect(Collectors.joining(" ")));
    }

    void mustHoldWhatWasArchived(PostgresServer server) {
        mustHold(server, archived);
    }

    /** Demands that every command says the same: the newest WAL can be reached, and nothing threatens it. */
    void mustAgree() {
        Outcome check = host.run("check");
        assertThat(check.data()).as(check.talk()).contains("main · ").doesNotContain("CRITICAL");
        String list = host.must("list-backup").data();
        assertThat(list).contains("can be reached");
        assertThat(newestSegment(list)).as(list).isGreaterThanOrEqualTo(lastSegment);
        Outcome plan = dryRun();
        assertThat(plan.status()).as(plan.data() + plan.talk()).isZero();
        assertThat(newestSegment(plan.data())).as(plan.data()).isGreaterThanOrEqualTo(newestSegment(list));
    }

    /** The last by name: archive_timeout may close one more between two commands. */
    private static String newestSegment(String text) {
        return SEGMENT.matcher(text)
                .results()
                .map(MatchResult::group)
                .max(Comparator.naturalOrder())
                .orElse("");
    }

    /**
     * Demands that every command says the same: which of these timelines is the right one is for the operator to say.
     */
    void mustAsk(String... timelines) {
        List<String> choice =
                Stream.of(timelines).map(timeline -> "--timeline " + timeline).toList();
        Outcome plan = dryRun();
        assertThat(plan.status()).as(plan.data() + plan.talk()).isEqualTo(1);
        assertThat(plan.data() + plan.talk()).contains(choice);
        Outcome check = host.run("check");
        assertThat(check.status()).as(check.data()).isEqualTo(1);
        assertThat(check.data()).contains("CRITICAL", "recover would refuse").contains(choice);
        assertThat(host.must("list-backup").data())
                .contains("PROBLEM for a recovery without a target")
                .contains(choice);
    }

    Outcome dryRun(String... options) {
        List<String> command = new ArrayList<>(List.of(
                "recover",
                "--dry-run",
                "--to",
                host.directory().resolve("nowhere").toString()));
        command.addAll(List.of(options));
        return host.run(command.toArray(String[]::new));
    }

    private PostgresServer keep(PostgresServer server) {
        servers.add(server);
        return server;
    }

    @Override
    public void close() {
        servers.forEach(PostgresServer::close);
        host.close();
    }
}
