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
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;

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
    private final Map<ClusterName, ObservedCluster> clusters = new ConcurrentHashMap<>();
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

    /** The repositories of a cluster were read. */
    void read(ClusterName cluster, Reading reading) {
        clusters.merge(cluster, ObservedCluster.NOTHING.with(reading), (before, _) -> before.with(reading));
    }

    /** A cluster was checked. */
    void checked(ClusterName cluster, Checked checked) {
        clusters.merge(cluster, ObservedCluster.NOTHING.with(checked), (before, _) -> before.with(checked));
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
        Instant oldest = clock.instant().minus(INTERVAL.multipliedBy(2));
        Map<ClusterName, ObservedCluster> all = new TreeMap<>(Comparator.comparing(ClusterName::value));
        all.putAll(clusters);
        Map<ClusterName, ObservedCluster> present = new TreeMap<>(Comparator.comparing(ClusterName::value));
        all.forEach((name, observed) -> present.put(name, observed.after(oldest)));
        MetricSnapshots.Builder snapshots = MetricSnapshots.builder();
        ClusterMetrics.LOOKS.forEach(metric -> add(snapshots, metric, all));
        ClusterMetrics.PRESENT.forEach(metric -> add(snapshots, metric, present));
        ends(snapshots);
        return snapshots.build();
    }

    private static void add(MetricSnapshots.Builder all, Metric metric, Map<ClusterName, ObservedCluster> clusters) {
        GaugeSnapshot.Builder gauge = gauge(metric.name(), metric.unit(), metric.help());
        clusters.forEach((name, observed) -> metric.source()
                .tell(observed, (value, labels) -> add(gauge, labels(name).merge(Labels.of(labels)), value)));
        add(all, gauge);
    }

    private static GaugeSnapshot.Builder gauge(String name, Metric.Unit unit, String help) {
        GaugeSnapshot.Builder gauge = GaugeSnapshot.builder().name(name);
        return switch (unit) {
            case NUMBER -> gauge.help(help);
            case BYTES -> gauge.help(help).unit(Unit.BYTES);
            case SECONDS -> gauge.help(help).unit(Unit.SECONDS);
            case MOMENT -> gauge.help(help + ", in seconds since 1970").unit(Unit.SECONDS);
        };
    }

    private static Labels labels(ClusterName cluster) {
        return Labels.of(CLUSTER, cluster.value());
    }

    private static Labels labels(ClusterName cluster, String repository) {
        return Labels.of(CLUSTER, cluster.value(), REPOSITORY, repository);
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

    /** Of this process alone: what was done before it began is not known here. */
    private void ends(MetricSnapshots.Builder all) {
        Map<String, GaugeSnapshot.Builder> gauges = new TreeMap<>();
        runs.forEach((run, ends) -> {
            Labels labels =
                    run.repository().isEmpty() ? labels(run.cluster()) : labels(run.cluster(), run.repository());
            ends.success()
                    .ifPresent(at -> add(
                            gauge(
                                    gauges,
                                    run.task() + "_last_success",
                                    "When this task was last done, since serve began"),
                            labels,
                            Metric.seconds(at)));
            ends.failure()
                    .ifPresent(at -> add(
                            gauge(
                                    gauges,
                                    run.task() + "_last_failure",
                                    "When this task last failed, since serve began"),
                            labels,
                            Metric.seconds(at)));
        });
        gauges.values().forEach(gauge -> add(all, gauge));
    }

    private static GaugeSnapshot.Builder gauge(Map<String, GaugeSnapshot.Builder> known, String stem, String help) {
        return known.computeIfAbsent(
                Metric.name(stem, Metric.Unit.MOMENT), name -> gauge(name, Metric.Unit.MOMENT, help));
    }
}
