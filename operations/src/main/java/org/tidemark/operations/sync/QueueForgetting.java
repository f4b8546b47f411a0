// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.archiver.queue.PendingObject;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.session.Session;

/**
 * Takes what this host has queued for one repository out of its spool: nobody is to deliver it any more. What is queued
 * by name is in another repository. What the spool has itself goes only if another repository of the cluster has the
 * same content.
 */
public final class QueueForgetting {
    private static final String HISTORY = ".history";

    private final Session session;
    private final QueueDelivery queues;

    public QueueForgetting(Session session, QueueDelivery queues) {
        this.session = session;
        this.queues = queues;
    }

    /** What goes from one queue. */
    record Part(PendingQueue queue, List<PendingObject> objects) {}

    /**
     * What would be forgotten. Immutable.
     *
     * @param repository its name, or its id if it is not configured
     * @param isOfTheCluster then sync still copies to it what it lacks
     */
    public record Plan(String repository, boolean isOfTheCluster, List<Part> parts) {
        public Plan {
            parts = List.copyOf(parts);
        }

        public int objects() {
            return parts.stream().mapToInt(part -> part.objects().size()).sum();
        }

        /** Of the spool. */
        public long bytes() {
            return parts.stream()
                    .flatMap(part -> part.objects().stream())
                    .mapToLong(PendingObject::sizeBytes)
                    .sum();
        }
    }

    /**
     * Looks at the queues of a repository, and at the other repositories if the spool has bytes that they must hold.
     *
     * @param nameOrId of a configured repository, or the id of any
     * @throws UserFacingException with USAGE if this host knows no such repository, WAL_MISSING if it has bytes that no
     *     other repository of the cluster holds
     */
    public Plan plan(String nameOrId) throws IOException {
        Map<RepositoryId, String> names = session.names();
        List<PendingQueue> all = session.pending().queues().stream()
                .filter(queues::isOfOurCluster)
                .toList();
        RepositoryId id = names.entrySet().stream()
                .filter(each -> each.getValue().equals(nameOrId))
                .map(Map.Entry::getKey)
                .findFirst()
                .or(() -> all.stream()
                        .map(PendingQueue::repository)
                        .filter(each -> each.value().equals(nameOrId))
                        .findFirst())
                .orElseThrow(() -> unknown(nameOrId, all, names));
        List<Part> parts = new ArrayList<>();
        for (PendingQueue queue : all) {
            if (queue.repository().equals(id)) {
                QueueListing listed = queue.list();
                List<PendingObject> objects = new ArrayList<>(listed.pending());
                objects.addAll(listed.refused());
                requireHeldElsewhere(queue, objects);
                parts.add(new Part(queue, objects));
            }
        }
        return new Plan(names.getOrDefault(id, id.value()), queues.isOfTheCluster(id), parts);
    }

    private boolean isRememberedAs(RepositorySettings settings, RepositoryId id) {
        return session.repositories().rememberedId(settings).equals(Optional.of(id));
    }

    private static UserFacingException unknown(
            String nameOrId, List<PendingQueue> all, Map<RepositoryId, String> names) {
        List<String> known = all.stream()
                .map(queue -> names.getOrDefault(
                        queue.repository(), queue.repository().value()))
                .distinct()
                .toList();
        return new UserFacingException(
                ExitCode.USAGE,
                "nothing is queued for '" + nameOrId + "', and this host knows no repository of that name",
                known.isEmpty()
                        ? "This host has no queue."
                        : "There are queues for: " + String.join(", ", known) + ".");
    }

    private void requireHeldElsewhere(PendingQueue queue, List<PendingObject> objects) throws IOException {
        List<PendingObject> only = new ArrayList<>();
        for (PendingObject object : objects) {
            if (object.held().isEmpty() && !isHeldElsewhere(queue, object)) {
                only.add(object);
            }
        }
        if (!only.isEmpty()) {
            PendingObject first = only.getFirst();
            throw new UserFacingException(
                    ExitCode.WAL_MISSING,
                    Amounts.count(only.size(), "queued object exists", "queued objects exist")
                            + " only in the spool of this host, for example '" + first.keyName() + "'",
                    "Deliver the queue with: " + CopyableCommand.of("sync")
                            + ". To discard what exists only here, delete the files; the first is '" + first.file()
                            + "'");
        }
    }

    private boolean isHeldElsewhere(PendingQueue queue, PendingObject object) throws IOException {
        Optional<Sha256> content = content(object);
        for (RepositorySettings each : session.repositoriesOfTheCluster()) {
            if (isRememberedAs(each, queue.repository())) {
                continue;
            }
            Optional<ClusterArchive> archive = session.repository(each).incarnation(queue.cluster(), queue.system());
            if (archive.isPresent() && isHeld(archive.get().wal(), object.keyName(), content)) {
                return true;
            }
        }
        return false;
    }

    /** What is damaged here can never be delivered: then any content there is enough. */
    private static boolean isHeld(WalArchive wal, String keyName, Optional<Sha256> content) throws IOException {
        Optional<Sha256> there;
        Optional<WalFile.Segment> segment = WalNames.segment(keyName);
        if (segment.isPresent()) {
            there = wal.digest(segment.get());
        } else if (keyName.endsWith(HISTORY) && WalFile.parse(keyName) instanceof TimelineHistoryFile history) {
            there = wal.content(history).map(Sha256::of);
        } else {
            // The key of a partial segment tells its content.
            return wal.containsStored(keyName);
        }
        return there.isPresent() && (content.isEmpty() || content.equals(there));
    }

    /** Empty if it is damaged. */
    private static Optional<Sha256> content(PendingObject object) throws IOException {
        try {
            return object.read().header().content().map(ContentDigests::plain);
        } catch (DamagedObjectException e) {
            return Optional.empty();
        }
    }

    /** Durable when this returns. What was queued after the plan stays. */
    public void apply(Plan plan) throws IOException {
        for (Part part : plan.parts()) {
            part.queue().forget(part.objects());
        }
    }
}
