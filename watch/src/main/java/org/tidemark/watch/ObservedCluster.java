// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.session.Session;
import org.tidemark.session.TaskPauses;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

/**
 * What is known of one cluster: what its repositories hold, and what {@code check} finds. The two are read apart, each
 * with a time of its own, so that one which hangs leaves the other. Immutable.
 *
 * @param missing says which of the two is old, or did not come yet; empty if nobody asked for the present state
 * @param elsewhere the repository where the cluster was found, if it is known to be another host's
 */
public record ObservedCluster(
        Optional<Reading> reading, Optional<Checked> checked, List<Finding> missing, Optional<String> elsewhere) {
    public ObservedCluster {
        missing = List.copyOf(missing);
    }

    /** As the two were seen. */
    public ObservedCluster(Optional<Reading> reading, Optional<Checked> checked) {
        this(reading, checked, List.of(), Optional.empty());
    }

    /** Nothing is known yet. */
    public static final ObservedCluster NOTHING = new ObservedCluster(Optional.empty(), Optional.empty());

    /**
     * What the repositories hold.
     *
     * @param at when they were read
     * @param rto how long a restore to the newest WAL may take, where it was set
     * @param paused until when scheduled tasks are paused on this host
     * @param due when each scheduled task is due next, on this host
     */
    public record Reading(
            Instant at,
            ClusterStatus status,
            Optional<Duration> rto,
            Map<ScheduledTask, Instant> paused,
            Map<ScheduledTask, Instant> due) {
        public Reading {
            paused = Map.copyOf(paused);
            due = Map.copyOf(due);
        }

        /** With what this host has configured for the cluster of the session, if it has. */
        public static Reading of(Session session, ClusterStatus status, Instant now) throws IOException {
            Map<ScheduledTask, Instant> paused =
                    session.cluster().isPresent() ? TaskPauses.of(session).paused(now) : Map.of();
            Map<ScheduledTask, Instant> due = new EnumMap<>(ScheduledTask.class);
            session.cluster()
                    .flatMap(ClusterSettings::schedule)
                    .ifPresent(schedule -> schedule.times()
                            .forEach((task, times) ->
                                    times.next(paused.getOrDefault(task, now)).ifPresent(at -> due.put(task, at))));
            if (session.repositorySettings().stream()
                    .allMatch(each -> each.retention().policy().isEmpty())) {
                due.remove(ScheduledTask.EXPIRE);
            }
            return new Reading(now, status, session.cluster().flatMap(ClusterSettings::rto), paused, due);
        }

        /** The incarnation that lives: of system identifiers, the highest. */
        public Optional<Incarnation> newest() {
            return status.incarnations().stream().findFirst();
        }

        /** One for each repository: what was queued before initdb or pg_upgrade is a queue of its own. */
        public List<Queue> queues() {
            Map<String, Queue> all = new TreeMap<>();
            status.queues().forEach(each -> all.merge(each.repository(), each, Reading::together));
            return List.copyOf(all.values());
        }

        private static Queue together(Queue one, Queue other) {
            return new Queue(
                    one.repository(),
                    one.objects() + other.objects(),
                    one.bytes() + other.bytes(),
                    Stream.of(one.oldest(), other.oldest())
                            .flatMap(Optional::stream)
                            .min(Comparator.naturalOrder()),
                    one.refused() + other.refused());
        }
    }

    /**
     * What check found.
     *
     * @param at when it began
     */
    public record Checked(Instant at, CheckReport report) {
        private Checked whatWasWrong() {
            return new Checked(
                    at,
                    new CheckReport(
                            report.cluster(),
                            report.repositories(),
                            report.findings().stream()
                                    .filter(each -> each.severity() != Severity.OK)
                                    .toList(),
                            List.of()));
        }
    }

    /** When the older of the two looks began; empty if there was none. */
    public Optional<Instant> asOf() {
        return Stream.of(reading.map(Reading::at), checked.map(Checked::at))
                .flatMap(Optional::stream)
                .min(Comparator.naturalOrder());
    }

    /** With a newer reading. */
    public ObservedCluster with(Reading newer) {
        return new ObservedCluster(Optional.of(newer), checked);
    }

    /** With a newer check. */
    public ObservedCluster with(Checked newer) {
        return new ObservedCluster(reading, Optional.of(newer));
    }

    /** Without what is from then or older: it is not the present state. */
    public ObservedCluster after(Instant moment) {
        return new ObservedCluster(
                reading.filter(each -> each.at().isAfter(moment)),
                checked.filter(each -> each.at().isAfter(moment)));
    }

    /**
     * The same at a later time. A look that ended long ago is no sign of health: a finding says so beside what was
     * wrong then, and what was well then is not told any more.
     *
     * @param oldest looks from then or earlier are old
     * @param elsewhere the repository where the cluster was found, if it is another host's: no check is expected
     */
    public ObservedCluster seenSince(Instant oldest, Optional<String> elsewhere) {
        String look = elsewhere
                .map(repository -> "tidemark fleet --repository " + repository)
                .orElse("tidemark check");
        List<Finding> missing = new ArrayList<>();
        if (checked.isEmpty() && elsewhere.isEmpty()) {
            missing.add(Finding.warning(
                    "check", "this cluster was not checked yet", "Wait a minute. If this stays, look with: " + look));
        }
        if (reading.isEmpty()) {
            missing.add(Finding.warning(
                    "repository", "this cluster was not read yet", "Wait a minute. If this stays, look with: " + look));
        }
        Optional<Checked> oldCheck = checked.filter(each -> !each.at().isAfter(oldest));
        oldCheck.ifPresent(each -> missing.add(Finding.warning(
                "check", "no check has ended since " + Amounts.second(each.at()), "See what hangs with: " + look)));
        reading.filter(each -> !each.at().isAfter(oldest))
                .ifPresent(each -> missing.add(Finding.warning(
                        "repository",
                        "the repositories were not read since " + Amounts.second(each.at()),
                        "See what hangs with: " + look)));
        return new ObservedCluster(reading, oldCheck.map(Checked::whatWasWrong).or(() -> checked), missing, elsewhere);
    }
}
