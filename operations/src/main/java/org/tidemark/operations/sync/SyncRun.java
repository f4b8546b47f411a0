// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.IoAction;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.operations.backups.StoredBackups;
import org.tidemark.replicate.ArchiveSync;
import org.tidemark.replicate.SyncOptions;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.replicate.SyncReport;
import org.tidemark.session.Session;
import org.tidemark.session.reading.StoredBackup;

/** One run of sync: each repository and each pair is handled separately, so that a failure does not stop the others. */
public final class SyncRun {
    private final Session session;
    private final Clock clock;
    private final SyncOptions options;
    private final SyncObserver observer;
    private final QueueDelivery queues;
    private Optional<ExitCode> failure = Optional.empty();
    private boolean problems;

    /** @param observer follows the run */
    public SyncRun(Session session, Clock clock, SyncOptions options, SyncObserver observer) {
        this.session = session;
        this.clock = clock;
        this.options = options;
        this.observer = observer;
        this.queues = new QueueDelivery(session, clock);
    }

    /** @param part of the work that may fail by itself */
    private void attempt(String what, IoAction part) {
        try {
            part.run();
        } catch (IOException | UserFacingException e) {
            UserFacingException explained = StorageErrors.explain(e);
            if (explained.exitCode() == ExitCode.INTERRUPTED || explained.exitCode() == ExitCode.USAGE) {
                throw explained;
            }
            failure = failure.or(() -> Optional.of(explained.exitCode()));
            observer.failed(what, explained);
        }
    }

    private boolean isPlan() {
        return options.mode() == SyncMode.DRY_RUN;
    }

    /** Copies to each repository what any other has. */
    public void heal(List<RepositorySettings> all) {
        List<RepositorySettings> reached = new ArrayList<>();
        Map<RepositoryId, RepositorySettings> known = new HashMap<>();
        for (RepositorySettings settings : all) {
            attempt(settings.name(), () -> {
                RepositorySettings other =
                        known.put(session.repository(settings).id(), settings);
                if (other != null) {
                    throw same(other, settings);
                }
                deliver(settings);
                reached.add(settings);
            });
        }
        for (int i = 0; i < reached.size(); i++) {
            for (int j = 0; j < reached.size(); j++) {
                RepositorySettings source = reached.get(i);
                RepositorySettings target = reached.get(j);
                if (i < j && !source.hasKeysOf(target)) {
                    observer.leftAlone(source.name(), target.name());
                } else if (i != j && source.hasKeysOf(target)) {
                    SyncOptions each = i < j ? options.there() : options.back();
                    attempt(source.name() + " -> " + target.name(), () -> copy(source, target, each));
                }
            }
        }
        reached.forEach(settings -> attempt(settings.name(), () -> retryRefused(settings)));
        abandonedBacklogs();
    }

    /** Copies from one to another. */
    public void copy(RepositorySettings source, RepositorySettings target) throws IOException {
        requireTwo(source, target);
        deliver(target);
        copy(source, target, options);
        retryRefused(target);
    }

    /**
     * Copies one full backup, the WAL that it needs, and all histories, to a repository in which nothing expires.
     *
     * @param backup as {@link BackupChoice} takes it
     */
    public void copyBackup(RepositorySettings source, RepositorySettings target, String backup) throws IOException {
        requireTwo(source, target);
        if (target.retention().policy().isPresent()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + target.name() + "' has a retention policy, which may delete the copy at once",
                    "Name a repository without one. To copy everything, leave out --backup.");
        }
        StoredBackup chosen = BackupChoice.findBackup(backup, StoredBackups.in(session, source))
                .getFirst();
        if (!(chosen.entry() instanceof CatalogEntry.Published published)) {
            throw new UserFacingException(
                    ExitCode.DAMAGED,
                    "the description of backup " + chosen.id() + " in '" + source.name() + "' cannot be read",
                    "Copy it from another repository that has it. See where it is with: tidemark list-backup");
        }
        BaseBackup copied = published.backup();
        if (copied.type() != BaseBackup.Type.FULL) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "backup " + copied.id() + " is incremental, and shares stored data with others",
                    "Copy a full one ('latest-full' names the newest), or take one: tidemark backup --type full");
        }
        ClusterArchive registered =
                session.repository(target).register(chosen.archive().identity(), clock);
        if (isThere(copied, registered, source, target)) {
            copy(source, target, options, sync -> sync.compareBackup(chosen.archive(), registered, copied));
        } else {
            copy(source, target, options, sync -> sync.copyBackup(chosen.archive(), registered, copied));
        }
    }

    /** Whether the target has the backup; refuses what can be neither compared nor copied. */
    private static boolean isThere(
            BaseBackup backup, ClusterArchive archive, RepositorySettings source, RepositorySettings target)
            throws IOException {
        for (CatalogEntry entry : archive.backups().list()) {
            if (entry.id().equals(backup.id()) && entry instanceof CatalogEntry.Published) {
                return true;
            }
            if (entry.id().equals(backup.id()) && entry instanceof CatalogEntry.Unreadable) {
                throw new UserFacingException(
                        ExitCode.DAMAGED,
                        "the description of backup " + backup.id() + " in '" + target.name() + "' cannot be read",
                        "Repair it with: " + CopyableCommand.of("sync", source.name(), target.name(), "--quick"));
            }
        }
        if (ArchiveSync.wasRemoved(backup, archive)) {
            throw new UserFacingException(
                    ExitCode.NO,
                    "backup " + backup.id() + ", or WAL that it needs, was removed from '" + target.name() + "'",
                    "Copy it to a new repository.");
        }
        return false;
    }

    private void requireTwo(RepositorySettings source, RepositorySettings target) throws IOException {
        if (session.repository(source).id().equals(session.repository(target).id())) {
            throw same(source, target);
        }
        if (!source.hasKeysOf(target) && !source.keys().encryptTo().isEmpty()) {
            observer.otherKeys(source.name(), target.name());
        }
    }

    /** Otherwise the queue of a repository could be delivered to a copy of its files. */
    private static UserFacingException same(RepositorySettings one, RepositorySettings other) {
        return new UserFacingException(
                ExitCode.USAGE,
                "'" + one.name() + "' and '" + other.name() + "' are the same repository",
                "Name another one to copy to. If one was made by copying the files of the other, create it again:"
                        + " tidemark init, then tidemark sync.");
    }

    /** The status of the first failure; NO if the operator has to look at something. */
    public ExitCode status() {
        return failure.orElse(problems ? ExitCode.NO : ExitCode.DONE);
    }

    private void deliver(RepositorySettings settings) throws IOException {
        Repository repository = session.repository(settings);
        for (PendingQueue queue : queues.queues(repository)) {
            QueueListing listed = queue.list();
            if (listed.waiting() == 0) {
                continue;
            }
            if (isPlan()) {
                long bytes = listed.pending().stream()
                        .mapToLong(PendingObject::sizeBytes)
                        .sum();
                observer.delivered(
                        settings.name(), new DeliveryReport(listed.waiting(), bytes, List.of(), Optional.empty()));
                continue;
            }
            DeliveryReport delivered =
                    queues.of(settings, queue).deliver(listed, Integer.MAX_VALUE, SyncRun::isNotInterrupted);
            observer.delivered(settings.name(), delivered);
            requireNotInterrupted();
            if (delivered.stoppedBy().isPresent()) {
                throw StorageErrors.explain(delivered.stoppedBy().get());
            }
            queues.ended(repository);
        }
        if (!isPlan() && session.cluster().isPresent()) {
            for (ClusterArchive archive :
                    repository.incarnations(session.cluster().get().name())) {
                GivenUpNotes.of(session.spool(), archive).deliver(archive);
            }
        }
    }

    private static boolean isNotInterrupted() {
        return !Thread.currentThread().isInterrupted();
    }

    private static void requireNotInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the copy was stopped", "Run it again: it continues where it stopped.");
        }
    }

    private void retryRefused(RepositorySettings settings) throws IOException {
        Repository repository = session.repository(settings);
        for (PendingQueue queue : isPlan() ? List.<PendingQueue>of() : queues.queues(repository)) {
            DeliveryReport delivered = queues.of(settings, queue).retryRefused();
            observer.delivered(settings.name(), delivered);
            for (RefusedObject refused : delivered.refused()) {
                problems = true;
                observer.refused(settings.name(), refused);
            }
        }
    }

    private void copy(RepositorySettings source, RepositorySettings target, SyncOptions each) throws IOException {
        Repository to = session.repository(target);
        for (ClusterArchive archive : incarnations(source)) {
            Optional<ClusterArchive> there = to.incarnation(
                    archive.identity().cluster(), archive.identity().system());
            if (there.isEmpty() && isPlan()) {
                observer.copied(source.name(), target.name(), everything(archive));
                continue;
            }
            ClusterArchive registered = there.isPresent() ? there.get() : to.register(archive.identity(), clock);
            copy(source, target, each, sync -> sync.copy(archive, registered));
        }
    }

    private interface Copying {
        SyncReport by(ArchiveSync sync) throws IOException;
    }

    private void copy(RepositorySettings source, RepositorySettings target, SyncOptions each, Copying copying)
            throws IOException {
        try (ObjectProgress progress = observer.copying(source.name() + " -> " + target.name())) {
            SyncReport report = copying.by(new ArchiveSync(each, progress::done));
            problems |= report.problemCount() > 0;
            observer.copied(source.name(), target.name(), report);
        }
    }

    /** A repository without this cluster has nothing to give; it receives everything. */
    private List<ClusterArchive> incarnations(RepositorySettings source) throws IOException {
        Repository repository = session.repository(source);
        return repository.incarnations(session.clusterName(repository));
    }

    private static SyncReport everything(ClusterArchive archive) throws IOException {
        long[] counted = {0, 0};
        Listing.visit(archive.repository().store(), archive.identity().keys().prefix(), object -> {
            counted[0]++;
            counted[1] += object.sizeBytes();
        });
        return new SyncReport(counted[0], counted[1], List.of(), 0, List.of(), 0, List.of(), 0, 0);
    }

    /** The queue of a repository that is no longer one of the cluster's is not delivered. */
    private void abandonedBacklogs() {
        attempt("the spool", () -> {
            for (PendingQueue queue : session.pending().queues()) {
                if (queues.isOfOurCluster(queue) && !queues.isOfTheCluster(queue.repository())) {
                    problems = true;
                    String id = queue.repository().value();
                    observer.abandoned(
                            session.names().getOrDefault(queue.repository(), id),
                            queue.list().waiting());
                }
            }
        });
    }
}
