// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * A repository that answered, with what it holds of the cluster. Immutable.
 *
 * @param server empty if it did not answer
 * @param archive empty if the server's incarnation is not registered in it
 * @param held the same, read; empty until then
 * @param removed the backups that expiry removed from it
 * @param queued names of the files that this host has queued for it
 */
record CheckedRepository(
        CheckRequest request,
        ClusterSettings cluster,
        RepositorySettings settings,
        Optional<ServerState> server,
        Repository repository,
        Optional<ClusterArchive> archive,
        Optional<IncarnationReading> held,
        Set<BackupId> removed,
        Set<String> queued,
        Clock clock) {
    CheckedRepository {
        removed = Set.copyOf(removed);
        queued = Set.copyOf(queued);
    }

    /** The same, before its content was read. */
    CheckedRepository(
            CheckRequest request,
            ClusterSettings cluster,
            RepositorySettings settings,
            Optional<ServerState> server,
            Repository repository,
            Optional<ClusterArchive> archive,
            Clock clock) {
        this(request, cluster, settings, server, repository, archive, Optional.empty(), Set.of(), Set.of(), clock);
    }

    /** The same, with what was read of it. */
    CheckedRepository with(IncarnationReading read, Set<BackupId> removedFromIt, Set<String> queuedForIt) {
        return new CheckedRepository(
                request,
                cluster,
                settings,
                server,
                repository,
                archive,
                Optional.of(read),
                removedFromIt,
                queuedForIt,
                clock);
    }

    String name() {
        return settings.name();
    }

    /** The backups in it. */
    Set<BackupId> published() {
        Set<BackupId> published = new TreeSet<>();
        held.ifPresent(each -> each.backups().forEach(backup -> published.add(backup.id())));
        return published;
    }

    List<Finding> findings(Finding... findings) {
        return Arrays.stream(findings).map(each -> each.of(name())).toList();
    }
}
