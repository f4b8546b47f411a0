// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.fleet;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.watch.ObservedCluster;
import org.tidemark.watch.ObservedCluster.Checked;
import org.tidemark.watch.ObservedCluster.Reading;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.check.Subject;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;
import org.tidemark.watch.status.StatusFindings;

/**
 * One cluster among many: whether it is protected, and the few numbers that tell it from the others. Immutable.
 *
 * @param worst the first of the worst findings; empty if nothing is wrong
 * @param others how many more findings are not OK
 * @param reachable when the last WAL was stored that a recovery along the latest timeline reaches, by the store's
 *     clock; empty if nothing can be restored, or the repositories were not read
 * @param commit when the newest commit was made that such a recovery reaches, by the server's clock; empty if the
 *     newest WAL has none, or cannot be read
 * @param backup when the newest complete backup ended
 * @param forecast how long a restore to the newest WAL would take; empty if none was measured
 * @param rto how long it may take; empty if that is not set
 * @param drilled when the last drill ended that has passed; empty if none has, or the repositories were not read
 * @param holes how many times WAL is missing that cuts moments off, what an expiry removed not counted; empty if the
 *     repositories were not read
 * @param queued objects that this host has not delivered to a repository yet; empty if that is not known, as where the
 *     cluster is another host's
 * @param freeBytes the smallest of what check measured; empty if nothing was measured
 * @param moments what can be reached along the timeline that a recovery without options follows; empty if nothing can
 *     be restored, or the repositories were not read
 * @param next the scheduled task that is due next, where this host does it
 * @param asOf when the older of the looks began that this tells of; empty if there was none
 * @param isServerAsked whether check asked PostgreSQL and this host; otherwise the repositories alone are known
 */
public record FleetLine(
        ClusterName cluster,
        Optional<Finding> worst,
        long others,
        Optional<Instant> reachable,
        Optional<Instant> commit,
        Optional<Instant> backup,
        Optional<Duration> forecast,
        Optional<Duration> rto,
        Optional<Instant> drilled,
        Optional<Long> holes,
        Optional<Long> queued,
        Optional<Long> freeBytes,
        Optional<ReachableTimeline> moments,
        Optional<NextTask> next,
        Optional<Instant> asOf,
        boolean isServerAsked) {
    /** CRITICAL first, then WARNING; among equals by name. */
    public static final Comparator<FleetLine> WORST_FIRST = Comparator.comparing(FleetLine::severity)
            .reversed()
            .thenComparing(line -> line.cluster().value());

    /** A scheduled task, and when it is due. Immutable. */
    public record NextTask(ScheduledTask task, Instant at) {
        private static Optional<NextTask> of(Reading reading) {
            return reading.due().entrySet().stream()
                    .map(each -> new NextTask(each.getKey(), each.getValue()))
                    .min(Comparator.comparing(NextTask::at).thenComparing(NextTask::task));
        }
    }

    /** What is not OK, and what is not known, the worst first. */
    public static List<Finding> wrong(ObservedCluster observed) {
        if (observed.reading().isEmpty()
                && observed.checked().isEmpty()
                && observed.missing().isEmpty()) {
            return List.of(Finding.warning(
                    "repository",
                    "this cluster was not read yet",
                    "Wait a minute. If this stays, look with: tidemark status"));
        }
        List<Finding> wrong = new ArrayList<>(observed.missing());
        observed.checked().map(Checked::report).map(CheckReport::findings).ifPresent(wrong::addAll);
        observed.reading()
                .filter(each -> tellsMore(each, observed))
                .map(Reading::status)
                .ifPresent(each -> {
                    wrong.addAll(StatusFindings.of(each, observed.elsewhere()));
                    wrong.addAll(each.repositories().warnings());
                });
        return wrong.stream()
                .filter(each -> each.severity() != Severity.OK)
                .sorted(Subject.worstFirst())
                .toList();
    }

    /** A check has read the same repositories, unless it is old. */
    private static boolean tellsMore(Reading reading, ObservedCluster observed) {
        return observed.checked().isEmpty()
                || (!observed.missing().isEmpty()
                        && reading.at().isAfter(observed.checked().get().at()));
    }

    /** What is known of a cluster, as a line. */
    public static FleetLine of(ClusterName cluster, ObservedCluster observed) {
        List<Finding> wrong = wrong(observed);
        Optional<Finding> worst = wrong.stream().findFirst();
        Optional<Incarnation> newest = observed.reading().flatMap(Reading::newest);
        Optional<Holding> together = newest.map(Incarnation::together);
        return new FleetLine(
                cluster,
                worst,
                Math.max(0, wrong.size() - 1),
                together.flatMap(Holding::latest)
                        .map(each -> each.spans().getLast().to()),
                together.flatMap(each -> each.newestCommit().commit()).map(LastCommit::time),
                together.flatMap(Holding::newest).map(BaseBackup::run).map(BaseBackup.Run::ended),
                newest.flatMap(Incarnation::forecast).flatMap(RestoreForecast::total),
                observed.reading().flatMap(Reading::rto),
                newest.map(Incarnation::drills).flatMap(HeldDrills::lastProven).map(DrillEvidence::ended),
                together.map(FleetLine::holes),
                observed.reading()
                        .filter(_ -> observed.checked().isPresent())
                        .map(each ->
                                each.queues().stream().mapToLong(Queue::objects).sum()),
                observed.checked().stream()
                        .flatMap(each -> each.report().findings().stream())
                        .flatMap(each -> Optional.ofNullable(each.values().get(Measure.FREE)).stream())
                        .min(Comparator.naturalOrder()),
                together.flatMap(Holding::latest),
                observed.reading().flatMap(NextTask::of),
                observed.asOf(),
                observed.checked().isPresent());
    }

    /** A cluster that could not be read at all. */
    public static FleetLine unread(ClusterName cluster, Finding why) {
        return new FleetLine(
                cluster,
                Optional.of(why),
                0,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false);
    }

    private static long holes(Holding holding) {
        return holding.timelines().stream()
                .flatMap(each -> each.lost().stream())
                .filter(lost -> !lost.isRemoved())
                .count();
    }

    /** The severity of the worst finding. */
    public Severity severity() {
        return worst.map(Finding::severity).orElse(Severity.OK);
    }

    /** A sentence without its end: protected, or the worst finding. */
    public String verdict() {
        String more = others == 0 ? "" : " (and " + Amounts.count(others, "more finding", "more findings") + ")";
        return worst.map(each -> each.subject()
                        + each.repository()
                                .map(name -> " '" + name + "'")
                                .filter(name -> !each.message().contains(name.strip()))
                                .orElse("")
                        + ": " + each.message() + more)
                .orElse(isServerAsked ? "protected" : "can be restored; the server was not asked");
    }
}
