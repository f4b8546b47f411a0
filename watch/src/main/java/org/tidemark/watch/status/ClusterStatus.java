// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.status;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.archiver.receive.LocalReceiver;
import org.tidemark.archiver.receive.ReceiveSpool;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Timeline;
import org.tidemark.operations.backups.BackupListing;
import org.tidemark.operations.backups.ListedBackup;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.NewestCommit;
import org.tidemark.recoverability.PlannedTimeline;
import org.tidemark.recoverability.ReachableTimeline;
import org.tidemark.recoverability.RecoverableIntervals;
import org.tidemark.server.ArchivedAhead;
import org.tidemark.server.ArchivedAhead.StartedJava;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.RunningService;
import org.tidemark.session.Session;
import org.tidemark.session.reading.BackupState;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.CountedBefore;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.RestoreForecast;

/**
 * What protects a cluster now, by what its repositories hold and what this host has for them. PostgreSQL is not asked.
 * It outlives the session that read it. Immutable.
 *
 * @param incarnations the newest first
 * @param queues those that are not empty
 * @param received what wal-receive has received on this host, and no repository has yet
 * @param receiver the wal-receive that runs on this host, or ran on it last
 * @param givenUp what this host has dropped, and not every repository knows of yet
 * @param service the serve of this host
 * @param startedJava how many of the last segments of the newest incarnation needed a start of Java on this host
 * @param repositories which of them could be read
 * @param counted which of the WAL was not listed for this
 */
public record ClusterStatus(
        List<Incarnation> incarnations,
        List<Queue> queues,
        ReceiveSpool.Waiting received,
        Optional<LocalReceiver> receiver,
        List<GivenUpWal> givenUp,
        Optional<RunningService> service,
        Optional<StartedJava> startedJava,
        RepositoryReadings repositories,
        List<CountedBefore> counted) {
    public ClusterStatus {
        incarnations = List.copyOf(incarnations);
        queues = List.copyOf(queues);
        givenUp = List.copyOf(givenUp);
        counted = List.copyOf(counted);
    }

    /**
     * One incarnation.
     *
     * @param together what all repositories that were read hold together, as a recovery reads them
     * @param alone what each of them holds, by its name
     * @param backups in order of position
     * @param unfinished what is not a backup: it runs, waits for WAL, or was interrupted
     * @param drills what drills have judged
     * @param drillNumbers the number of the newest evidence of each host, by the repository that it was first stored in
     * @param forecast what a restore to the newest WAL would take; empty if none is possible, or none was measured
     */
    public record Incarnation(
            ClusterIdentity identity,
            Holding together,
            Map<String, Holding> alone,
            List<TakenBackup> backups,
            List<ListedBackup> unfinished,
            HeldDrills drills,
            Map<String, SortedMap<String, Integer>> drillNumbers,
            Optional<RestoreForecast> forecast) {
        public Incarnation {
            backups = List.copyOf(backups);
            unfinished = List.copyOf(unfinished);
            drillNumbers = Map.copyOf(drillNumbers);
        }
    }

    /**
     * A backup, as far as a time line shows it.
     *
     * @param name what the operator called it
     * @param annotation the operator's description
     * @param isUsable whether a recovery can begin with it
     * @param repositories that have it
     * @param damagedIn those of them whose copy verify found damaged, or that lack objects of it
     */
    public record TakenBackup(
            BackupId id,
            Optional<String> name,
            Optional<String> annotation,
            Timeline timeline,
            Instant ended,
            BaseBackup.Type type,
            boolean isKept,
            boolean isUsable,
            List<String> repositories,
            List<String> damagedIn) {
        public TakenBackup {
            repositories = List.copyOf(repositories);
            damagedIn = List.copyOf(damagedIn);
        }

        private static TakenBackup of(ListedBackup listed, BaseBackup backup, Instant now) {
            return new TakenBackup(
                    listed.id(),
                    backup.name(),
                    listed.annotation(),
                    backup.wal().timeline(),
                    backup.run().ended(),
                    backup.type(),
                    !listed.kept(now).isEmpty(),
                    listed.against().isEmpty(),
                    listed.repositories(),
                    listed.repositories().stream()
                            .filter(each -> !listed.isSoundIn(each))
                            .toList());
        }
    }

    /**
     * What protects an incarnation.
     *
     * @param newest the complete backup that ended last
     * @param newestWal the run of segments whose last one was stored last
     * @param newestCommit that a recovery without a target reaches
     * @param planned what a recovery to each moment would use; empty if it was not planned, and of a repository alone
     */
    public record Holding(
            Optional<BaseBackup> newest,
            Optional<WalRun> newestWal,
            RecoverableIntervals recoverable,
            NewestCommit newestCommit,
            List<ReachableTimeline> timelines,
            List<PlannedTimeline> planned) {
        public Holding {
            timelines = List.copyOf(timelines);
            planned = List.copyOf(planned);
        }

        /** The timeline of a recovery without options; empty if nothing can be restored. */
        public Optional<ReachableTimeline> latest() {
            return timelines.stream()
                    .filter(each ->
                            recoverable.latest().filter(each.timeline()::equals).isPresent())
                    .findFirst();
        }
    }

    /**
     * What this host has queued for a repository.
     *
     * @param repository its name, or its id if it is not configured
     * @param bytes in the spool; what another repository holds meanwhile takes none
     * @param oldest since when the first of them has been queued
     * @param refused how many objects the repository refused
     */
    public record Queue(String repository, int objects, long bytes, Optional<Instant> oldest, int refused) {}

    /**
     * By what was read of the repositories of the session. Of this host, the queues and notes are read. What a recovery
     * to each moment would use is not planned.
     */
    public static ClusterStatus of(Session session, ClusterReading reading) throws IOException {
        return of(session, reading, false);
    }

    /**
     * The same.
     *
     * @param isPlanned whether it is planned what a recovery to each moment would use: up to {@link PlannedTimeline}'s
     *     3 s of processor time, for a picture
     */
    public static ClusterStatus of(Session session, ClusterReading reading, boolean isPlanned) throws IOException {
        List<ListedBackup> backups = BackupListing.of(reading);
        List<Incarnation> incarnations = reading.incarnations().stream()
                .map(identity -> incarnation(identity, reading, backups, isPlanned))
                .toList();
        return new ClusterStatus(
                incarnations,
                queues(session),
                received(session),
                receiver(session),
                givenUp(session, reading.incarnations()),
                RunningService.of(session),
                incarnations.stream().findFirst().flatMap(newest -> startedJava(session, newest)),
                reading.repositories(),
                reading.counted());
    }

    private static Incarnation incarnation(
            ClusterIdentity identity, ClusterReading reading, List<ListedBackup> backups, boolean isPlanned) {
        List<IncarnationReading> held = reading.of(identity);
        List<ListedBackup> own = backups.stream()
                .filter(each -> each.system().equals(identity.system()))
                .toList();
        List<ListedBackup> complete = own.stream()
                .filter(each -> each.state() == BackupState.COMPLETE)
                .toList();
        Holding together = holding(reading.together(identity), held, complete.stream(), Optional.empty(), isPlanned);
        Map<String, Holding> alone = new LinkedHashMap<>();
        for (IncarnationReading each : held) {
            alone.put(
                    each.repository(),
                    holding(
                            each.snapshot(),
                            List.of(each),
                            complete.stream().filter(backup -> backup.isSoundIn(each.repository())),
                            Optional.of(together),
                            false));
        }
        return new Incarnation(
                identity,
                together,
                alone,
                own.stream()
                        .flatMap(each -> each
                                .backup()
                                .filter(any -> each.state().isBackup())
                                .map(backup -> TakenBackup.of(each, backup, reading.asOf()))
                                .stream())
                        .toList(),
                own.stream()
                        .filter(each -> !each.state().isBackup() && each.state() != BackupState.REMOVED)
                        .toList(),
                reading.drills(identity),
                held.stream()
                        .collect(
                                Collectors.toMap(IncarnationReading::repository, IncarnationReading::lastDrillNumbers)),
                RestoreForecast.of(held, reading.together(identity)));
    }

    private static Optional<StartedJava> startedJava(Session session, Incarnation incarnation) {
        return incarnation
                .together()
                .newestWal()
                .flatMap(wal -> ArchivedAhead.startedJava(
                        session, wal.last(), incarnation.identity().walSegmentSize()));
    }

    private static Optional<LocalReceiver> receiver(Session session) throws IOException {
        return session.cluster().isPresent()
                ? LocalReceiver.of(session.spool(), session.cluster().get().name())
                : Optional.empty();
    }

    private static ReceiveSpool.Waiting received(Session session) throws IOException {
        return session.cluster().isPresent()
                ? ReceiveSpool.waiting(session.spool(), session.cluster().get().name())
                : new ReceiveSpool.Waiting(0, 0, Optional.empty());
    }

    private static List<GivenUpWal> givenUp(Session session, Collection<ClusterIdentity> identities)
            throws IOException {
        List<GivenUpWal> all = new ArrayList<>();
        for (ClusterIdentity each : identities) {
            all.addAll(GivenUpNotes.of(session.spool(), each.cluster(), each.system())
                    .list());
        }
        return all;
    }

    /** @param together with which one repository may end: then its newest WAL is not read again */
    private static Holding holding(
            CatalogSnapshot catalog,
            List<IncarnationReading> held,
            Stream<ListedBackup> complete,
            Optional<Holding> together,
            boolean isPlanned) {
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        NewestCommit newest = together.filter(all -> recoverable.endsAs(all.recoverable()))
                .map(Holding::newestCommit)
                .orElseGet(() -> NewestCommit.of(catalog, recoverable));
        return new Holding(
                complete.flatMap(each -> each.backup().stream())
                        .max(Comparator.comparing(backup -> backup.run().ended())),
                held.stream().flatMap(each -> each.newestWal().stream()).max(Comparator.comparing(WalRun::lastStored)),
                recoverable,
                newest,
                ReachableTimeline.of(
                        catalog,
                        recoverable,
                        held.stream()
                                .flatMap(each -> each.inventory().removed().stream())
                                .toList()),
                isPlanned ? PlannedTimeline.of(catalog, recoverable, newest) : List.of());
    }

    private static List<Queue> queues(Session session) throws IOException {
        Map<RepositoryId, String> names = session.names();
        List<Queue> queues = new ArrayList<>();
        for (PendingQueue queue : session.pending().queues()) {
            boolean isOurs = session.cluster()
                    .map(each -> each.name().equals(queue.cluster()))
                    .orElse(true);
            QueueListing listed = queue.list();
            if (isOurs && listed.waiting() + listed.refused().size() > 0) {
                List<PendingObject> pending = listed.pending();
                queues.add(new Queue(
                        names.getOrDefault(
                                queue.repository(), queue.repository().value()),
                        pending.size(),
                        pending.stream().mapToLong(PendingObject::sizeBytes).sum(),
                        pending.stream().findFirst().flatMap(PendingObject::since),
                        listed.refused().size()));
            }
        }
        return queues;
    }
}
