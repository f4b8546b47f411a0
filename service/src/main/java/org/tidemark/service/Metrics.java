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
import java.time.Instant;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.watch.ObservedCluster;

/**
 * What monitoring is told: gauges, with times in seconds since 1970 in place of ages. What was read of a cluster
 * vanishes when it is older than two readings: an old state is not the present one. Nothing is read to answer.
 * Thread-safe.
 */
final class Metrics implements Answers {
    private static final String CLUSTER = "cluster";
    private static final String REPOSITORY = "repository";

    private final Clock clock;
    private final Observations observations;
    private final Map<Run, Ends> runs = new ConcurrentHashMap<>();
    private final AtomicLong ended = new AtomicLong();
    private final KeptAnswer kept = new KeptAnswer(System::nanoTime);

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

    /** @param observations that are told */
    Metrics(Clock clock, Observations observations) {
        this.clock = clock;
        this.observations = observations;
    }

    /** A task has ended. */
    void ended(ClusterName cluster, String task, Optional<String> repository, ExitCode status) {
        runs.compute(
                new Run(cluster, task, repository.orElse("")),
                (run, before) -> (before == null ? new Ends(Optional.empty(), Optional.empty()) : before)
                        .with(clock.instant(), status == ExitCode.DONE));
        ended.incrementAndGet();
    }

    /** Forgets the clusters that are served no more. */
    void keep(Collection<ClusterName> served) {
        runs.keySet().removeIf(run -> !served.contains(run.cluster()));
        ended.incrementAndGet();
    }

    @Override
    public Optional<Answer> at(String path, String accept) {
        if (!path.equals("/metrics")) {
            return Optional.empty();
        }
        Form form = Form.of(accept);
        long state = observations.changes() + ended.get(); // both only grow
        return Optional.of(
                new Answer(Kind.METRICS, form.contentType(), () -> kept.of(form.name(), state, () -> text(form))));
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
        Instant oldest = observations.oldest();
        Map<ClusterName, ObservedCluster> all = observations.all();
        Map<ClusterName, ObservedCluster> present = new LinkedHashMap<>();
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
