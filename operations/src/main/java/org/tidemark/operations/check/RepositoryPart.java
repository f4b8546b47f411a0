// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.tidemark.archiver.spool.PendingQueue;
import org.tidemark.archiver.spool.QueueListing;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.UnregisteredCluster;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.operations.Session;
import org.tidemark.operations.check.CheckedCluster.ServerState;
import org.tidemark.store.ObjectKey;

/**
 * What a repository said, and what is wrong with it. Immutable.
 *
 * @param state empty if it did not answer
 */
record RepositoryPart(List<Finding> findings, Optional<CheckedRepository> state) {
    RepositoryPart {
        findings = List.copyOf(findings);
    }

    /** A repository that did not answer. */
    static RepositoryPart unreachable(String name, String problem, String hint) {
        return new RepositoryPart(
                List.of(Subject.REPOSITORY
                        .critical("'" + name + "': " + problem, hint)
                        .of(name)),
                Optional.empty());
    }

    /** Asks the repository. */
    static RepositoryPart ask(
            Session session,
            CheckRequest request,
            ClusterSettings cluster,
            RepositorySettings settings,
            Optional<ServerState> server,
            Clock clock) {
        return new Asking(session, request, cluster, settings, server, clock).ask();
    }

    /** One look at a repository. Not thread-safe. */
    private record Asking(
            Session session,
            CheckRequest request,
            ClusterSettings cluster,
            RepositorySettings settings,
            Optional<ServerState> server,
            Clock clock,
            List<Finding> findings) {
        Asking(
                Session session,
                CheckRequest request,
                ClusterSettings cluster,
                RepositorySettings settings,
                Optional<ServerState> server,
                Clock clock) {
            this(session, request, cluster, settings, server, clock, new ArrayList<>());
        }

        RepositoryPart ask() {
            String name = settings.name();
            RepositoryCheck check = new RepositoryCheck(name, cluster.check(), request.limit(), clock);
            Optional<CheckedRepository> state = Optional.empty();
            try {
                Repository repository = session.repository(settings);
                Optional<ClusterArchive> archive = archive(repository);
                check.canBeWritten(repository, next(archive))
                        .hasRoom(repository)
                        .hasNoRemains(repository);
                if (archive.isPresent()) {
                    check.holds(
                            archive.get(),
                            session.backups(archive.get()),
                            settings.retention().minimumRedundancy(),
                            server.flatMap(ServerState::archiver),
                            server.flatMap(ServerState::receiver),
                            LocalPgWal.of(cluster),
                            queued(repository.id(), archive.get().identity()));
                }
                state = Optional.of(new CheckedRepository(
                        request,
                        cluster,
                        settings,
                        repository,
                        check.held(),
                        check.published(),
                        check.removed(),
                        clock));
                findings.addAll(check.findings());
                findings.addAll(Check.all(Checks.REPOSITORY, state.get()));
            } catch (IOException | UserFacingException e) {
                UserFacingException problem = StorageErrors.explain(e);
                findings.addAll(check.findings());
                findings.addAll(
                        unreachable(name, problem.getMessage(), problem.hint()).findings());
            }
            return new RepositoryPart(findings, state);
        }

        /** Where the server's current segment will be stored; near it, if that cannot be told. */
        private ObjectKey next(Optional<ClusterArchive> archive) {
            if (archive.isEmpty()) {
                return ObjectName.Scratch.of(UUID.randomUUID()).key();
            }
            WalSegmentSize size = archive.get().identity().walSegmentSize();
            return server.flatMap(ServerState::archiver)
                    .flatMap(ArchiverStatus::lastArchivedSegment)
                    .map(last -> archive.get().wal().key(Segment.of(last.timeline(), last.index(size) + 1, size)))
                    .orElseGet(() -> archive.get().identity().keys().identity());
        }

        /** The names of the files that this host has queued for the repository. */
        private Set<String> queued(RepositoryId repository, ClusterIdentity identity) {
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
        private Optional<ClusterArchive> archive(Repository repository) throws IOException {
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
}
