// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch;

import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.watch.check.CheckReport;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

/**
 * What is known of one cluster: what its repositories hold, and what {@code check} finds. The two are read apart, each
 * with a time of its own, so that one which hangs leaves the other. Immutable.
 */
public record ObservedCluster(Optional<Reading> reading, Optional<Checked> checked) {
    /** Nothing is known yet. */
    public static final ObservedCluster NOTHING = new ObservedCluster(Optional.empty(), Optional.empty());

    /**
     * What the repositories hold.
     *
     * @param at when they were read
     * @param rto how long a restore to the newest WAL may take, where it was set
     * @param paused until when scheduled tasks are paused on this host
     */
    public record Reading(
            Instant at, ClusterStatus status, Optional<Duration> rto, Map<ScheduledTask, Instant> paused) {
        public Reading {
            paused = Map.copyOf(paused);
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
    public record Checked(Instant at, CheckReport report) {}

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
}
