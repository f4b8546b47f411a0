// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Who is to know is told when something breaks, and when it is mended, by check and by serve; once. */
class NotifyTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final List<String> beats = new CopyOnWriteArrayList<>();
    private volatile int status = 204;
    private final HttpServer receiver = newReceiver();

    private static HttpServer newReceiver() {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @BeforeEach
    void receive() {
        receiver.createContext("/hook", exchange -> take(exchange, told));
        receiver.createContext("/beat", exchange -> take(exchange, beats));
        receiver.start();
    }

    @AfterEach
    void stop() {
        receiver.stop(0);
    }

    private void take(HttpExchange exchange, List<String> to) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            if (status == 204) {
                to.add(body);
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }

    private String toml(TidemarkHost host, PostgresServer server) {
        String address = "http://127.0.0.1:" + receiver.getAddress().getPort();
        return """
                [repository.near]
                url = '%s'
                [cluster.main]
                conninfo = '%s'
                data-directory = '%s'
                [notify.chat]
                webhook = '%s/hook'
                [notify.alive]
                heartbeat = '%s/beat'
                """.formatted(
                host.directory().resolve("near").toUri(), server.conninfo(), server.dataDirectory(), address, address);
    }

    @Test
    void checkAndServeTellEachChangeOnce() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(
                                PostgresBinaries.oneOfThisRun().getFirst())
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(toml(host, server));
            host.must("init");
            host.must("backup");
            assertThat(host.must("config").data()).doesNotContain("/hook").doesNotContain("/beat");
            assertThat(host.must("notify", "--test", "chat").data())
                    .startsWith("chat")
                    .contains("sent");
            assertThat(told).singleElement().satisfies(each -> assertThat(each).contains("nothing has happened"));
            told.clear();
            host.run("check", "--notify");
            told.clear();

            server.sql("ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()");
            host.run("check", "--notify");
            host.run("check", "--notify");
            assertThat(told).singleElement().satisfies(each -> assertThat(each).contains("WARNING full-page-writes: "));
            assertThat(beats).hasSizeGreaterThanOrEqualTo(3);

            // What check has told, serve knows.
            Running serve = host.start("serve");
            int before = beats.size();
            await().atMost(LIMIT).until(() -> beats.size() > before);
            server.stopFast();
            looksUntil(serve, () -> assertThat(told).as(talk(serve)).hasSizeGreaterThan(1));
            assertThat(told.get(1))
                    .contains("is NOT FULLY PROTECTED")
                    .contains("CRITICAL server: ")
                    .doesNotContain("full-page-writes");
            serve.signal("TERM");
            serve.await();

            status = 500;
            server.start();
            server.sql("ALTER SYSTEM RESET full_page_writes", "SELECT pg_reload_conf()");
            assertThat(host.run("check", "--notify").talk()).contains("'chat' cannot be notified");
            Outcome listed = host.run("notify");
            assertThat(listed.status()).isEqualTo(1);
            assertThat(listed.data()).contains("1 not sent").contains("127.0.0.1 answered with status 500");
            status = 204;
            host.run("check", "--notify");
            assertThat(told.get(2)).contains("OVER: server, CRITICAL").contains("OVER: full-page-writes, WARNING");
            assertThat(host.must("notify").data()).contains("nothing waits");
        }
    }

    /** A signal that arrives during a check is no reason for another one. */
    private static void looksUntil(Running serve, ThrowingRunnable asserted) {
        await().atMost(LIMIT).pollInterval(Duration.ofSeconds(3)).untilAsserted(() -> {
            serve.signal("HUP");
            asserted.run();
        });
    }

    private static String talk(Running serve) {
        try {
            return serve.talk();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
