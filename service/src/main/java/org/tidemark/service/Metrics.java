// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import io.prometheus.metrics.model.snapshots.Unit;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.service.MeasuredCluster.Held;
import org.tidemark.service.MeasuredCluster.NewestBackup;
import org.tidemark.watch.status.ClusterStatus.Queue;

/**
 * What monitoring is told: gauges, with times in seconds since 1970 in place of ages. What was read of a cluster
 * vanishes when it is older than two readings: an old state is not the present one. Nothing is read to answer.
 * Thread-safe.
 */
final class Metrics {
    /** Between two readings of a cluster. */
    static final Duration INTERVAL = Duration.ofMinutes(5);

    private static final String CLUSTER = "cluster";
    private static final String REPOSITORY = "repository";

    private final Clock clock;
    private final Map<ClusterName, MeasuredCluster> clusters = new ConcurrentHashMap<>();
    private final Map<Run, Ends> runs = new ConcurrentHashMap<>();

    /** A task, in one repository or, if it is empty, in all of them. */
    private record Run(ClusterName cluster, String task, String repository) {}

    private record Ends(Optional<Instant> success, Optional<Instant> failure) {
        Ends with(Instant at, boolean isDone) {
            return isDone ? new Ends(Optional.of(at), failure) : new Ends(success, Optional.of(at));
        }
    }

    /** The text that is sent. */
    enum Form {
        PROMETHEUS(PrometheusTextFormatWriter.builder().build()),
        OPEN_METRICS(OpenMetricsTextFormatWriter.builder().build());

        @SuppressWarnings("ImmutableEnumChecker")
        private final ExpositionFormatWriter writer;

        Form(ExpositionFormatWriter writer) {
            this.writer = writer;
        }

        String contentType() {
            return writer.getContentType();
        }

        /** The one that a client prefers, by the header Accept. */
        static Form of(String accept) {
            return accept.contains("application/openmetrics-text") ? OPEN_METRICS : PROMETHEUS;
        }
    }

    Metrics(Clock clock) {
        this.clock = clock;
    }

    /** A cluster was read. */
    void read(ClusterName cluster, MeasuredCluster measured) {
        clusters.put(cluster, measured);
    }

    /** A task has ended. */
    void ended(ClusterName cluster, String task, Optional<String> repository, ExitCode status) {
        runs.compute(
                new Run(cluster, task, repository.orElse("")),
                (run, before) -> (before == null ? new Ends(Optional.empty(), Optional.empty()) : before)
                        .with(clock.instant(), status == ExitCode.DONE));
    }

    /** Forgets the clusters that are served no more. */
    void keep(Collection<ClusterName> served) {
        clusters.keySet().retainAll(served);
        runs.keySet().removeIf(run -> !served.contains(run.cluster()));
    }

    /** All of it as text. */
    byte[] text(Form form) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            form.writer.write(text, snapshots());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toByteArray();
    }

    private MetricSnapshots snapshots() {
        Map<ClusterName, MeasuredCluster> present = new TreeMap<>(Comparator.comparing(ClusterName::value));
        Instant oldest = clock.instant().minus(INTERVAL.multipliedBy(2));
        clusters.forEach((name, measured) -> {
            if (measured.at().isAfter(oldest)) {
                present.put(name, measured);
            }
        });
        MetricSnapshots.Builder all = MetricSnapshots.builder();
        GaugeSnapshot.Builder reading = gauge("reading_timestamp", "When the repositories of the cluster were read");
        clusters.forEach((name, measured) -> add(reading, labels(name), Optional.of(measured.at())));
        add(all, reading);
        times(
                all,
                present,
                "recoverable_from",
                "The first moment that can be restored, from which on every later one can",
                Held::from);
        times(all, present, "recoverable_until", "When the newest WAL was stored that a recovery reaches", Held::until);
        times(
                all,
                present,
                "newest_backup",
                "When the newest complete backup ended",
                held -> held.backup().map(NewestBackup::ended));
        newestBackups(all, present);
        times(all, present, "newest_wal", "When the newest archived WAL was stored", Held::wal);
        counts(all, present);
        forecasts(all, present);
        queues(all, present);
        receivers(all, present);
        pauses(all, present);
        ends(all);
        return all.build();
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
        return duration(name, help + ", in seconds since 1970");
    }

    private static GaugeSnapshot.Builder number(String name, String help) {
        return GaugeSnapshot.builder().name("tidemark_" + name).help(help);
    }

    private static GaugeSnapshot.Builder duration(String name, String help) {
        return GaugeSnapshot.builder()
                .name("tidemark_" + name + "_seconds")
                .unit(Unit.SECONDS)
                .help(help);
    }

    private static GaugeSnapshot.Builder bytes(String name, String help) {
        return GaugeSnapshot.builder()
                .name("tidemark_" + name + "_bytes")
                .unit(Unit.BYTES)
                .help(help);
    }

    private static Labels labels(ClusterName cluster) {
        return Labels.of(CLUSTER, cluster.value());
    }

    private static Labels labels(ClusterName cluster, String repository) {
        return Labels.of(CLUSTER, cluster.value(), REPOSITORY, repository);
    }

    private static void add(GaugeSnapshot.Builder gauge, Labels labels, Optional<Instant> time) {
        time.ifPresent(at -> add(gauge, labels, at.toEpochMilli() / 1e3));
    }

    private static void add(GaugeSnapshot.Builder gauge, Labels labels, double value) {
        gauge.dataPoint(
                GaugeDataPointSnapshot.builder().labels(labels).value(value).build());
    }

    private static void add(MetricSnapshots.Builder all, GaugeSnapshot.Builder gauge) {
        GaugeSnapshot made = gauge.build();
        if (!made.getDataPoints().isEmpty()) {
            all.metricSnapshot(made);
        }
    }

    /** Two metrics: of the cluster, by all repositories together, and of each repository. */
    private static void times(
            MetricSnapshots.Builder all,
            Map<ClusterName, MeasuredCluster> present,
            String name,
            String help,
            Function<Held, Optional<Instant>> time) {
        GaugeSnapshot.Builder together =
                gauge("cluster_" + name + "_timestamp", help + ", by all repositories together");
        GaugeSnapshot.Builder alone = gauge("repository_" + name + "_timestamp", help + ", by this repository alone");
        present.forEach((cluster, measured) -> {
            measured.together().ifPresent(held -> add(together, labels(cluster), time.apply(held)));
            measured.repositories()
                    .forEach((repository, held) -> add(alone, labels(cluster, repository), time.apply(held)));
        });
        add(all, together);
        add(all, alone);
    }

    private static void newestBackups(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        GaugeSnapshot.Builder data =
                bytes("cluster_newest_backup_data", "The size of PostgreSQL's files in the newest complete backup");
        GaugeSnapshot.Builder stored = bytes(
                "cluster_newest_backup_stored",
                "What the newest complete backup has stored: of an incremental one, what changed");
        GaugeSnapshot.Builder took =
                duration("cluster_newest_backup_duration", "How long the newest complete backup took");
        present.forEach((cluster, measured) -> measured.together()
                .flatMap(Held::backup)
                .ifPresent(backup -> {
                    add(data, labels(cluster), (double) backup.dataBytes());
                    add(stored, labels(cluster), (double) backup.storedBytes());
                    add(took, labels(cluster), backup.took().toMillis() / 1e3);
                }));
        add(all, data);
        add(all, stored);
        add(all, took);
    }

    private static void forecasts(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        GaugeSnapshot.Builder forecast = duration(
                "cluster_restore_forecast",
                "How long a restore to the newest WAL would take, by what the last restores took");
        GaugeSnapshot.Builder rto =
                duration("cluster_rto", "How long a restore to the newest WAL may take, as the configuration says");
        present.forEach((cluster, measured) -> {
            measured.forecast().ifPresent(duration -> add(forecast, labels(cluster), duration.toMillis() / 1e3));
            measured.rto().ifPresent(duration -> add(rto, labels(cluster), duration.toMillis() / 1e3));
        });
        add(all, forecast);
        add(all, rto);
    }

    private static void receivers(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        GaugeSnapshot.Builder running =
                number("receiver_running", "1 if WAL of the cluster is received on this host, 0 if it was once");
        GaugeSnapshot.Builder last = gauge("receiver_last_received_timestamp", "When WAL was last received");
        present.forEach((cluster, measured) -> measured.receiver().ifPresent(receiver -> {
            add(running, labels(cluster), receiver.isRunning() ? 1 : 0);
            add(last, labels(cluster), receiver.last());
        }));
        add(all, running);
        add(all, last);
    }

    private static void pauses(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        for (ScheduledTask task : ScheduledTask.values()) {
            GaugeSnapshot.Builder until =
                    gauge(task + "_paused_until_timestamp", "Until when this task is paused on this host");
            present.forEach((cluster, measured) -> add(
                    until,
                    labels(cluster),
                    Optional.ofNullable(measured.paused().get(task))));
            add(all, until);
        }
    }

    private static void counts(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        GaugeSnapshot.Builder together =
                number("cluster_holes", "Spans of time that cannot be restored, by all repositories together");
        GaugeSnapshot.Builder alone =
                number("repository_holes", "Spans of time that cannot be restored, by this repository alone");
        GaugeSnapshot.Builder readable = number("repository_readable", "1 if the repository could be read, else 0");
        GaugeSnapshot.Builder took = duration(
                "repository_reading_duration", "How long it took to read what the repository holds of the cluster");
        present.forEach((cluster, measured) -> {
            measured.together().ifPresent(held -> add(together, labels(cluster), held.lost()));
            measured.repositories().forEach((repository, held) -> add(alone, labels(cluster, repository), held.lost()));
            measured.readable().forEach((repository, duration) -> {
                add(readable, labels(cluster, repository), 1);
                add(took, labels(cluster, repository), duration.toMillis() / 1e3);
            });
            measured.unreadable().forEach(repository -> add(readable, labels(cluster, repository), 0));
        });
        add(all, together);
        add(all, alone);
        add(all, readable);
        add(all, took);
    }

    private static void queues(MetricSnapshots.Builder all, Map<ClusterName, MeasuredCluster> present) {
        GaugeSnapshot.Builder objects = number("queue_objects", "Objects that this host has queued for the repository");
        GaugeSnapshot.Builder bytes = bytes("queue", "Bytes in the spool that are queued for the repository");
        GaugeSnapshot.Builder refused = number("queue_refused_objects", "Objects that the repository refused");
        GaugeSnapshot.Builder oldest = gauge("queue_oldest_timestamp", "Since when the oldest of them has been queued");
        present.forEach((cluster, measured) -> {
            for (Queue each : measured.queues()) {
                Labels labels = labels(cluster, each.repository());
                add(objects, labels, each.objects());
                add(bytes, labels, (double) each.bytes());
                add(refused, labels, each.refused());
                add(oldest, labels, each.oldest());
            }
        });
        add(all, objects);
        add(all, bytes);
        add(all, refused);
        add(all, oldest);
    }

    /** Of this process alone: what was done before it began is not known here. */
    private void ends(MetricSnapshots.Builder all) {
        Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();
        runs.forEach((run, ends) -> {
            Labels labels =
                    run.repository().isEmpty() ? labels(run.cluster()) : labels(run.cluster(), run.repository());
            add(
                    gauges.computeIfAbsent(
                            run.task() + "_last_success_timestamp",
                            name -> gauge(name, "When this task was last done, since serve began")),
                    labels,
                    ends.success());
            add(
                    gauges.computeIfAbsent(
                            run.task() + "_last_failure_timestamp",
                            name -> gauge(name, "When this task last failed, since serve began")),
                    labels,
                    ends.failure());
        });
        gauges.values().forEach(gauge -> add(all, gauge));
    }
}
