// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.FreePort;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** What {@code serve} shows in a browser, and what a hostile one can do. */
@InTurn
final class ServedPageTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int HANGING = 400;

    private final int port = FreePort.next();

    private String get(String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .timeout(LIMIT)
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
        }
    }

    /**
     * A cluster of this host, and one that is found in a repository of another. While 400 clients hang, WAL is
     * archived, the cluster is looked at, and others are answered.
     */
    @Test
    void whatHangsDelaysNothing() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            String toml = """
                    [service]
                    listen = '127.0.0.1:%d'
                    [fleet]
                    repositories = ['far']
                    [repository.near]
                    url = '%s'
                    [repository.far]
                    url = '%s'
                    [cluster.CLUSTER]
                    repositories = ['REPOSITORY']
                    conninfo = '%s'
                    data-directory = '%s'
                    """.formatted(
                            port,
                            host.directory().resolve("near").toUri(),
                            host.directory().resolve("far").toUri(),
                            server.conninfo(),
                            server.dataDirectory());
            host.configure(toml.replace("CLUSTER", "elsewhere").replace("REPOSITORY", "far"));
            host.must("init");
            host.configure(toml.replace("CLUSTER", "main").replace("REPOSITORY", "near"));
            host.must("init");
            host.must("backup");
            Running serve = host.start("serve");
            await().atMost(LIMIT)
                    .ignoreExceptions()
                    .until(() -> get("/fleet.json").contains("\"serverAsked\" : true")
                            && get("/fleet.json").contains("\"lastBackupEnded\""));
            assertThat(get("/")).contains("<!DOCTYPE html>", "/cluster/main");
            assertThat(get("/cluster/main")).contains("<!DOCTYPE html>");
            assertThat(get("/cluster/main.json")).contains("\"status\"", "\"check\"");
            await().atMost(LIMIT)
                    .untilAsserted(() -> assertThat(get("/cluster/elsewhere.json"))
                            .contains("\"status\"")
                            .doesNotContain("\"check\""));
            assertThat(get("/fleet.json")).contains("nothing can be restored");
            assertThat(get("/metrics")).contains("tidemark_reading_timestamp_seconds{cluster=\"elsewhere\"}");

            List<Socket> clients = new ArrayList<>();
            try {
                for (int i = 0; i < HANGING; i++) {
                    Socket client = new Socket(InetAddress.getLoopbackAddress(), port);
                    clients.add(client);
                    if (i % 2 == 0) {
                        client.getOutputStream().write("GET / HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.US_ASCII));
                    }
                }
                String before = server.query("SELECT archived_count FROM pg_stat_archiver");
                server.sql("CREATE TABLE t AS SELECT 1 AS i", "SELECT pg_switch_wal()");
                await().atMost(LIMIT)
                        .until(() -> !server.query("SELECT archived_count FROM pg_stat_archiver")
                                .equals(before));
                assertThat(get("/metrics")).contains("tidemark_check_severity{cluster=\"main\"}");
                serve.signal("HUP"); // everything looks again
                assertThat(get("/fleet.json")).contains("\"main\"", "\"elsewhere\"");
            } finally {
                for (Socket client : clients) {
                    client.close();
                }
            }
            serve.signal("TERM");
            serve.await();
        }
    }
}
