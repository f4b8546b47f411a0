// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.catalog.Reserve;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.SmallDisk;

/**
 * The first repository of a cluster is on a disk that is full, or read-only: what is scheduled is done in the second
 * one, and metrics, log and audit are told.
 */
@InTurn
final class FullFirstRepositoryTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String EACH_SECOND = "* * * * * ?";

    /** Half a day ago, so that no other time comes while a test runs. */
    private static String daily() {
        return "0 " + OffsetDateTime.now(ZoneOffset.UTC).minusHours(12).getHour() + " * * *";
    }

    private static PostgresServer server(TidemarkHost host) {
        return PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
    }

    private static String toml(Path disk, Path offsite, PostgresServer server, String backup, String others) {
        return """
                wal-wait = '15s'
                push-timeout = '20s'
                [repository.local]
                url = '%s'
                retention = 'REDUNDANCY 2'
                [repository.offsite]
                url = '%s'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                acknowledge = 1
                repositories = ['local', 'offsite']
                [cluster.main.schedule]
                backup = '%s'
                verify = '%s'
                expire = '%s'
                """.formatted(
                        disk.resolve("repository").toUri(),
                        offsite.toUri(),
                        server.conninfo(),
                        server.dataDirectory(),
                        backup,
                        others,
                        others);
    }

    /** A backup that ended in the second in which the next one is due stands for it. */
    private static void awaitNextSecond() {
        long second = Instant.now().getEpochSecond();
        await().until(() -> Instant.now().getEpochSecond() > second);
    }

    private static List<Path> files(Path repository, String part) throws IOException {
        try (Stream<Path> files = Files.walk(repository)) {
            return files.filter(each -> each.toString().contains(part)).sorted().toList();
        }
    }

    private static List<Path> backups(Path repository) throws IOException {
        return files(repository, "/backup.json");
    }

    @Test
    void whatIsScheduledIsDoneInTheOtherRepositoryAndToldToAudit() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            Path directory = host.directory().resolve("disk");
            Path offsite = host.directory().resolve("offsite");
            try (SmallDisk disk = SmallDisk.mount(directory, "size=32m")) {
                host.configure(toml(directory, offsite, server, daily(), "never"));
                host.must("init");
                host.must("cron");
                Path local = directory.resolve("repository");
                assertThat(backups(local)).hasSize(1);
                assertThat(files(offsite, "-ended.json"))
                        .as("the run is recorded in both")
                        .hasSize(1);
                disk.fill();
                host.configure(toml(directory, offsite, server, EACH_SECOND, EACH_SECOND));

                awaitNextSecond();
                Outcome full = host.run("cron");

                assertThat(full.status()).as(full.talk()).isEqualTo(ExitCode.STORE_FULL.status());
                assertThat(full.talk())
                        .contains(
                                "is complete in 'offsite'",
                                "no backup in 'local'",
                                "ERROR: cluster 'main': verify in 'local'",
                                "ERROR: cluster 'main': expire in 'local'")
                        .doesNotContain("ERROR: cluster 'main': backup", "waiting for");
                assertThat(backups(offsite)).hasSize(2);
                assertThat(backups(local)).hasSize(1);
                assertThat(host.must("audit").data())
                        .containsPattern("offsite +\\S+ +task done +backup of .*exit status 14")
                        .containsPattern("offsite +\\S+ +task failed +expire of .* in 'local': .*No space left")
                        .containsPattern("offsite +\\S+ +task failed +verify of .* in 'local': .*No space left");

                disk.makeRoom();
                disk.makeReadOnly();
                host.configure(toml(directory, offsite, server, EACH_SECOND, "never"));

                awaitNextSecond();
                Outcome readOnly = host.run("cron");

                assertThat(readOnly.talk()).contains("is complete in 'offsite'").doesNotContain("waiting for");
                assertThat(readOnly.status()).isNotZero();
                assertThat(backups(offsite)).hasSize(3);

                disk.makeWritable();
                host.must("sync");
                host.must("verify", "--all");
                assertThat(backups(local)).hasSize(3);
            }
        }
    }

    /** Each finds out for itself that the first one is full. */
    @Test
    void twoHostsTakeOneBackupInTheOtherRepository() throws Exception {
        try (TidemarkHost one = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = server(one)) {
            Path directory = one.directory().resolve("disk");
            Path offsite = one.directory().resolve("offsite");
            try (SmallDisk disk = SmallDisk.mount(directory, "size=32m")) {
                String toml = toml(directory, offsite, server, daily(), "never");
                one.configure(toml);
                other.configure(toml);
                one.must("init");
                disk.fill();

                Running first = one.start("cron");
                Running second = other.start("cron");
                List<Outcome> both = List.of(first.await(), second.await());

                assertThat(both)
                        .filteredOn(each -> each.talk().contains("is complete in 'offsite'"))
                        .as(both.toString())
                        .hasSize(1);
                assertThat(backups(offsite)).hasSize(1);
                assertThat(one.run("cron").talk() + other.run("cron").talk()).doesNotContain("backup");
                assertThat(backups(offsite)).hasSize(1);
            }
        }
    }

    /** The reserve that an earlier expiry has left there is room for the claim and for what is noted of each backup. */
    @ParameterizedTest
    @ValueSource(strings = {"blocks", "inodes"})
    void twoHostsExpireOnceInAFullDirectory(String lacking) throws Exception {
        try (TidemarkHost one = new TidemarkHost();
                TidemarkHost other = new TidemarkHost();
                PostgresServer server = server(one)) {
            Path directory = one.directory().resolve("disk");
            Path offsite = one.directory().resolve("offsite");
            Path local = directory.resolve("repository");
            try (SmallDisk disk = SmallDisk.mount(directory, "size=32m,nr_inodes=2000")) {
                one.configure(toml(directory, offsite, server, EACH_SECOND, EACH_SECOND));
                one.must("init");
                one.must("cron");
                one.configure(toml(directory, offsite, server, EACH_SECOND, "never"));
                for (int backup = 0; backup < 3; backup++) {
                    awaitNextSecond();
                    one.must("cron");
                }
                assertThat(backups(local)).hasSize(4);
                if (lacking.equals("inodes")) {
                    disk.takeInodes();
                } else {
                    disk.fill();
                }
                for (TidemarkHost each : List.of(one, other)) {
                    each.configure(toml(directory, offsite, server, "never", "never")
                            .replace("expire = 'never'", "expire = '" + daily() + "'"));
                }

                Running first = one.start("cron");
                Running second = other.start("cron");
                List<Outcome> both = List.of(first.await(), second.await());

                assertThat(both)
                        .filteredOn(each -> each.talk().contains("'local': deleted 1 backup"))
                        .as("two stay by the policy, and the last one that was verified: " + both)
                        .hasSize(1);
                assertThat(both.toString()).doesNotContain("expire in 'local'");
                assertThat(backups(local)).hasSize(3);
                assertThat(files(local, "/dead/2")).as("it is noted").hasSize(1);
                one.must("sync");
                one.must("verify", "--all", "--repository", "local");
                assertThat(files(local, "/check/"))
                        .as("the reserve is there again")
                        .hasSize(Reserve.KEYS.size());
            }
        }
    }

    /** It could not be stored again. */
    @Test
    void theReserveStaysWhileNothingIsToBeDeleted() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            Path directory = host.directory().resolve("disk");
            Path offsite = host.directory().resolve("offsite");
            Path local = directory.resolve("repository");
            try (SmallDisk disk = SmallDisk.mount(directory, "size=32m")) {
                host.configure(toml(directory, offsite, server, EACH_SECOND, EACH_SECOND));
                host.must("init");
                host.must("cron");
                assertThat(files(local, "/check/")).hasSize(Reserve.KEYS.size());
                disk.fill();
                host.configure(toml(directory, offsite, server, "never", "never")
                        .replace("expire = 'never'", "expire = '" + EACH_SECOND + "'"));
                awaitNextSecond();

                Outcome full = host.run("cron");

                assertThat(full.status()).as(full.talk()).isEqualTo(ExitCode.STORE_FULL.status());
                assertThat(files(local, "/check/")).hasSize(Reserve.KEYS.size());
            }
        }
    }

    @Test
    void serveTakesBackupsInTheOtherRepositoryAndItsMetricsTellWhatFails() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            String address = "127.0.0.1:" + FreePort.next();
            Path directory = host.directory().resolve("disk");
            Path offsite = host.directory().resolve("offsite");
            try (SmallDisk disk = SmallDisk.mount(directory, "size=32m")) {
                host.configure(toml(directory, offsite, server, daily(), daily()) + "[service]\nmetrics-listen = '"
                        + address + "'\n");
                host.must("init");
                disk.fill();

                Running serve = host.start("serve");

                await().atMost(LIMIT).until(() -> serve.talk().contains("is complete in 'offsite'"));
                await().atMost(LIMIT)
                        .ignoreExceptions()
                        .untilAsserted(
                                () -> assertThat(metrics(address))
                                        .contains(
                                                "tidemark_backup_last_failure_timestamp_seconds{cluster=\"main\"}",
                                                "tidemark_verify_last_failure_timestamp_seconds{cluster=\"main\",repository=\"local\"}",
                                                "tidemark_expire_last_failure_timestamp_seconds{cluster=\"main\",repository=\"local\"}"));
                serve.signal("TERM");
                serve.await();
            }
        }
    }

    private static String metrics(String address) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("http://" + address + "/metrics"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            return answer.body();
        }
    }
}
