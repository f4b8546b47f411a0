// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
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
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.service.Metrics.Form;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.StoredSession;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.session.reading.WalReading;
import org.tidemark.testkit.MovableClock;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

class MetricsTest {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final ClusterName MAIN = new ClusterName("main");

    private final MovableClock clock = new MovableClock(NOW);
    private final Observations observations = new Observations(clock);
    private final Metrics metrics = new Metrics(clock, observations);

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
        Restored restored = new Restored(
                NOW, new BackupId("20261120T080000Z"), "db1", Optional.empty(), Optional.empty(), Optional.empty());
        return new Reading(
                at,
                new ClusterStatus(
                        List.of(new Incarnation(
                                newest.identity(),
                                new Holding(
                                        newest.together().newest(),
                                        newest.together().newestWal(),
                                        newest.together().recoverable(),
                                        new NewestCommit.Found(
                                                new LastCommit(753, NOW.minusSeconds(5), Lsn.parse("0/8000100"))),
                                        newest.together().timelines(),
                                        newest.together().planned()),
                                newest.alone(),
                                newest.backups(),
                                newest.unfinished(),
                                new HeldDrills(List.of(HeldEvidence.proven(
                                        newest.identity().keys(), "1", "20261120T080000Z", NOW.minusSeconds(7)))),
                                Map.of("local", new TreeMap<>(Map.of("db1", 12))),
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
                        ScheduledTask.EXPIRE, NOW.plusSeconds(60)),
                Map.of());
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
        observations.read(MAIN, reading(NOW));
        metrics.ended(MAIN, "backup", Optional.empty(), ExitCode.DONE);
        metrics.ended(MAIN, "expire", Optional.of("local"), ExitCode.STORE_UNAVAILABLE);

        assertThat(lines())
                .contains(
                        "tidemark_reading_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_cluster_recoverable_from_timestamp_seconds{cluster=\"main\"} 1.7951652E9",
                        "tidemark_cluster_recoverable_until_timestamp_seconds{cluster=\"main\"} 1.7951687985E9",
                        "tidemark_cluster_newest_commit_timestamp_seconds{cluster=\"main\"} 1.795168795E9",
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
                        "tidemark_drill_last_proven_timestamp_seconds{cluster=\"main\"} 1.795168793E9",
                        "tidemark_drill_last_number{cluster=\"main\",host=\"db1\",repository=\"local\"} 12.0",
                        "tidemark_queue_objects{cluster=\"main\",repository=\"gone\"} 3.0",
                        "tidemark_queue_bytes{cluster=\"main\",repository=\"gone\"} 4096.0",
                        "tidemark_queue_oldest_timestamp_seconds{cluster=\"main\",repository=\"gone\"} 1.79516874E9",
                        "tidemark_backup_last_success_timestamp_seconds{cluster=\"main\"} 1.7951688E9",
                        "tidemark_expire_last_failure_timestamp_seconds{cluster=\"main\",repository=\"local\"}"
                                + " 1.7951688E9")
                .noneMatch(line -> line.startsWith("tidemark_backup_last_failure"))
                .as("segments without a commit")
                .noneMatch(line -> line.startsWith("tidemark_repository_newest_commit"));
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
                Map.of(),
                Map.of());

        assertThat(reading.queues())
                .containsExactly(
                        new Queue("a", 1, 10, Optional.empty(), 0), new Queue("b", 7, 70, Optional.of(earlier), 3));
    }

    /** One that is found twice is counted, and its numbers are told once. */
    @Test
    void tellsWhatCheckFound() {
        observations.checked(
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

        observations.checked(MAIN, checked(NOW, Finding.ok("server", "it answers")));

        assertThat(lines())
                .contains("tidemark_check_severity{cluster=\"main\"} 0.0")
                .noneMatch(line -> line.startsWith("tidemark_findings"));
    }

    /** What hangs in one look leaves the other. */
    @Test
    void aCheckAndAReadingAreToldApart() {
        Instant old = NOW.minus(Observations.INTERVAL.multipliedBy(2)).minusMillis(1);
        observations.read(MAIN, reading(NOW));
        observations.checked(MAIN, checked(old, Finding.warning("server", "slow", "Look.")));

        assertThat(lines())
                .contains("tidemark_cluster_holes{cluster=\"main\"} 1.0")
                .anyMatch(line -> line.startsWith("tidemark_check_timestamp_seconds"))
                .noneMatch(line -> line.startsWith("tidemark_findings"));

        observations.read(MAIN, reading(old));
        observations.checked(MAIN, checked(NOW, Finding.warning("server", "slow", "Look.")));

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
        for (String task : List.of("backup", "verify", "expire", "drill", "sync")) {
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
        observations.read(
                MAIN, reading(NOW.minus(Observations.INTERVAL.multipliedBy(2)).minusMillis(1)));

        assertThat(lines())
                .singleElement()
                .asString()
                .startsWith("tidemark_reading_timestamp_seconds{cluster=\"main\"}");
        observations.keep(Set.of());
        assertThat(lines()).isEmpty();
    }
}
