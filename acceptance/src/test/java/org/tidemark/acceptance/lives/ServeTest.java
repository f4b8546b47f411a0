// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** {@code serve} beside a real PostgreSQL. */
@Order(1) // among the longest
@InTurn
final class ServeTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String COMPLETE = "is complete in 'near'";
    private static final String OFTEN = "*/4 * * * * ?";

    private static PostgresServer server(TidemarkHost host) {
        return PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
    }

    /** Half a day ago, so that no other time comes while a test runs. */
    private static String daily() {
        return "0 " + OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour() + " * * *";
    }

    private static String toml(Path repositories, PostgresServer server, String backup, String expire) {
        return """
                [repository.near]
                url = '%s'
                retention = 'REDUNDANCY 2'
                [cluster.main]
                repositories = ['near']
                conninfo = '%s'
                data-directory = '%s'
                [cluster.main.schedule]
                backup = '%s'
                verify = 'never'
                expire = '%s'
                """.formatted(
                repositories.resolve("near").toUri(), server.conninfo(), server.dataDirectory(), backup, expire);
    }

    private static long completed(Running serve) throws IOException {
        return serve.talk().lines().filter(line -> line.contains(COMPLETE)).count();
    }

    private static void awaitBackups(Running serve, long more) throws IOException {
        long before = completed(serve);
        await().atMost(LIMIT).until(() -> completed(serve) >= before + more || !serve.isRunning());
        assertThat(serve.isRunning()).as(serve.talk()).isTrue();
    }

    @Test
    void whatIsDueIsDoneAndAChangedConfigurationIsReadAgain() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            host.configure(toml(host.directory(), server, daily(), "never"));
            host.must("init");

            Running serve = host.start("serve");
            awaitBackups(serve, 1);
            assertThat(serve.talk()).contains("serving main");
            assertThat(host.must("cron").talk()).as("nothing is left to do").isEmpty();
            Outcome second = host.run("serve");
            assertThat(second.status()).as(second.talk()).isEqualTo(ExitCode.USAGE.status());
            assertThat(second.talk()).contains("another 'tidemark serve' runs on this host, process ");
            assertThat(host.must("status").data()).contains("Service: 'tidemark serve' is running, process ");
            assertThat(host.run("check", "-v").data()).containsPattern("OK +service +'tidemark serve' is running");

            host.configure(toml(host.directory(), server, OFTEN, OFTEN));
            awaitBackups(serve, 3);
            assertThat(serve.talk()).contains("the configuration was read again");
            await("the policy is applied")
                    .atMost(LIMIT)
                    .until(() -> serve.talk().contains("by policy REDUNDANCY 2"));

            // The configuration alone does not find this: it is no schedule of Quartz.
            host.configure(toml(host.directory(), server, "*/4 * * * * x", OFTEN));
            await().atMost(LIMIT).until(() -> serve.talk().contains("cannot use the changed configuration"));
            awaitBackups(serve, 2);

            host.configure(toml(host.directory(), server, daily(), "never"));
            serve.signal("TERM");
            Outcome stopped = serve.await();
            assertThat(stopped.status()).as(stopped.talk()).isEqualTo(ExitCode.INTERRUPTED.status());
            assertThat(host.must("status").data()).doesNotContain("Service:");
            assertThat(host.run("check").data()).contains("main · protected");
        }
    }

    /** The service is restarted, or its host: the next backup is not to wait for five minutes. */
    @Test
    void aBackupThatWasStoppedIsBegunAgainAtOnce() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            String plain = toml(host.directory(), server, daily(), "never");
            host.configure("backup-read-limit = '1MiB'\n" + plain);
            host.must("init");
            Running serve = host.start("serve");
            Path work = host.directory().resolve("spool");
            await("its first files were stored")
                    .atMost(LIMIT)
                    .until(() -> serve.talk().contains("a backup begins")
                            || !files(work, "attempts").isEmpty());
            serve.signal("TERM");
            Outcome stopped = serve.await();
            assertThat(stopped.status()).as(stopped.talk()).isEqualTo(ExitCode.INTERRUPTED.status());
            assertThat(files(host.directory().resolve("near"), "run")).anyMatch(each -> each.endsWith("-ended.json"));
            assertThat(host.must("cron", "--dry-run").data())
                    .containsPattern("main +backup .* due since .*, attempt 2");

            host.configure(plain);
            Running again = host.start("serve");
            awaitBackups(again, 1);
            again.signal("TERM");
            again.await();
        }
    }

    private static List<String> files(Path directory, String folder) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.filter(Files::isRegularFile)
                    .map(Path::toString)
                    .filter(each -> each.contains("/" + folder + "/"))
                    .toList();
        }
    }

    @Test
    void aClusterWithASlotIsReceivedAndAProblemIsToldAndTriedAgain() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .start()) {
            String schedule = "[cluster.main.schedule]";
            String received = toml(host.directory(), server, "never", "never")
                    .replace(schedule, "receive-slot = 'tidemark'\n" + schedule);
            host.configure(received);
            assertThat(host.must("init").talk())
                    .containsPattern("next: .*wal-receive .*--create-slot --if-not-exists --slot tidemark");

            Running serve = host.start("serve");
            await().atMost(Duration.ofSeconds(20))
                    .untilAsserted(() -> assertThat(serve.talk()).contains("--create-slot"));
            assertThat(serve.talk()).contains("ERROR: cluster 'main': ");
            await("it is not said to run while it is refused")
                    .atMost(LIMIT)
                    .until(() -> host.must("status").data().contains("no wal-receive runs on this host"));
            assertThat(host.run("check").data())
                    .contains("although receive-slot is 'tidemark'", "the server has no slot 'tidemark'");
            host.must("wal-receive", "--slot", "tidemark", "--create-slot");
            assertThat(host.run("check").data()).doesNotContain("the server has no slot");
            await().atMost(LIMIT).until(() -> serve.talk().contains("cluster 'main': receiving WAL from"));
            server.sql("CREATE TABLE t AS SELECT generate_series(1, 1000) i", "SELECT pg_switch_wal()");
            await("the segment is archived")
                    .atMost(LIMIT)
                    .untilAsserted(() -> assertThat(host.run("wal-list").data() + serve.talk())
                            .contains("0000000100000000"));

            host.configure(received.replace("REDUNDANCY 2", "REDUNDANCY 3"));
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(serve.talk())
                            .containsPattern("(?s)receiving WAL from.*read again.*receiving WAL from"));
            serve.signal("TERM");
            assertThat(serve.await().status()).isEqualTo(ExitCode.INTERRUPTED.status());
        }
    }

    /** What monitoring is told is what a restore gives. */
    @Test
    void theMomentsThatMetricsTellCanBeRestored() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            int port = FreePort.next();
            Path file = host.directory().resolve("tidemark.prom");
            // What an earlier process left has the rights that its umask gave it.
            Path left = Files.createFile(host.directory().resolve(".tidemark.prom.new"));
            Files.setPosixFilePermissions(left, PosixFilePermissions.fromString("rw-------"));
            OperatingUser.current().own(left);
            host.configure(toml(host.directory(), server, daily(), "never") + "[service]\nmetrics-listen = '127.0.0.1:"
                    + port + "'\nmetrics-file = '" + file + "'\n");
            host.must("init");
            Running serve = host.start("serve");
            awaitBackups(serve, 1);
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> ToldMetrics.scraped(port).containsKey(ToldMetrics.FROM));

            double from = Objects.requireNonNull(ToldMetrics.scraped(port).get(ToldMetrics.FROM));
            server.sql("CREATE TABLE later AS SELECT 1");
            server.archiveCurrentSegment(LIMIT);
            Instant moment = Instant.ofEpochMilli(Math.round(from * 1_000));
            host.must(
                    "recover",
                    "--to",
                    host.directory().resolve("restored").toString(),
                    "--target-time",
                    moment.toString(),
                    "--target-action",
                    "promote");
            try (PostgresServer restored = PostgresServer.of(PostgresBinaries.newestEmbedded())
                    .from(host.directory().resolve("restored"))
                    .start()) {
                assertThat(restored.query("SELECT count(*) FROM pg_class WHERE relname = 'later'"))
                        .isEqualTo("0");
            }
            assertThat(ToldMetrics.scraped(port))
                    .containsEntry("tidemark_repository_readable{cluster=\"main\",repository=\"near\"}", 1.0);
            await("the file as well")
                    .atMost(LIMIT)
                    .until(() -> Files.readString(file).contains(ToldMetrics.FROM));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                    .as("the node exporter is another user")
                    .isEqualTo("rw-r--r--");

            serve.signal("TERM");
            serve.await();
            assertThat(file).as("of a process that has ended").doesNotExist();
        }
    }

    /** It answers nothing, and so does not end for a long time. */
    @Test
    void aRepositoryThatHangsDelaysOnlyTheClusterThatUsesIt() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                ServerSocket silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
                PostgresServer server = server(host)) {
            host.configure(toml(host.directory(), server, daily(), "never"));
            host.must("init");
            Path secret = Files.writeString(host.directory().resolve("secret"), "secret");
            OperatingUser.current().own(secret);
            host.configure("""
                    %s
                    [repository.silent]
                    url = 's3://bucket/silent'
                    endpoint = 'http://127.0.0.1:%d'
                    access-key-id = 'key'
                    secret-access-key-file = '%s'
                    [cluster.other]
                    repositories = ['silent']
                    conninfo = 'host=127.0.0.1 port=1'
                    [cluster.other.schedule]
                    backup = '%s'
                    """.formatted(
                            toml(host.directory(), server, OFTEN, "never"), silent.getLocalPort(), secret, OFTEN));

            Running serve = host.start("serve");
            awaitBackups(serve, 4);

            assertThat(serve.talk()).contains("serving main, other");
            serve.signal("TERM");
            serve.await();
        }
    }

    /** Each time of the schedule is done once, whichever process is killed or stopped for a while. */
    @Test
    void twoHostsThatAreKilledDoEachTaskOnce() throws Exception {
        Random random = Rounds.random();
        try (TidemarkHost one = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = server(one)) {
            for (TidemarkHost each : List.of(one, other)) {
                each.configure(toml(one.directory(), server, OFTEN, OFTEN));
            }
            one.must("init");
            Map<TidemarkHost, Running> running = new HashMap<>();
            Path near = one.directory().resolve("near");
            // On a machine that is busy, a process may be killed before it has taken a backup.
            for (int round = 0;
                    round < Rounds.of(3, 100)
                            || (round < 20 && doneAttempts(near).size() <= 2);
                    round++) {
                for (TidemarkHost each : List.of(one, other)) {
                    if (!running.containsKey(each)) {
                        running.put(each, each.start("serve"));
                    }
                }
                Thread.sleep(random.nextInt(4_000, 9_000));
                TidemarkHost chosen = random.nextBoolean() ? one : other;
                if (random.nextBoolean()) {
                    Objects.requireNonNull(running.remove(chosen)).kill();
                } else {
                    Running stopped = Objects.requireNonNull(running.get(chosen));
                    stopped.signal("STOP");
                    Thread.sleep(random.nextInt(6_000));
                    stopped.signal("CONT");
                }
            }
            for (Running each : running.values()) {
                each.signal("TERM");
                each.await();
            }

            Map<Path, Long> done = doneAttempts(near);
            assertThat(done).as("times of the schedule").hasSizeGreaterThan(2);
            assertThat(done.values()).containsOnly(1L);
            one.must("verify");
            assertThat(one.must("list-backup").data()).contains("complete");
        }
    }

    /** How many attempts at each run of a backup ended well. */
    private static Map<Path, Long> doneAttempts(Path repository) throws IOException {
        Map<Path, Long> done = new HashMap<>();
        try (Stream<Path> files = Files.walk(repository)) {
            for (Path each : files.filter(file -> file.toString().contains("/run/backup/")
                            && file.toString().endsWith("-ended.json"))
                    .toList()) {
                if (Files.readString(each).replace(" ", "").contains("\"outcome\":\"done\"")) {
                    done.merge(each.resolveSibling("."), 1L, Long::sum);
                }
            }
        }
        return done;
    }
}
