// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.archiver.spool.PendingQueue;
import org.tidemark.archiver.spool.QueueListing;
import org.tidemark.archiver.spool.Spool;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.operations.check.CheckReport.Backlog;
import org.tidemark.operations.check.ReadyFiles.Trend;
import org.tidemark.operations.server.ServerSettings;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.SqlConnection;

/** Checks everything that protects a cluster. A check that fails is a finding, and the others continue. */
public final class Checkup {
    private final Session session;
    private final ClusterSettings cluster;
    private final Clock clock;
    private final List<Finding> findings = new ArrayList<>();
    private final Map<Set<String>, Map<String, Set<BackupId>>> published = new LinkedHashMap<>();
    private final Map<String, Set<BackupId>> removed = new LinkedHashMap<>();
    private final List<Backlog> backlogs = new ArrayList<>();
    private Optional<ServerSettings> server = Optional.empty();
    private final Path spool;
    private final List<WalCheck.RepositoryWal> held = new ArrayList<>();
    private Optional<ArchiverStatus> archiver = Optional.empty();

    private Checkup(Session session, ClusterSettings cluster, Clock clock) {
        this.session = session;
        this.cluster = cluster;
        this.spool = session.spool();
        this.clock = clock;
    }

    /**
     * Checks the cluster and the repositories of the session.
     *
     * @throws UserFacingException USAGE if no cluster is configured
     */
    public static CheckReport of(Session session, Clock clock) {
        ClusterSettings cluster = session.cluster()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster is configured",
                        "Write a configuration with: tidemark init --url URL --conninfo TEXT"));
        return new Checkup(session, cluster, clock).report();
    }

    private CheckReport report() {
        server(session.connection());
        findings.addAll(DataDirectoryCheck.walSpace(cluster, server.flatMap(ServerSettings::dataDirectory)));
        findings.addAll(BacklogCheck.writable(spool));
        List<RepositorySettings> repositories = session.repositorySettings();
        repositories.forEach(this::repository);
        wal();
        published.values().forEach(this::sameBackups);
        backlog(session.pending(), session.names());
        return new CheckReport(
                cluster.name(),
                repositories.stream().map(RepositorySettings::name).toList(),
                findings,
                backlogs);
    }

    private void server(ConnectionSettings connection) {
        try (SqlConnection sql = SqlConnection.open(connection)) {
            ServerSettings settings = ServerSettings.ask(sql);
            server = Optional.of(settings);
            findings.addAll(ServerCheck.of(settings));
            findings.addAll(DataDirectoryCheck.of(cluster, settings.dataDirectory(), started(sql)));
            String mode = settings.setting("archive_mode").orElse("off");
            if (mode.equals("always") || (mode.equals("on") && !settings.inRecovery())) {
                archiver(settings, ArchiverStatus.ask(sql));
            }
        } catch (UserFacingException e) {
            findings.add(Finding.critical("server", e));
            findings.addAll(DataDirectoryCheck.of(cluster, Optional.empty(), Optional.empty()));
            return;
        }
        try (ReplicationConnection replication = ReplicationConnection.open(connection)) {
            replication.identifySystem();
            findings.add(Finding.ok("replication", "the role may take base backups"));
        } catch (UserFacingException e) {
            findings.add(Finding.critical("replication", e));
        }
    }

    private static Optional<Instant> started(SqlConnection sql) {
        return Optional.of(sql.query(
                        ServerSettings.LIMIT,
                        row -> row.getTimestamp(1).toInstant(),
                        "SELECT pg_postmaster_start_time()")
                .getFirst());
    }

    private void archiver(ServerSettings settings, ArchiverStatus status) {
        archiver = Optional.of(status);
        Trend trend = status.ready()
                .map(ready -> new BacklogMemory(spool, cluster.name(), clock).compare(ready.count()))
                .orElse(Trend.UNKNOWN);
        findings.add(status.finding(settings.identity(cluster.name()).walSegmentSize(), cluster.check(), trend));
    }

    /** A backup of another repository belongs in this one too if both have the same recipients. */
    private void repository(RepositorySettings settings) {
        String name = settings.name();
        RepositoryCheck check = new RepositoryCheck(name, cluster.check(), clock);
        try {
            Repository repository = session.repository(settings);
            check.canBeWritten(repository).hasRoom(repository).hasNoRemains(repository);
            Optional<ClusterArchive> archive = archive(name, repository);
            if (archive.isPresent()) {
                check.holds(
                        archive.get(),
                        archiver,
                        keptWal(),
                        queued(repository.id(), archive.get().identity()));
                published
                        .computeIfAbsent(settings.keys().recipients(), each -> new LinkedHashMap<>())
                        .put(name, check.published());
                removed.put(name, check.removed());
                check.held().ifPresent(held::add);
                check.retention(settings.retention()).ifPresent(findings::add);
            }
            findings.addAll(check.findings());
        } catch (IOException | UserFacingException e) {
            UserFacingException problem = StorageErrors.explain(e);
            findings.addAll(check.findings());
            findings.add(Finding.critical("repository", "'" + name + "': " + problem.getMessage(), problem.hint())
                    .of(name));
        }
    }

    private Optional<KeptWal> keptWal() {
        return cluster.dataDirectory().map(data -> new KeptWal(data.resolve("pg_wal")));
    }

    /** The names of the files that this host has queued for a repository. */
    private Set<String> queued(RepositoryId repository, ClusterIdentity identity) {
        PendingQueue queue = session.pending().queue(repository, identity.cluster(), identity.system());
        Set<String> names = new TreeSet<>();
        try {
            QueueListing listed = queue.list();
            listed.pending().forEach(each -> names.add(each.keyName()));
            listed.refused().forEach(each -> names.add(each.keyName()));
        } catch (IOException e) {
            // A problem of this host, not of the repository.
            unreadableQueues(e);
        }
        return names;
    }

    private void unreadableQueues(IOException failure) {
        Finding finding = Finding.warning(
                "spool",
                "the queues of lagging repositories cannot be read: " + failure.getMessage() + " ("
                        + failure.getClass().getSimpleName() + ")",
                "Run check as the owner of the data directory.");
        if (findings.stream().noneMatch(each -> each.subject().equals(finding.subject()))) {
            findings.add(finding);
        }
    }

    /** Looks for gaps in the WAL of all checked repositories. */
    private void wal() {
        Map<ClusterIdentity, List<WalCheck.RepositoryWal>> incarnations = new LinkedHashMap<>();
        for (WalCheck.RepositoryWal each : held) {
            incarnations
                    .computeIfAbsent(each.identity(), any -> new ArrayList<>())
                    .add(each);
        }
        Optional<KeptWal> kept = keptWal();
        incarnations.values().forEach(each -> findings.addAll(WalCheck.of(each, kept)));
    }

    /** Compares repositories with the same recipients: one may lack what another has. */
    private void sameBackups(Map<String, Set<BackupId>> held) {
        Set<BackupId> all = new TreeSet<>();
        held.values().forEach(all::addAll);
        held.forEach((name, own) -> {
            Set<BackupId> missing = new TreeSet<>(all);
            missing.removeAll(own);
            missing.removeAll(removed.getOrDefault(name, Set.of()));
            if (!missing.isEmpty()) {
                BackupId newest = List.copyOf(missing).getLast();
                findings.add(Finding.warning(
                                "backups",
                                "'" + name + "' lacks "
                                        + (missing.size() == 1
                                                ? "backup " + newest
                                                : missing.size() + " backups, " + newest + " the newest,")
                                        + " that another repository has",
                                "Copy what is missing with: tidemark sync")
                        .of(name));
            }
        });
    }

    /** What this host has queued for lagging repositories. */
    private void backlog(Spool pending, Map<RepositoryId, String> names) {
        try {
            BacklogCheck check = new BacklogCheck(cluster.name(), cluster.check(), clock);
            for (Backlog backlog : check.backlogs(pending, names)) {
                if (names.size() == 1 && backlog.objects() == 0 && backlog.refused() == 0) {
                    continue; // a single repository has no queue
                }
                backlogs.add(backlog);
                findings.addAll(check.findings(backlog, names.containsValue(backlog.repository())));
            }
            findings.addAll(BacklogCheck.room(pending, session.spoolLimit()));
        } catch (IOException e) {
            unreadableQueues(e);
        }
    }

    /** The archive of the server; if the server did not answer, the only archive in the repository. */
    private Optional<ClusterArchive> archive(String name, Repository repository) throws IOException {
        if (server.isEmpty()) {
            List<ClusterArchive> all = repository.incarnations(cluster.name());
            return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
        }
        ClusterIdentity identity = server.get().identity(cluster.name());
        Optional<ClusterArchive> archive = repository.incarnation(cluster.name(), identity.system());
        if (archive.isEmpty()) {
            findings.add(Finding.critical(
                            "identity",
                            "system identifier " + identity.system() + " is not registered for cluster '"
                                    + cluster.name() + "' in '" + name + "'",
                            "Register it with: tidemark init (after initdb or pg_upgrade with --new-incarnation)")
                    .of(name));
        } else if (!archive.get().identity().equals(identity)) {
            findings.add(Finding.critical(
                            "identity",
                            "the server differs from the one that is registered in '" + name
                                    + "': version, page size or segment size",
                            "If it was upgraded, register it with: tidemark init --new-incarnation")
                    .of(name));
        } else {
            findings.add(Finding.ok("identity", "system identifier " + identity.system() + " is registered")
                    .of(name));
        }
        return archive;
    }
}
