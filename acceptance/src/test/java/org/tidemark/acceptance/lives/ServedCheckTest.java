// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.S3Mock;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code check} and {@code serve} on one host tell one story. */
@InTurn
final class ServedCheckTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final String SEVERITY = "tidemark_check_severity{cluster=\"main\"}";
    private static final Pattern LABEL = Pattern.compile("([a-z]+)=\"([^\"]*)\"");

    private static PostgresServer server(TidemarkHost host) {
        return PostgresServer.of(PostgresBinaries.newestEmbedded())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
    }

    private static String toml(TidemarkHost host, PostgresServer server) {
        return """
                [repository.near]
                url = '%s'
                [cluster.main]
                repositories = ['near']
                conninfo = '%s'
                data-directory = '%s'
                """.formatted(host.directory().resolve("near").toUri(), server.conninfo(), server.dataDirectory());
    }

    /** What check says to an operator, monitoring is told, while it is so and no longer. */
    @Test
    void whatCheckFindsMetricsTell() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(host)) {
            int port = FreePort.next();
            host.configure(toml(host, server) + "[service]\nmetrics-listen = '127.0.0.1:" + port + "'\n");
            host.must("init");
            host.must("backup");
            server.sql("ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()");
            Running serve = host.start("serve");
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> ToldMetrics.scraped(port).containsKey(SEVERITY));

            assertThat(found(port))
                    .as(host.run("check").data())
                    .isEqualTo(checked(host))
                    .containsKey("warning full-page-writes ");
            assertThat(ToldMetrics.scraped(port))
                    .containsEntry(SEVERITY, 1.0)
                    .containsEntry("tidemark_check_ready{cluster=\"main\",subject=\"archiver\"}", 0.0)
                    .containsKeys(
                            "tidemark_check_free_bytes{cluster=\"main\",repository=\"near\",subject=\"free-space\"}",
                            "tidemark_check_free_bytes{cluster=\"main\",subject=\"pg-wal\"}");

            server.stopFast();
            serve.signal("HUP");
            await().atMost(LIMIT)
                    .until(() -> ToldMetrics.scraped(port).containsValue(2.0)
                            && found(port).containsKey("critical server "));
            assertThat(found(port)).isEqualTo(checked(host));

            server.start();
            server.sql("ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()");
            serve.signal("HUP");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(ToldMetrics.scraped(port)).containsEntry(SEVERITY, 1.0));
            assertThat(found(port)).isEqualTo(checked(host)).doesNotContainKey("warning full-page-writes ");
        }
    }

    /** How many findings there are, by severity, subject and repository. */
    private static Map<String, Double> found(int port) throws Exception {
        Map<String, Double> found = new TreeMap<>();
        ToldMetrics.scraped(port).forEach((metric, value) -> {
            if (metric.startsWith("tidemark_findings{")) {
                Map<String, String> labels = new HashMap<>();
                LABEL.matcher(metric).results().forEach(each -> labels.put(each.group(1), each.group(2)));
                found.put(
                        labels.get("severity") + " " + labels.get("subject") + " "
                                + labels.getOrDefault("repository", ""),
                        value);
            }
        });
        return found;
    }

    /** The same, as check prints it. */
    private static Map<String, Double> checked(TidemarkHost host) throws Exception {
        Map<String, Double> found = new TreeMap<>();
        for (JsonNode each : new JsonMapper()
                .readTree(host.run("check", "--output", "json").data())
                .get("findings")) {
            String severity = each.get("severity").stringValue().toLowerCase(Locale.ROOT);
            if (!severity.equals("ok")) {
                found.merge(
                        severity + " " + each.get("subject").stringValue() + " "
                                + each.path("repository").asString(""),
                        1.0,
                        Double::sum);
            }
        }
        return found;
    }

    /**
     * A store that is slow for a while pages nobody who has serve; one that answers with an error does, and so does one
     * that serve has not read either.
     */
    @Test
    void aSlowRepositoryIsAsServeFoundIt() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                FaultProxy proxy = FaultProxy.to(S3Mock.shared().port());
                PostgresServer server = server(host)) {
            Path secret = Files.writeString(host.directory().resolve("secret"), "secret");
            OperatingUser.current().own(secret);
            int port = FreePort.next();
            String toml = toml(host, server).replace("['near']", "['near', 'far']")
                    + """
                    [repository.far]
                    url = 's3://%s/far'
                    endpoint = 'http://127.0.0.1:%d'
                    region = 'us-east-1'
                    access-key-id = 'key'
                    secret-access-key-file = '%s'
                    [service]
                    metrics-listen = '127.0.0.1:%d'
                    """.formatted(S3Mock.shared().newBucket(), proxy.port(), secret, port);
            host.configure(toml);
            host.must("init");
            host.must("backup");
            Running serve = host.start("serve");
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> ToldMetrics.scraped(port).containsKey(SEVERITY));

            proxy.set(NetworkFault.delay(Duration.ofMinutes(1)));
            proxy.cutAll();
            Outcome slow = host.run("check", "--timeout", "6s", "-v");
            assertThat(slow.data())
                    .doesNotContain("CRITICAL")
                    .containsPattern("WARNING +repository +'far' did not answer within 6s; 'tidemark serve' read it")
                    .containsPattern("OK +backup +.*'far'");
            assertThat(host.run("check", "--timeout", "6s", "--now").data())
                    .containsPattern("CRITICAL +repository +'far': no answer within 6s");

            host.configure(toml.replace("[cluster.main]", "[cluster.main]\ncheck.wal-age = '16m'"));
            assertThat(host.run("check", "--timeout", "6s").data())
                    .as("with other settings")
                    .containsPattern("CRITICAL +repository +'far': no answer within 6s");

            host.configure(toml);
            proxy.set(NetworkFault.httpStatus(403));
            proxy.cutAll();
            assertThat(host.run("check", "--timeout", "20s").data())
                    .as("an error is an answer")
                    .containsPattern("CRITICAL +repository +'far'");
            serve.signal("TERM");
            serve.await();
        }
    }
}
