// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.archiver.queue.PendingQueue;
import org.tidemark.archiver.queue.QueueListing;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.UnregisteredCluster;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * What a repository said, and what is wrong with it. Immutable.
 *
 * @param state empty if it did not answer
 */
record RepositoryPart(List<Finding> findings, Optional<CheckedRepository> state) {
    RepositoryPart {
        findings = List.copyOf(findings);
    }

    /** Asks the repository. */
    static RepositoryPart ask(
            Session session,
            CheckRequest request,
            ClusterSettings cluster,
            RepositorySettings settings,
            Optional<ServerState> server,
            Clock clock) {
        List<Finding> findings = new ArrayList<>();
        try {
            Repository repository = session.repository(settings);
            Optional<ClusterArchive> archive = archive(repository, cluster, settings, server, findings);
            CheckedRepository opened =
                    new CheckedRepository(request, cluster, settings, server, repository, archive, clock);
            findings.addAll(Check.all(Checks.STORE, opened));
            CheckedRepository read = archive.isEmpty() ? opened : read(session, opened, archive.get(), findings);
            findings.addAll(Check.all(Checks.REPOSITORY, read));
            return new RepositoryPart(findings, Optional.of(read));
        } catch (IOException | UserFacingException e) {
            UserFacingException problem = StorageErrors.explain(e);
            findings.add(Subject.REPOSITORY
                    .critical("'" + settings.name() + "': " + problem.getMessage(), problem.hint())
                    .of(settings.name()));
            return new RepositoryPart(findings, Optional.empty());
        }
    }

    private static CheckedRepository read(
            Session session, CheckedRepository opened, ClusterArchive archive, List<Finding> findings)
            throws IOException {
        // Before the archive: what is delivered in between is then in both, not in neither.
        Set<String> queued = queued(session, opened.repository().id(), archive.identity(), findings);
        BackupCatalog backups = session.backups(archive);
        Instant now = opened.clock().instant();
        IncarnationReading held = IncarnationReading.of(
                opened.name(),
                archive,
                backups,
                opened.settings().retention().minimumRedundancy(),
                () -> opened.request().wal().of(session, archive, now),
                session.begun(archive.identity().cluster()),
                session.commits(archive),
                session.drills(archive),
                now);
        return opened.with(held, backups.removed(), queued);
    }

    /** The names of the files that this host has queued for the repository. */
    private static Set<String> queued(
            Session session, RepositoryId repository, ClusterIdentity identity, List<Finding> findings) {
        PendingQueue queue = session.pending().queue(repository, identity.cluster(), identity.system());
        Set<String> names = new TreeSet<>();
        try {
            QueueListing listed = queue.list();
            listed.pending().forEach(each -> names.add(each.keyName()));
            listed.refused().forEach(each -> names.add(each.keyName()));
        } catch (IOException e) {
            // A problem of this host, not of the repository.
            findings.add(BacklogCheck.unreadable(e));
        }
        return names;
    }

    /** The archive of the server; if the server did not answer, the only archive in the repository. */
    private static Optional<ClusterArchive> archive(
            Repository repository,
            ClusterSettings cluster,
            RepositorySettings settings,
            Optional<ServerState> server,
            List<Finding> findings)
            throws IOException {
        String name = settings.name();
        if (server.isEmpty()) {
            List<ClusterArchive> all = repository.incarnations(cluster.name());
            return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
        }
        ClusterIdentity identity = server.get().settings().identity(cluster.name());
        Optional<ClusterArchive> archive = repository.incarnation(cluster.name(), identity.system());
        if (archive.isEmpty()) {
            findings.add(Subject.IDENTITY
                    .critical(
                            "system identifier " + identity.system() + " is not registered for cluster '"
                                    + cluster.name() + "' in '" + name + "'",
                            UnregisteredCluster.hint(repository, cluster.name()))
                    .of(name));
        } else if (!archive.get().identity().equals(identity)) {
            findings.add(Subject.IDENTITY
                    .critical(
                            "the server differs from the one that is registered in '" + name
                                    + "': version, page size or segment size",
                            "If it was upgraded, register it with: tidemark init --new-incarnation")
                    .of(name));
        } else {
            findings.add(Subject.IDENTITY
                    .ok("system identifier " + identity.system() + " is registered in '" + name + "'")
                    .of(name));
        }
        return archive;
    }
}
