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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.archiver.receive.LocalReceiver.Arrival;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ServiceSettings.Address;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.service.Metrics.Form;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.session.reading.WalReading;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

class MetricsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");

    private final MovableClock clock = new MovableClock(NOW);
    private final Metrics metrics = new Metrics(clock);

    @TempDir
    private static Path directory;

    private static @Nullable ClusterStatus stored;

    /**
     * Two repositories: one has a backup, a hole of one segment after it, and another backup; the other has the WAL
     * alone. A third cannot be read.
     */
    @BeforeAll
    static void store() throws IOException {
        try (StoredSession session = new StoredSession(
                directory, new TreeMap<>(Map.of("gone", "", "local", "", "new", "")), NOW.minusSeconds(7_200))) {
            session.in("local").backup(1, 1, 2);
            session.in("local").wal(1, 1, 3);
            session.at(NOW.minusMillis(3_600_000));
            session.in("local").took(Duration.ofSeconds(90));
            session.in("local").backup(1, 6, 7);
            session.in("local").wal(1, 5, 7);
            session.at(NOW.minusMillis(1_500));
            session.in("local").wal(1, 8, 8);
            session.at(NOW);
            session.in("new").wal(1, 8, 8);
            session.remove("gone");
            stored = ClusterStatus.of(session.session(), ClusterReading.of(session.session(), WalReading.WHOLE, NOW));
        }
    }

    private static Reading reading(Instant at) {
        ClusterStatus read = Objects.requireNonNull(stored);
        Incarnation newest = read.incarnations().getFirst();
        BackupCandidate backup =
                newest.together().recoverable().toLatest().orElseThrow().backup();
        Restored restored =
                new Restored(NOW, new BackupId("20261120T080000Z"), "db1", Optional.empty(), Optional.empty());
        return new Reading(
                at,
                new ClusterStatus(
                        List.of(new Incarnation(
                                newest.identity(),
                                newest.together(),
                                newest.alone(),
                                newest.unfinished(),
                                Optional.of(new RestoreForecast(
                                        backup,
                                        Duration.ofMinutes(10),
                                        Optional.of(Duration.ofMinutes(4)),
                                        Optional.empty(),
                                        restored)))),
                        List.of(
                                new Queue("gone", 2, 4_000, Optional.of(NOW), 1),
                                new Queue("gone", 1, 96, Optional.of(NOW.minusSeconds(60)), 0)),
                        read.received(),
                        Optional.of(new LocalReceiver(
                                "a",
                                RunningProcess.self(),
                                false,
                                Optional.of(new Arrival(StoredArchive.segment(1, 9), NOW.minusSeconds(2))))),
                        read.givenUp(),
                        read.service(),
                        read.startedJava(),
                        new RepositoryReadings(
                                new TreeMap<>(Map.of("local", Duration.ofMillis(1_250), "new", Duration.ofSeconds(2))),
                                read.repositories().failures()),
                        read.counted()),
                Optional.of(Duration.ofMinutes(30)),
                Map.of(
                        ScheduledTask.BACKUP, NOW.plusSeconds(60),
                        ScheduledTask.VERIFY, NOW.plusSeconds(60),
                        ScheduledTask.EXPIRE, NOW.plusSeconds(60)));
    }

    private static Checked checked(Instant at, Finding... findings) {
        return new Checked(at, new CheckReport(MAIN, List.of("gone", "local", "new"), List.of(findings), List.of()));
    }

    private List<String> lines() {
        return new String(metrics.text(Form.PROMETHEUS), StandardCharsets.UTF_8)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .toList();
    }

    @Test
    void tellsWhatWasReadAndWhatBecameOfTasks() {
        metrics.read(MAIN, reading(NOW));
        metrics.ended(MAIN, "backup", Optional.empty(), ExitCode.DONE);
        metrics.ended(MAIN, "expire", Optional.of("local"), ExitCode.STORE_UNAVAILABLE);

        assertThat(lines())
                .contains(
                        "tidemark_reading_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_cluster_recoverable_from_timestamp_seconds{cluster=\"main\"} 1.7951652E9",
                        "tidemark_cluster_recoverable_until_timestamp_seconds{cluster=\"main\"} 1.7951687985E9",
                        "tidemark_repository_newest_backup_timestamp_seconds{cluster=\"main\",repository=\"local\"}"
                                + " 1.7951652E9",
                        "tidemark_cluster_holes{cluster=\"main\"} 1.0",
                        "tidemark_repository_holes{cluster=\"main\",repository=\"new\"} 0.0",
                        "tidemark_cluster_newest_backup_data_bytes{cluster=\"main\"} 10.0",
                        "tidemark_cluster_newest_backup_stored_bytes{cluster=\"main\"} 10.0",
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
                        "tidemark_queue_oldest_timestamp_seconds{cluster=\"main\",repository=\"gone\"} 1.79516874E9",
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
        ClusterStatus read = Objects.requireNonNull(stored);

        Reading reading = new Reading(
                NOW,
                new ClusterStatus(
                        read.incarnations(),
                        List.of(
                                new Queue("b", 3, 30, Optional.of(NOW), 1),
                                new Queue("a", 1, 10, Optional.empty(), 0),
                                new Queue("b", 4, 40, Optional.of(earlier), 2)),
                        read.received(),
                        read.receiver(),
                        read.givenUp(),
                        read.service(),
                        read.startedJava(),
                        read.repositories(),
                        read.counted()),
                Optional.empty(),
                Map.of());

        assertThat(reading.queues())
                .containsExactly(
                        new Queue("a", 1, 10, Optional.empty(), 0), new Queue("b", 7, 70, Optional.of(earlier), 3));
    }

    /** One that is found twice is counted, and its numbers are told once. */
    @Test
    void tellsWhatCheckFound() {
        metrics.checked(
                MAIN,
                checked(
                        NOW,
                        Finding.ok("server", "it answers"),
                        Finding.warning("free-space", "little", "Give it more.")
                                .of("local")
                                .with(Measure.FREE, 5_000, Threshold.below(9_000, 3_000)),
                        Finding.critical("holes", "one", "Look.").of("local").with(Measure.SEGMENTS, 1),
                        Finding.critical("holes", "another", "Look.")
                                .of("local")
                                .with(Measure.SEGMENTS, 4),
                        Finding.ok("archiver", "all is archived")
                                .with(Measure.READY, 0)
                                .with(Measure.BYTES, 7)));

        assertThat(lines())
                .containsExactlyInAnyOrder(
                        "tidemark_check_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_check_severity{cluster=\"main\"} 2.0",
                        "tidemark_findings{cluster=\"main\",repository=\"local\",severity=\"warning\",subject=\"free-space\"}"
                                + " 1.0",
                        "tidemark_findings{cluster=\"main\",repository=\"local\",severity=\"critical\",subject=\"holes\"}"
                                + " 2.0",
                        "tidemark_check_free_bytes{cluster=\"main\",repository=\"local\",subject=\"free-space\"} 5000.0",
                        "tidemark_check_segments{cluster=\"main\",repository=\"local\",subject=\"holes\"} 5.0",
                        "tidemark_check_ready{cluster=\"main\",subject=\"archiver\"} 0.0",
                        "tidemark_check_bytes{cluster=\"main\",subject=\"archiver\"} 7.0");

        metrics.checked(MAIN, checked(NOW, Finding.ok("server", "it answers")));

        assertThat(lines())
                .contains("tidemark_check_severity{cluster=\"main\"} 0.0")
                .noneMatch(line -> line.startsWith("tidemark_findings"));
    }

    /** What hangs in one look leaves the other. */
    @Test
    void aCheckAndAReadingAreToldApart() {
        Instant old = NOW.minus(Metrics.INTERVAL.multipliedBy(2)).minusMillis(1);
        metrics.read(MAIN, reading(NOW));
        metrics.checked(MAIN, checked(old, Finding.warning("server", "slow", "Look.")));

        assertThat(lines())
                .contains("tidemark_cluster_holes{cluster=\"main\"} 1.0")
                .anyMatch(line -> line.startsWith("tidemark_check_timestamp_seconds"))
                .noneMatch(line -> line.startsWith("tidemark_findings"));

        metrics.read(MAIN, reading(old));
        metrics.checked(MAIN, checked(NOW, Finding.warning("server", "slow", "Look.")));

        assertThat(lines())
                .contains("tidemark_findings{cluster=\"main\",severity=\"warning\",subject=\"server\"} 1.0")
                .noneMatch(line -> line.startsWith("tidemark_cluster_"));
    }

    /** What is told is on the page, and nothing else is. */
    @Test
    void thePageNamesEachMetric() throws IOException {
        Set<String> onPage = Pattern.compile("`(tidemark_[a-z_]+)`")
                .matcher(Files.readString(Path.of("../docs/watch/metrics.md")))
                .results()
                .map(each -> each.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> told = Stream.of(ClusterMetrics.LOOKS, ClusterMetrics.PRESENT)
                .flatMap(List::stream)
                .map(Metric::name)
                .collect(Collectors.toCollection(TreeSet::new));
        for (String task : List.of("backup", "verify", "expire", "sync")) {
            told.add("tidemark_" + task + "_last_success_timestamp_seconds");
            told.add("tidemark_" + task + "_last_failure_timestamp_seconds");
        }

        assertThat(onPage).isEqualTo(told);
        assertThat(told)
                .as("what Prometheus takes for parts of other kinds of metrics")
                .noneMatch(name -> name.matches(".*_(count|sum|bucket|total|info|created)"));
    }

    /** An old reading is not the present state; when it was, is told on. */
    @Test
    void whatWasReadLongAgoVanishes() {
        metrics.read(MAIN, reading(NOW.minus(Metrics.INTERVAL.multipliedBy(2)).minusMillis(1)));

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
        metrics.read(MAIN, reading(NOW));
        Address address = freeAddress();
        try (MetricsEndpoint _ = new MetricsEndpoint(address, metrics)) {
            assertThat(ask(address, request("GET /metrics", address, "")))
                    .startsWith("HTTP/1.1 200")
                    .containsIgnoringCase("content-type: text/plain; version=0.0.4")
                    .contains("tidemark_cluster_holes{cluster=\"main\"} 1.0");
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
        metrics.read(MAIN, reading(NOW));
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
