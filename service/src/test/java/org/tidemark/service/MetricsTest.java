// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.service.MeasuredCluster.Held;
import org.tidemark.service.MeasuredCluster.NewestBackup;
import org.tidemark.service.MeasuredCluster.Receiver;
import org.tidemark.service.Metrics.Form;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.status.ClusterStatus.Queue;

class MetricsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");

    private final MovableClock clock = new MovableClock(NOW);
    private final Metrics metrics = new Metrics(clock);

    private static MeasuredCluster measured(Instant at) {
        Held held = new Held(
                Optional.of(NOW.minusSeconds(3_600)),
                Optional.of(NOW.minusMillis(1_500)),
                Optional.of(new NewestBackup(NOW.minusSeconds(3_600), Duration.ofSeconds(90), 5_000, 700)),
                Optional.of(NOW),
                2);
        return new MeasuredCluster(
                at,
                Optional.of(held),
                Map.of("local", held),
                Map.of("local", Duration.ofMillis(1_250), "new", Duration.ofSeconds(2)),
                Set.of("gone"),
                List.of(new Queue("gone", 3, 4_096, Optional.of(NOW.minusSeconds(60)), 1)),
                Optional.of(new Receiver(true, Optional.of(NOW.minusSeconds(2)))),
                Optional.of(Duration.ofMinutes(14)),
                Optional.of(Duration.ofMinutes(30)),
                Map.of(
                        ScheduledTask.BACKUP, NOW.plusSeconds(60),
                        ScheduledTask.VERIFY, NOW.plusSeconds(60),
                        ScheduledTask.EXPIRE, NOW.plusSeconds(60)));
    }

    private List<String> lines() {
        return new String(metrics.text(Form.PROMETHEUS), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    @Test
    void tellsWhatWasReadAndWhatBecameOfTasks() {
        metrics.read(MAIN, measured(NOW));
        metrics.ended(MAIN, "backup", Optional.empty(), ExitCode.DONE);
        metrics.ended(MAIN, "expire", Optional.of("local"), ExitCode.STORE_UNAVAILABLE);

        assertThat(lines())
                .contains(
                        "tidemark_reading_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_cluster_recoverable_from_timestamp_seconds{cluster=\"main\"} 1.7951652E9",
                        "tidemark_cluster_recoverable_until_timestamp_seconds{cluster=\"main\"} 1.7951687985E9",
                        "tidemark_repository_newest_backup_timestamp_seconds{cluster=\"main\",repository=\"local\"}"
                                + " 1.7951652E9",
                        "tidemark_cluster_holes{cluster=\"main\"} 2.0",
                        "tidemark_cluster_newest_backup_data_bytes{cluster=\"main\"} 5000.0",
                        "tidemark_cluster_newest_backup_stored_bytes{cluster=\"main\"} 700.0",
                        "tidemark_cluster_newest_backup_duration_seconds{cluster=\"main\"} 90.0",
                        "tidemark_receiver_running{cluster=\"main\"} 1.0",
                        "tidemark_receiver_last_received_timestamp_seconds{cluster=\"main\"} 1.795168798E9",
                        "tidemark_backup_paused_until_timestamp_seconds{cluster=\"main\"} 1.79516886E9",
                        "tidemark_repository_readable{cluster=\"main\",repository=\"local\"} 1.0",
                        "tidemark_repository_readable{cluster=\"main\",repository=\"new\"} 1.0",
                        "tidemark_repository_readable{cluster=\"main\",repository=\"gone\"} 0.0",
                        "tidemark_repository_reading_duration_seconds{cluster=\"main\",repository=\"local\"} 1.25",
                        "tidemark_cluster_restore_forecast_seconds{cluster=\"main\"} 840.0",
                        "tidemark_cluster_rto_seconds{cluster=\"main\"} 1800.0",
                        "tidemark_queue_objects{cluster=\"main\",repository=\"gone\"} 3.0",
                        "tidemark_queue_bytes{cluster=\"main\",repository=\"gone\"} 4096.0",
                        "tidemark_backup_last_success_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_expire_last_failure_timestamp_seconds{cluster=\"main\",repository=\"local\"}"
                                + " 1.7951688E9")
                .noneMatch(line -> line.startsWith("tidemark_backup_last_failure"));
        assertThat(new String(metrics.text(Form.OPEN_METRICS), StandardCharsets.UTF_8))
                .endsWith("# EOF\n");
    }

    /** A queue from before initdb or pg_upgrade stays beside the present one; no series may be told twice. */
    @Test
    void theQueuesOfSeveralIncarnationsAreOne() {
        Instant earlier = NOW.minusSeconds(600);

        List<Queue> together = MeasuredCluster.ofRepositories(List.of(
                new Queue("b", 3, 30, Optional.of(NOW), 1),
                new Queue("a", 1, 10, Optional.empty(), 0),
                new Queue("b", 4, 40, Optional.of(earlier), 2)));

        assertThat(together)
                .containsExactly(
                        new Queue("a", 1, 10, Optional.empty(), 0), new Queue("b", 7, 70, Optional.of(earlier), 3));
    }

    @Test
    void eachMetricIsOnThePage() throws IOException {
        metrics.read(MAIN, measured(NOW));
        String page = Files.readString(Path.of("../docs/watch/metrics.md"));
        for (String task : List.of("backup", "verify", "expire")) {
            metrics.ended(MAIN, task, Optional.empty(), ExitCode.DONE);
            metrics.ended(MAIN, task, Optional.empty(), ExitCode.STORE_UNAVAILABLE);
        }

        assertThat(lines()).hasSizeGreaterThan(20).allSatisfy(line -> {
            String name = line.substring(0, line.indexOf('{'));
            assertThat(page).containsAnyOf(name, name.replace("_repository_", "_cluster_"));
        });
    }

    /** An old reading is not the present state; when it was, is told on. */
    @Test
    void whatWasReadLongAgoVanishes() {
        metrics.read(MAIN, measured(NOW.minus(Metrics.INTERVAL.multipliedBy(2)).minusMillis(1)));

        assertThat(lines())
                .singleElement()
                .asString()
                .startsWith("tidemark_reading_timestamp_seconds{cluster=\"main\"}");
        metrics.keep(Set.of());
        assertThat(lines()).isEmpty();
    }

    private static Address freeAddress() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return new Address("127.0.0.1", free.getLocalPort());
        }
    }

    private static String ask(Address address, String request) throws IOException {
        try (Socket socket = new Socket(address.host(), address.port())) {
            socket.setSoTimeout(30_000);
            OutputStream out = socket.getOutputStream();
            out.write(request.getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
            try (InputStream in = socket.getInputStream()) {
                return new String(in.readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }

    private static String request(String line, Address address, String more) {
        return line + " HTTP/1.1\r\nHost: 127.0.0.1:" + address.port() + "\r\nConnection: close\r\n" + more + "\r\n";
    }

    @Test
    void theEndpointAnswersItsOwnHostAlone() throws IOException {
        metrics.read(MAIN, measured(NOW));
        Address address = freeAddress();
        try (MetricsEndpoint _ = new MetricsEndpoint(address, metrics)) {
            assertThat(ask(address, request("GET /metrics", address, "")))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-type: text/plain; version=0.0.4")
                    .contains("tidemark_cluster_holes{cluster=\"main\"} 2.0");
            assertThat(ask(address, request("GET /metrics", address, "Accept: application/openmetrics-text\r\n")))
                    .containsIgnoringCase("content-type: application/openmetrics-text")
                    .endsWith("# EOF\n");
            assertThat(ask(address, request("GET /", address, ""))).startsWith("HTTP/1.1 404");
            assertThat(ask(address, request("GET /metrics/../etc/passwd", address, "")))
                    .startsWith("HTTP/1.1 404");
            assertThat(ask(address, request("DELETE /metrics", address, ""))).startsWith("HTTP/1.1 405");
            assertThat(ask(address, "GET /metrics HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 421")
                    .doesNotContain("tidemark_");
            assertThat(ask(address, "GET /metrics HTTP/1.1\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 421");
            assertThat(ask(address, "\u0000\u0001 nonsense\r\n\r\n")).doesNotContain("tidemark_");

            Address taken = address;
            assertThatThrownBy(() -> new MetricsEndpoint(taken, metrics))
                    .isInstanceOf(UserFacingException.class)
                    .hasMessageContaining("cannot listen on 127.0.0.1:" + address.port());
        }
    }

    /** Those who say nothing, or never end, keep nobody else from an answer. */
    @Test
    void clientsThatHangKeepNobodyFromAnAnswer() throws IOException {
        metrics.read(MAIN, measured(NOW));
        Address address = freeAddress();
        List<Socket> silent = new ArrayList<>();
        try (MetricsEndpoint _ = new MetricsEndpoint(address, metrics)) {
            for (int i = 0; i < 8; i++) {
                Socket socket = new Socket(address.host(), address.port());
                silent.add(socket);
                if (i % 2 == 0) {
                    socket.getOutputStream()
                            .write("GET /metrics HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.US_ASCII));
                }
            }

            assertThat(ask(address, request("GET /metrics", address, ""))).startsWith("HTTP/1.1 200");
        } finally {
            for (Socket each : silent) {
                each.close();
            }
        }
    }
}
