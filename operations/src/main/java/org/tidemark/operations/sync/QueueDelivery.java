// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.tidemark.archiver.PushTarget.Holders;
import org.tidemark.archiver.queue.BacklogDelivery;
import org.tidemark.archiver.queue.BacklogDelivery.DeliveryReport;
import org.tidemark.archiver.queue.BacklogDelivery.RefusedObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;

/** Delivers what this host has queued for the repositories of one command. */
public final class QueueDelivery {
    private static final Duration MEANWHILE = Duration.ofSeconds(30);

    private final Session session;
    private final Clock clock;

    public QueueDelivery(Session session, Clock clock) {
        this.session = session;
        this.clock = clock;
    }

    /** The queues for a repository; those of all clusters if the command has no cluster. */
    List<PendingQueue> queues(Repository repository) throws IOException {
        return session.pending().queues().stream()
                .filter(queue -> queue.repository().equals(repository.id()))
                .filter(this::isOfOurCluster)
                .toList();
    }

    boolean isOfOurCluster(PendingQueue queue) {
        return session.cluster()
                .map(each -> each.name().equals(queue.cluster()))
                .orElse(true);
    }

    /** Whether sync delivers to this repository: the others are not one of the cluster's, or not known by now. */
    boolean isOfTheCluster(RepositoryId id) {
        return session.repositoriesOfTheCluster().stream()
                .anyMatch(each -> session.repositories().rememberedId(each).equals(Optional.of(id)));
    }

    /** Delivers a queue to its repository. */
    BacklogDelivery of(RepositorySettings settings, PendingQueue queue) throws IOException {
        return new BacklogDelivery(
                queue,
                archive(session.repository(settings), queue),
                id -> holders(settings, queue, id),
                session.pending().histories(clock),
                clock);
    }

    /** The queue of a repository is empty: the next push contacts it at once. */
    void ended(Repository repository) {
        session.pending().pause(repository.id()).succeeded();
    }

    /**
     * Delivers what is queued before a backup into the repository: its WAL would come after all of it, and a push
     * delivers only some. A failed delivery is a warning: the backup's own WAL may still arrive. A full repository
     * takes none of it.
     *
     * @param told is told what is delivered and what fails
     * @throws UserFacingException with STORE_FULL; with WAL_NOT_ARCHIVED if files are still queued when a backup would
     *     not wait longer for its WAL
     */
    public void deliverBeforeBackup(RepositorySettings settings, Consumer<Finding> told) {
        Duration limit = session.configuration().host().walWait();
        BooleanSupplier goOn = within(limit);
        int left = 0;
        try {
            Repository repository = session.repository(settings);
            for (PendingQueue queue : queues(repository)) {
                left += deliver(settings, queue, goOn, told);
            }
            if (left == 0) {
                ended(repository);
            }
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explain(e);
            if (why.exitCode() == ExitCode.STORE_FULL) {
                throw why;
            }
            told.accept(Finding.warning(
                    "queue",
                    "the queue for '" + settings.name() + "' is not delivered: " + why.getMessage(),
                    why.hint()));
            return;
        }
        if (left > 0 && !Thread.currentThread().isInterrupted()) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    Amounts.count(left, "file is", "files are") + " still queued for '" + settings.name() + "' after "
                            + Amounts.duration(limit) + ", and the WAL of a backup would come after them; no backup"
                            + " was started",
                    "Deliver them with: tidemark sync. Then take the backup again. host.wal-wait limits how long a"
                            + " backup itself delivers them.");
        }
    }

    /**
     * Delivers what is queued for a repository while somebody waits for it to arrive there, for half a minute at most.
     * Who waits goes on after a failure, and says in the end what is missing.
     *
     * @param told what the repository refuses: that will not arrive
     */
    public void deliverMeanwhile(RepositorySettings settings, Consumer<Finding> told) {
        BooleanSupplier goOn = within(MEANWHILE);
        try {
            for (PendingQueue queue : queues(session.repository(settings))) {
                deliver(settings, queue, goOn).report().ifPresent(report -> tell(settings, report, told));
            }
        } catch (IOException | UserFacingException e) {
            StorageErrors.explainUnlessInterrupted(e);
        }
    }

    private static BooleanSupplier within(Duration limit) {
        long end = System.nanoTime() + limit.toNanos();
        return () -> System.nanoTime() - end < 0 && !Thread.currentThread().isInterrupted();
    }

    /**
     * What was delivered from the queue of one repository. Immutable.
     *
     * @param report empty if there was nothing, or it failed at once
     */
    public record Delivered(
            String repository, Optional<DeliveryReport> report, Optional<UserFacingException> failure) {}

    /**
     * Delivers every queue of the cluster whose repository is known.
     *
     * @param limit of the whole; what is left then stays queued
     * @throws UserFacingException on an interrupt
     */
    public List<Delivered> deliverAll(Duration limit) {
        BooleanSupplier goOn = within(limit);
        List<Delivered> delivered = new ArrayList<>();
        for (RepositorySettings settings : session.repositoriesOfTheCluster()) {
            Optional<RepositoryId> id = session.repositories().rememberedId(settings);
            try {
                for (PendingQueue queue : session.pending().queues()) {
                    if (Optional.of(queue.repository()).equals(id) && isOfOurCluster(queue)) {
                        delivered.add(deliver(settings, queue, goOn));
                    }
                }
            } catch (IOException | UserFacingException e) {
                UserFacingException failure = StorageErrors.explainUnlessInterrupted(e);
                delivered.add(new Delivered(settings.name(), Optional.empty(), Optional.of(failure)));
            }
        }
        return delivered;
    }

    private Delivered deliver(RepositorySettings settings, PendingQueue queue, BooleanSupplier goOn)
            throws IOException {
        QueueListing listed = queue.list();
        if (listed.waiting() == 0) {
            return new Delivered(settings.name(), Optional.empty(), Optional.empty());
        }
        DeliveryReport report = of(settings, queue).deliver(listed, Integer.MAX_VALUE, goOn);
        if (report.stoppedBy().isEmpty() && queue.list().waiting() == 0) {
            ended(session.repository(settings));
        }
        return new Delivered(
                settings.name(), Optional.of(report), report.stoppedBy().map(StorageErrors::explain));
    }

    /** The number of files left; on a busy server more are queued meanwhile. */
    private int deliver(RepositorySettings settings, PendingQueue queue, BooleanSupplier goOn, Consumer<Finding> told)
            throws IOException {
        QueueListing listed = queue.list();
        if (listed.waiting() > 0) {
            told.accept(Finding.ok(
                    "queue",
                    Amounts.count(listed.waiting(), "file is", "files are") + " queued for '" + settings.name()
                            + "'; Tidemark tries to deliver them before the backup"));
        }
        while (listed.waiting() > 0 && goOn.getAsBoolean()) {
            DeliveryReport delivered = of(settings, queue).deliver(listed, Integer.MAX_VALUE, goOn);
            tell(settings, delivered, told);
            if (delivered.stoppedBy().isPresent()) {
                throw StorageErrors.explain(delivered.stoppedBy().get());
            }
            listed = queue.list();
        }
        return listed.waiting();
    }

    private static void tell(RepositorySettings settings, DeliveryReport delivered, Consumer<Finding> told) {
        for (RefusedObject refused : delivered.refused()) {
            told.accept(Finding.warning(
                    "queue",
                    "'" + settings.name() + "' refused '" + refused.keyName() + "': " + refused.problem(),
                    "See also: tidemark check"));
        }
    }

    private List<Holders.Holder> holders(RepositorySettings late, PendingQueue queue, RepositoryId id) {
        List<Holders.Holder> holders = new ArrayList<>();
        for (RepositorySettings each : session.repositoriesOfTheCluster()) {
            boolean named =
                    session.repositories().rememberedId(each).filter(id::equals).isPresent();
            if (!each.name().equals(late.name()) && (named || each.hasKeysOf(late))) {
                holders.add(
                        named ? 0 : holders.size(),
                        new Holders.Holder(each.name(), system -> archive(session.repository(each), queue)));
            }
        }
        return holders;
    }

    private static ClusterArchive archive(Repository repository, PendingQueue queue) throws IOException {
        return repository
                .incarnation(queue.cluster(), queue.system())
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.WRONG_CLUSTER,
                        "system identifier " + queue.system() + " is not registered for cluster '" + queue.cluster()
                                + "' in " + repository.store().description(),
                        "Register it with: tidemark init --cluster " + queue.cluster()));
    }
}
