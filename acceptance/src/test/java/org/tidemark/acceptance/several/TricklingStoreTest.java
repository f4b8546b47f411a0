// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;

/** The first repository answers with a byte every few seconds; the second one has all that is asked for. */
@Order(1) // among the longest
@InTurn
final class TricklingStoreTest {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private final TidemarkHost host = new TidemarkHost();
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        server.setExecutor(threads);
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, 1_000_000);
            try (OutputStream body = exchange.getResponseBody()) {
                while (!Thread.currentThread().isInterrupted()) {
                    body.write('<');
                    body.flush();
                    Thread.sleep(Duration.ofSeconds(4));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        server.start();
        Path secret = Files.writeString(host.directory().resolve("secret"), "something\n");
        host.configure("""
            [repository.trickling]
            url = 's3://backups/production'
            endpoint = 'http://127.0.0.1:%d'
            access-key-id = 'tester'
            secret-access-key-file = '%s'
            [repository.local]
            url = 'file://%s/repository'
            [cluster.main]
            repositories = ['trickling', 'local']
            """.formatted(server.getAddress().getPort(), secret, host.directory()));
    }

    @AfterEach
    void close() {
        threads.shutdownNow();
        server.stop(0);
        host.close();
    }

    @Test
    void itIsLeftOutAndTheCommandSaysForWhomItWaits() {
        long begun = System.nanoTime();
        Outcome listed = host.run("list-backup");

        assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(LIMIT);
        assertThat(listed.talk()).contains("waiting for an answer of s3://backups/production", "it comes too slowly: ");
    }
}
