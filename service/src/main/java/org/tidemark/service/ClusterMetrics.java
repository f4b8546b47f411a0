// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.archiver.receive.LocalReceiver.Arrival;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.service.Metric.Source;
import org.tidemark.service.Metric.Told;
import org.tidemark.service.Metric.Unit;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

/** What metrics say of a cluster: by what its repositories hold, and by what check finds. Pure. */
final class ClusterMetrics {
    private static final String REPOSITORY = "repository";
    private static final String SUBJECT = "subject";

    /** When something was looked at: told also where that is long ago, and nothing else is. */
    static final List<Metric> LOOKS = looks();

    /** Everything else. */
    static final List<Metric> PRESENT = List.copyOf(present());

    private ClusterMetrics() {}

    private static List<Metric> looks() {
        return List.of(
                new Metric(
                        "reading",
                        Unit.MOMENT,
                        "When the repositories of the cluster were read",
                        (cluster, told) -> cluster.reading().ifPresent(each -> told.add(Metric.seconds(each.at())))),
                new Metric(
                        "check",
                        Unit.MOMENT,
                        "When the last check of the cluster began",
                        (cluster, told) -> cluster.checked().ifPresent(each -> told.add(Metric.seconds(each.at())))));
    }

    private static List<Metric> present() {
        List<Metric> all = new ArrayList<>();
        all.addAll(held(
                "recoverable_from",
                Unit.MOMENT,
                "The first moment that can be restored, from which on every later one can",
                // To the millisecond, rounded up: a moment before it cannot be restored.
                moment(holding -> holding.recoverable()
                        .toLatest()
                        .map(Interval::from)
                        .map(from -> from.plusNanos(999_999).truncatedTo(ChronoUnit.MILLIS)))));
        all.addAll(held(
                "recoverable_until",
                Unit.MOMENT,
                "When the newest WAL was stored that a recovery reaches",
                moment(holding -> holding.recoverable().toLatest().flatMap(Interval::lastStored))));
        all.addAll(held(
                "newest_commit",
                Unit.MOMENT,
                "When the newest commit was made that a recovery reaches; absent if it is not known",
                moment(holding -> holding.newestCommit().commit().map(LastCommit::time))));
        all.addAll(held(
                "newest_backup",
                Unit.MOMENT,
                "When the newest complete backup ended",
                moment(holding -> holding.newest().map(backup -> backup.run().ended()))));
        all.addAll(held(
                "newest_wal",
                Unit.MOMENT,
                "When the newest archived WAL was stored",
                moment(holding -> holding.newestWal().map(WalRun::lastStored))));
        all.addAll(held(
                "holes",
                Unit.NUMBER,
                "Spans of time that cannot be restored although a backup before them is there",
                holding -> Optional.of(holding.timelines().stream()
                        .mapToDouble(each -> each.lost().size())
                        .sum())));
        all.addAll(newestBackup());
        all.addAll(forecast());
        all.addAll(drills());
        all.addAll(repositories());
        all.addAll(queues());
        all.addAll(receiver());
        for (ScheduledTask task : ScheduledTask.values()) {
            all.add(ofReading(
                    task + "_paused_until",
                    Unit.MOMENT,
                    "Until when this task is paused on this host",
                    reading -> Optional.ofNullable(reading.paused().get(task)).map(Metric::seconds)));
        }
        all.addAll(findings());
        Arrays.stream(Measure.values()).map(ClusterMetrics::measured).forEach(all::add);
        return all;
    }

    private static Function<Holding, Optional<Double>> moment(Function<Holding, Optional<Instant>> moment) {
        return holding -> moment.apply(holding).map(Metric::seconds);
    }

    /** Two metrics: of the newest incarnation, by all repositories together, and by each of them. */
    private static List<Metric> held(String stem, Unit unit, String help, Function<Holding, Optional<Double>> value) {
        return List.of(
                ofReading(
                        "cluster_" + stem,
                        unit,
                        help + ", by all repositories together",
                        reading -> reading.newest().map(Incarnation::together).flatMap(value)),
                new Metric(
                        "repository_" + stem,
                        unit,
                        help + ", by this repository alone",
                        (cluster, told) -> cluster.reading()
                                .flatMap(Reading::newest)
                                .ifPresent(newest -> newest.alone()
                                        .forEach((repository, holding) -> value.apply(holding)
                                                .ifPresent(number -> told.add(number, REPOSITORY, repository))))));
    }

    private static Metric ofReading(String stem, Unit unit, String help, Function<Reading, Optional<Double>> value) {
        return new Metric(
                stem,
                unit,
                help,
                (cluster, told) -> cluster.reading().flatMap(value).ifPresent(told::add));
    }

    private static List<Metric> newestBackup() {
        return List.of(
                ofNewestBackup(
                        "data",
                        Unit.BYTES,
                        "The size of PostgreSQL's files in the newest complete backup",
                        backup -> backup.contents().dataSizeBytes()),
                ofNewestBackup(
                        "stored",
                        Unit.BYTES,
                        "What the newest complete backup has stored: of an incremental one, what changed",
                        backup -> backup.contents().storedSizeBytes()),
                ofNewestBackup(
                        "duration",
                        Unit.SECONDS,
                        "How long the newest complete backup took",
                        backup -> Metric.seconds(Duration.between(
                                backup.run().started(), backup.run().ended()))));
    }

    private static Metric ofNewestBackup(String stem, Unit unit, String help, ToDoubleFunction<BaseBackup> value) {
        return ofReading(
                "cluster_newest_backup_" + stem,
                unit,
                help,
                reading -> reading.newest()
                        .flatMap(newest -> newest.together().newest())
                        .map(value::applyAsDouble));
    }

    private static List<Metric> forecast() {
        return List.of(
                ofReading(
                        "cluster_restore_forecast",
                        Unit.SECONDS,
                        "How long a restore to the newest WAL would take, by what the last restores took",
                        reading -> reading.newest()
                                .flatMap(Incarnation::forecast)
                                .flatMap(RestoreForecast::total)
                                .map(Metric::seconds)),
                ofReading(
                        "cluster_rto",
                        Unit.SECONDS,
                        "How long a restore to the newest WAL may take, as the configuration says",
                        reading -> reading.rto().map(Metric::seconds)));
    }

    private static List<Metric> drills() {
        return List.of(
                ofReading(
                        "drill_last_proven",
                        Unit.MOMENT,
                        "When the last drill ended that has passed, on any host",
                        reading -> reading.newest()
                                .flatMap(newest -> newest.drills().lastProven())
                                .map(DrillEvidence::ended)
                                .map(Metric::seconds)),
                new Metric(
                        "drill_last_number",
                        Unit.NUMBER,
                        "The number of the newest evidence of a drill that this host has stored in the repository",
                        ofReading((reading, told) -> reading.newest()
                                .ifPresent(newest -> newest.drillNumbers()
                                        .forEach((repository, hosts) -> hosts.forEach((host, number) ->
                                                told.add((double) number, "host", host, REPOSITORY, repository)))))));
    }

    private static List<Metric> repositories() {
        return List.of(
                new Metric(
                        "repository_readable",
                        Unit.NUMBER,
                        "1 if the repository could be read, else 0",
                        ofReading((reading, told) -> {
                            reading.status()
                                    .repositories()
                                    .took()
                                    .keySet()
                                    .forEach(name -> told.add(1, REPOSITORY, name));
                            reading.status()
                                    .repositories()
                                    .failures()
                                    .keySet()
                                    .forEach(name -> told.add(0, REPOSITORY, name));
                        })),
                new Metric(
                        "repository_reading_duration",
                        Unit.SECONDS,
                        "How long it took to read what the repository holds of the cluster",
                        ofReading((reading, told) -> reading.status()
                                .repositories()
                                .took()
                                .forEach((name, took) -> told.add(Metric.seconds(took), REPOSITORY, name)))));
    }

    /** Tells several values of a reading. */
    private interface ReadingSource {
        void tell(Reading reading, Told told);
    }

    private static Source ofReading(ReadingSource source) {
        return (cluster, told) -> cluster.reading().ifPresent(reading -> source.tell(reading, told));
    }

    private static List<Metric> queues() {
        return List.of(
                ofQueues(
                        "queue_objects",
                        Unit.NUMBER,
                        "Objects that this host has queued for the repository",
                        queue -> Optional.of((double) queue.objects())),
                ofQueues(
                        "queue",
                        Unit.BYTES,
                        "Bytes in the spool that are queued for the repository",
                        queue -> Optional.of((double) queue.bytes())),
                ofQueues(
                        "queue_refused_objects",
                        Unit.NUMBER,
                        "Objects that the repository refused",
                        queue -> Optional.of((double) queue.refused())),
                ofQueues(
                        "queue_oldest",
                        Unit.MOMENT,
                        "Since when the oldest of them has been queued",
                        queue -> queue.oldest().map(Metric::seconds)));
    }

    private static Metric ofQueues(String stem, Unit unit, String help, Function<Queue, Optional<Double>> value) {
        return new Metric(
                stem,
                unit,
                help,
                ofReading((reading, told) -> reading.queues()
                        .forEach(queue -> value.apply(queue)
                                .ifPresent(number -> told.add(number, REPOSITORY, queue.repository())))));
    }

    private static List<Metric> receiver() {
        return List.of(
                ofReading(
                        "receiver_running",
                        Unit.NUMBER,
                        "1 if WAL of the cluster is received on this host, 0 if it was once",
                        reading -> reading.status().receiver().map(each -> each.isRunning() ? 1.0 : 0.0)),
                ofReading(
                        "receiver_last_received",
                        Unit.MOMENT,
                        "When WAL was last received",
                        reading -> reading.status()
                                .receiver()
                                .flatMap(LocalReceiver::last)
                                .map(Arrival::at)
                                .map(Metric::seconds)));
    }

    private static List<Metric> findings() {
        return List.of(
                new Metric(
                        "check_severity",
                        Unit.NUMBER,
                        "The worst finding of check: 0 if all is well, 1 for a warning, 2 if something is critical",
                        (cluster, told) -> cluster.checked()
                                .ifPresent(each -> told.add(number(each.report().severity())))),
                new Metric(
                        "findings",
                        Unit.NUMBER,
                        "How many findings of this subject and severity check has; none is told where all is well",
                        (cluster, told) -> cluster.checked().ifPresent(each -> tellFindings(each, told))));
    }

    private static double number(Severity severity) {
        return switch (severity) {
            case OK -> 0;
            case WARNING -> 1;
            case CRITICAL -> 2;
        };
    }

    private static void tellFindings(Checked checked, Told told) {
        for (Severity severity : List.of(Severity.WARNING, Severity.CRITICAL)) {
            SortedMap<Finding.Key, Long> found = new TreeMap<>();
            checked.report().findings().stream()
                    .filter(each -> each.severity() == severity)
                    .forEach(each -> found.merge(each.key(), 1L, Long::sum));
            found.forEach((key, count) ->
                    told.add(count, labels(key, "severity", severity.name().toLowerCase(Locale.ROOT))));
        }
    }

    private static String[] labels(Finding.Key key, String... more) {
        List<String> labels = new ArrayList<>(List.of(SUBJECT, key.subject()));
        key.repository().ifPresent(name -> labels.addAll(List.of(REPOSITORY, name)));
        labels.addAll(List.of(more));
        return labels.toArray(String[]::new);
    }

    /** A number that findings have, whether all is well or not. */
    private static Metric measured(Measure measure) {
        Unit unit = switch (measure.unit()) {
            case BYTES -> Unit.BYTES;
            case SECONDS -> Unit.SECONDS;
            case COUNT -> Unit.NUMBER;
        };
        return new Metric(
                switch (measure) {
                    case BYTES -> "check";
                    // Prometheus takes a name that ends with _count for a part of a histogram.
                    case COUNT -> "check_leftovers";
                    default -> "check_" + measure.name().toLowerCase(Locale.ROOT);
                },
                unit,
                "What check measured: " + measure.meaning(),
                (cluster, told) -> cluster.checked().ifPresent(each -> {
                    SortedMap<Finding.Key, Long> values = new TreeMap<>();
                    for (Finding finding : each.report().findings()) {
                        Long value = finding.values().get(measure);
                        if (value != null) {
                            values.merge(finding.key(), value, measure::together);
                        }
                    }
                    values.forEach((key, value) -> told.add((double) value, labels(key)));
                }));
    }
}
