// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.KnownPlaces;
import org.tidemark.operations.backups.BackupChoice;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.restore.KnownHost;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestorePreparation;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.wal.Holding;
import org.tidemark.restore.wal.SearchProgress;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.StoredBackup;
import org.tidemark.walsearch.BackupNames;

/**
 * The repositories that a restore reads, and its plan over all that answered. Immutable.
 *
 * @param repositories those that answered, then the others, in the order of the configuration
 */
public record RestoreSource(
        ClusterIdentity identity, List<String> repositories, RestorePreparation preparation, PreparedRestore prepared) {
    public RestoreSource {
        repositories = List.copyOf(repositories);
    }

    /**
     * Reads every repository and plans. The plan names each repository that does not answer.
     *
     * @param progress of the search for a restore point
     * @param limit how long a plan without a problem may look at the WAL that is replayed
     * @throws UserFacingException the first failure, if no repository answered; INTERRUPTED
     */
    public static RestoreSource choose(
            Session session,
            RestoreRequest request,
            Optional<String> backup,
            Instant now,
            SearchProgress progress,
            Duration limit)
            throws IOException {
        List<Holding> holdings = new ArrayList<>();
        List<UserFacingException> unregistered = new ArrayList<>();
        Map<String, UserFacingException> silent = RepositoryReadings.of(session, settings -> {
                    try {
                        holdings.addAll(read(session, settings, now));
                    } catch (UserFacingException e) {
                        if (e.exitCode() != ExitCode.NO_BACKUP) {
                            throw e;
                        }
                        unregistered.add(e); // a valid answer: it holds nothing of the cluster
                    }
                })
                .failures();
        if (holdings.isEmpty()) {
            throw silent.isEmpty()
                    ? unregistered.getFirst()
                    : silent.values().iterator().next();
        }
        return RestorePreparation.overThoseThatAnswer(
                holdings,
                silent,
                (answering, failed) -> planOver(session, answering, failed, request, backup, progress, limit));
    }

    /**
     * The same, whose server asks no other repository than those that answered: for a copy that is thrown away it does
     * not matter which later timelines another one has, and PostgreSQL would wait for it.
     */
    public RestoreSource ofThoseThatAnswered() {
        return new RestoreSource(
                identity,
                preparation.holdings().stream()
                        .map(Holding::repository)
                        .distinct()
                        .toList(),
                preparation,
                prepared);
    }

    /** All or nothing: a repository that fails half-way counts as not answering. */
    private static List<Holding> read(Session session, RepositorySettings settings, Instant now) throws IOException {
        List<Holding> holdings = new ArrayList<>();
        for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
            BackupCatalog backups = session.backups(archive);
            holdings.add(Holding.of(settings.name(), archive, backups, backups.listObjects(now)));
        }
        return holdings;
    }

    private static RestoreSource planOver(
            Session session,
            List<Holding> holdings,
            Map<String, UserFacingException> silent,
            RestoreRequest request,
            Optional<String> backup,
            SearchProgress progress,
            Duration limit)
            throws IOException {
        List<String> repositories = new ArrayList<>(
                holdings.stream().map(Holding::repository).distinct().toList());
        repositories.addAll(silent.keySet());
        List<StoredBackup> stored = holdings.stream()
                .flatMap(each -> each.entries().stream()
                        .map(entry -> new StoredBackup(each.repository(), each.archive(), entry)))
                .toList();
        Optional<StoredBackup> named =
                backup.map(text -> BackupChoice.findBackup(text, stored).getFirst());
        SystemIdentifier system = named.map(StoredBackup::system)
                .or(() -> newest(stored))
                .orElseGet(() -> holdings.getLast().archive().identity().system());
        RestoreRequest complete =
                named.map(each -> request.withBackup(each.id().value())).orElse(request);
        RestorePreparation preparation = new RestorePreparation(
                of(system, holdings),
                silent,
                session.cluster().flatMap(ClusterSettings::dataDirectory),
                new KnownHost(KnownPlaces.of(session), KnownPlaces.ports(session)),
                BackupNames::read,
                progress,
                limit);
        PreparedRestore prepared = preparation.prepare(complete);
        if (named.isEmpty()) {
            prepared = besideOtherIncarnations(system, holdings, complete, prepared);
        }
        return new RestoreSource(prepared.cluster(), repositories, preparation, prepared);
    }

    /** An older incarnation may reach a target that the newest does not: initdb may have been run over production. */
    private static PreparedRestore besideOtherIncarnations(
            SystemIdentifier system, List<Holding> holdings, RestoreRequest request, PreparedRestore prepared)
            throws IOException {
        List<SystemIdentifier> others = holdings.stream()
                .map(each -> each.archive().identity().system())
                .filter(other -> !other.equals(system))
                .distinct()
                .toList()
                .reversed();
        PreparedRestore found = prepared;
        for (SystemIdentifier other : others) {
            RestorePreparation preparation = new RestorePreparation(of(other, holdings), Map.of());
            if (prepared.plan() instanceof RestorePlan.Chosen) {
                Optional<BackupCandidate> newest = preparation.newestBackup();
                if (newest.isPresent()) {
                    found = found.beside(other, newest.get());
                }
            } else if (!leadsToDamage(prepared) && preparation.plan(request) instanceof RestorePlan.Chosen chosen) {
                return prepared.heldByIncarnation(other, chosen);
            }
        }
        return found;
    }

    /** Then the target is in this incarnation, and no other can hold it. */
    private static boolean leadsToDamage(PreparedRestore prepared) {
        return prepared.plan().problems().stream().map(PlanFinding::exitCode).anyMatch(ExitCode.DAMAGED::equals);
    }

    private static List<Holding> of(SystemIdentifier system, List<Holding> holdings) {
        return holdings.stream()
                .filter(each -> each.archive().identity().system().equals(system))
                .toList();
    }

    /** The incarnation with the newest backup. */
    private static Optional<SystemIdentifier> newest(List<StoredBackup> stored) {
        return stored.stream()
                .filter(each -> each.entry() instanceof CatalogEntry.Published)
                .max(Comparator.comparing(StoredBackup::id))
                .map(StoredBackup::system);
    }
}
