// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.recoverability.RecoverableIntervals.Interval;
import org.tidemark.session.reading.RestoreForecast;
import org.tidemark.watch.status.ClusterStatus;
import org.tidemark.watch.status.ClusterStatus.Holding;
import org.tidemark.watch.status.ClusterStatus.Incarnation;
import org.tidemark.watch.status.ClusterStatus.Queue;

/**
 * What metrics say of one cluster: computed from what its repositories hold, never from what PostgreSQL counts.
 * Immutable.
 *
 * @param at when the repositories were read
 * @param together what all repositories hold together, as a recovery reads them; empty if they know no incarnation
 * @param repositories what each of them holds, by its name, if it knows the newest incarnation
 * @param readable how long it took to read each repository that could be read
 * @param unreadable the repositories that could not be read
 * @param queues those that are not empty
 * @param receiver the last that received WAL on this host
 * @param forecast what a restore to the newest WAL would take
 * @param rto how long that may take, where it was set
 * @param paused until when scheduled tasks are paused on this host
 */
record MeasuredCluster(
        Instant at,
        Optional<Held> together,
        Map<String, Held> repositories,
        Map<String, Duration> readable,
        Set<String> unreadable,
        List<Queue> queues,
        Optional<Receiver> receiver,
        Optional<Duration> forecast,
        Optional<Duration> rto,
        Map<ScheduledTask, Instant> paused) {
    MeasuredCluster {
        repositories = Map.copyOf(repositories);
        readable = Map.copyOf(readable);
        unreadable = Set.copyOf(unreadable);
        queues = List.copyOf(queues);
        paused = Map.copyOf(paused);
    }

    /**
     * What receives WAL.
     *
     * @param last when the last WAL came, if the spool still shows it
     */
    record Receiver(boolean isRunning, Optional<Instant> last) {}

    /** The newest complete backup. */
    record NewestBackup(Instant ended, Duration took, long dataBytes, long storedBytes) {
        private static NewestBackup of(BaseBackup backup) {
            return new NewestBackup(
                    backup.run().ended(),
                    Duration.between(backup.run().started(), backup.run().ended()),
                    backup.contents().dataSizeBytes(),
                    backup.contents().storedSizeBytes());
        }
    }

    /**
     * What protects the newest incarnation.
     *
     * @param from the first moment from which on all can be restored, up to the newest WAL
     * @param until when the newest WAL was stored that a recovery reaches
     * @param wal when the newest WAL was stored
     * @param lost how many spans of time cannot be restored although a backup before them is there
     */
    record Held(
            Optional<Instant> from,
            Optional<Instant> until,
            Optional<NewestBackup> backup,
            Optional<Instant> wal,
            int lost) {
        private static Held of(Holding holding) {
            Optional<Interval> newest = holding.recoverable().toLatest();
            return new Held(
                    // To the millisecond, rounded up: a moment before it cannot be restored.
                    newest.map(Interval::from)
                            .map(from -> from.plusNanos(999_999).truncatedTo(ChronoUnit.MILLIS)),
                    newest.flatMap(Interval::lastStored),
                    holding.newest().map(NewestBackup::of),
                    holding.newestWal().map(WalRun::lastStored),
                    holding.timelines().stream()
                            .mapToInt(each -> each.lost().size())
                            .sum());
        }
    }

    static MeasuredCluster of(
            ClusterStatus status, Optional<Duration> rto, Map<ScheduledTask, Instant> paused, Instant at) {
        Optional<Incarnation> newest = status.incarnations().stream().findFirst();
        Map<String, Held> alone = new TreeMap<>();
        newest.ifPresent(each -> each.alone().forEach((name, holding) -> alone.put(name, Held.of(holding))));
        return new MeasuredCluster(
                at,
                newest.map(each -> Held.of(each.together())),
                alone,
                status.reading().repositories().took(),
                status.reading().repositories().failures().keySet(),
                ofRepositories(status.queues()),
                status.receiver()
                        .map(each -> new Receiver(each.isRunning(), each.last().map(LocalReceiver.Arrival::at))),
                newest.flatMap(Incarnation::forecast).flatMap(RestoreForecast::total),
                rto,
                paused);
    }

    /** One for each repository: what was queued before initdb or pg_upgrade is a queue of its own. */
    static List<Queue> ofRepositories(List<Queue> queues) {
        Map<String, Queue> all = new TreeMap<>();
        queues.forEach(each -> all.merge(each.repository(), each, MeasuredCluster::together));
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
