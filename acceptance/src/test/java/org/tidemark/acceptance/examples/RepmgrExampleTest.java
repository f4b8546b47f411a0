// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.BackgroundServer;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.TemporaryTree;

/**
 * {@code examples/repmgr}, with its configuration and each block of its page, and repmgr and PostgreSQL 15 of Debian.
 */
@InTurn
final class RepmgrExampleTest {
    private static final String INSTALL = "apt-get install postgresql-15 repmgr postgresql-15-repmgr";
    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final Pattern BLOCK = Pattern.compile("```sh\\n# on db\\d, as postgres\\n(.*?)```", Pattern.DOTALL);
    private static final PostgresBinaries VERSION_15 =
            new PostgresBinaries(15, "15", Path.of("/usr/lib/postgresql/15/bin"));

    private final Path site = OperatingUser.current().newTemporaryDirectory("repmgr");
    private final Map<String, PostgresServer> servers = new TreeMap<>();
    private final Map<String, BackgroundServer> daemons = new TreeMap<>();

    @AfterEach
    void stop() {
        daemons.values().forEach(BackgroundServer::close);
        servers.values().forEach(PostgresServer::close);
        TemporaryTree.delete(site);
    }

    @BeforeEach
    void install() {
        RequiredServer.program("repmgrd", INSTALL);
        RequiredServer.file(Path.of("/usr/lib/postgresql/15/lib/repmgr.so"), INSTALL);
    }

    @Test
    void standbysFromTheRepositoryArePromotedAndFollowAndTheArchiveStaysWhole() throws Exception {
        List<String> blocks = BLOCK.matcher(ExampleFile.text("repmgr/README.md", Map.of("repmgr", "repmgr")))
                .results()
                .map((MatchResult block) -> block.group(1))
                .toList();
        assertThat(blocks).hasSize(5);
        create("db1", builder("db1").initdb("--wal-segsize=1").withTemplates());
        PostgresServer first = server("db1");
        follow(blocks.getFirst(), "db1", "db1");
        // Otherwise repmgr waits on the new primary for a standby that waits for repmgr.
        first.sql("CREATE TABLE t (n int PRIMARY KEY)", "ALTER ROLE repmgr SET synchronous_commit = local");
        operator("db1").must("tidemark init; tidemark backup");
        for (String name : List.of("db2", "db3")) {
            Path copy = site.resolve(name);
            configureTidemark(name, "port=1", copy);
            run(blocks.get(1), name, "db1", copy);
            create(name, builder(name).from(copy));
            follow(blocks.get(2), name, "db1");
        }
        servers.keySet().forEach(this::startDaemon);
        servers.values().forEach(RepmgrExampleTest::commitOnTwo);

        String primary = "db1";
        try (CommittedRows rows = rows()) {
            for (int round = 0; round < Rounds.of(1, 10); round++) {
                rows.awaitMore(this::logs);
                String old = primary;
                lose(old);
                primary = awaitFailover(old);
                rows.awaitMore(this::logs);
                follow(blocks.get(3), old, primary);
                server(old).start();
                follow(blocks.get(4), old, primary);
                startDaemon(old);
                commitOnTwo(server(old));
                awaitFollowers(primary);
                archivingGoesOn(primary);
            }
            rows.awaitMore(this::logs);
            rows.stop();
            archivingGoesOn(primary);
            assertThat(operator(primary).must("tidemark wal-verify")).doesNotContain("missing");

            Path restored = site.resolve("restored");
            operator(primary).must("tidemark recover --to " + restored);
            try (PostgresServer copy =
                    PostgresServer.of(VERSION_15).from(restored).start()) {
                copy.awaitRecoveryEnd(LIMIT);
                rows.verify(rows(copy));
            }
        }
    }

    private PostgresServer server(String name) {
        return Objects.requireNonNull(servers.get(name));
    }

    private Path configuration(String name) {
        return site.resolve(name + ".conf");
    }

    private Operator operator(String name) {
        return new Operator(site, site.resolve(name + ".toml"));
    }

    private PostgresServerBuilder builder(String name) {
        return PostgresServer.of(VERSION_15)
                .archiving(Operator.launcher() + " wal-push %p --cluster main")
                .environment("TIDEMARK_CONFIG", operator(name).configuration().toString())
                .setting("archive_timeout", "60s")
                .setting("fsync", "on")
                .setting("shared_preload_libraries", "repmgr");
    }

    private void create(String name, PostgresServerBuilder builder) throws IOException {
        PostgresServer server = builder.create();
        servers.put(name, server);
        configureTidemark(name, server.socketConninfo(), server.dataDirectory());
        writeConfiguration(name);
        server.start();
    }

    private void configureTidemark(String name, String conninfo, Path dataDirectory) throws IOException {
        ExampleFile.write(
                operator(name).configuration(),
                "[host]\nspool = '" + site.resolve("spool-" + name) + "'\n[repository.local]\nurl = '"
                        + site.resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '" + conninfo
                        + "'\ndata-directory = '" + dataDirectory + "'\n");
    }

    private void writeConfiguration(String name) throws IOException {
        Map<String, String> here = Map.of(
                "node_id=1",
                "node_id=" + name.substring(2),
                "node_name='db1'",
                "node_name='" + name + "'",
                "host=db1",
                "host=127.0.0.1 port=" + server(name).port(),
                "/var/lib/postgresql/15/main",
                server(name).dataDirectory().toString(),
                "/etc/repmgr.conf",
                configuration(name).toString(),
                // A minute until a failover is for a network.
                "reconnect_attempts=6",
                "reconnect_attempts=2",
                "reconnect_interval=10",
                "reconnect_interval=1");
        ExampleFile.write(configuration(name), ExampleFile.text("repmgr/repmgr.conf", here));
    }

    private void follow(String block, String name, String primary) throws Exception {
        run(block, name, primary, server(name).dataDirectory());
    }

    /** Runs a block for a server, which may be another one than on the page, and its primary. */
    private void run(String block, String name, String primary, Path directory) throws Exception {
        PostgresServer local = servers.getOrDefault(name, server(primary));
        Map<String, String> here = new TreeMap<>(Map.of(
                "/etc/repmgr.conf", configuration(name).toString(),
                "/var/lib/postgresql/15/main", directory.toString(),
                "application_name=db1", "application_name=" + name,
                "application_name=db2", "application_name=" + name,
                "psql ", "psql -h " + local.socketDirectory() + " -p " + local.port() + " -U postgres "));
        String upstream = "host=127.0.0.1 port=" + server(primary).port();
        here.put("host=db1", upstream);
        here.put("host=db2", upstream);
        operator(name).must(ExampleFile.replaced(block, here));
    }

    private void startDaemon(String name) {
        daemons.put(
                name,
                BackgroundServer.start(
                        operator(name)
                                .command(List.of(
                                        "repmgrd",
                                        "-f",
                                        configuration(name).toString(),
                                        "--daemonize=false",
                                        "--no-pid-file")),
                        site.resolve(name + ".repmgrd.log"),
                        Map.of()));
    }

    /** So that no commit that was acknowledged is lost with its server. */
    private static void commitOnTwo(PostgresServer server) {
        server.sql("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'", "SELECT pg_reload_conf()");
    }

    private CommittedRows rows() {
        String addresses = servers.values().stream()
                .map(each -> "127.0.0.1:" + each.port())
                .collect(Collectors.joining(","));
        return new CommittedRows("jdbc:postgresql://" + addresses
                + "/postgres?user=postgres&targetServerType=primary&hostRecheckSeconds=1&connectTimeout=2"
                + "&loginTimeout=5&socketTimeout=30");
    }

    private static Set<Integer> rows(PostgresServer server) {
        return server.query("SELECT string_agg(n::text, ',') FROM t")
                .transform(all -> Pattern.compile(",").splitAsStream(all))
                .map(Integer::valueOf)
                .collect(Collectors.toSet());
    }

    private void lose(String name) {
        server(name).stopImmediately();
        Objects.requireNonNull(daemons.remove(name)).close();
    }

    private String awaitFailover(String old) throws InterruptedException {
        List<String> others =
                servers.keySet().stream().filter(each -> !each.equals(old)).toList();
        Operator.await(
                "repmgrd promotes a standby of " + old,
                () -> others.stream().anyMatch(each -> !server(each).isInRecovery()),
                this::logs);
        return others.stream()
                .filter(each -> !server(each).isInRecovery())
                .findFirst()
                .orElseThrow();
    }

    private void awaitFollowers(String primary) throws InterruptedException {
        String followers = servers.keySet().stream()
                .filter(each -> !each.equals(primary))
                .map(each -> each + " streaming")
                .collect(Collectors.joining(","));
        Operator.await(
                "the others follow " + primary,
                () -> server(primary)
                        .query("SELECT string_agg(application_name || ' ' || state, ',' ORDER BY application_name)"
                                + " FROM pg_stat_replication")
                        .equals(followers),
                this::logs);
    }

    private void archivingGoesOn(String primary) throws Exception {
        server(primary).archiveCurrentSegment(LIMIT);
        operator(primary).must("tidemark check");
    }

    private String logs() {
        return servers.entrySet().stream()
                        .map(each ->
                                "--- " + each.getKey() + "\n" + each.getValue().log())
                        .collect(Collectors.joining("\n"))
                + daemons.entrySet().stream()
                        .map(each ->
                                "--- " + each.getKey() + "\n" + each.getValue().log())
                        .collect(Collectors.joining("\n"));
    }
}
