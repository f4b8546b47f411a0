// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.retention;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.retention.Awaited;
import org.tidemark.retention.Awaited.Contents;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.CatalogReading;
import org.tidemark.retention.ExpiryOutlook.Others;
import org.tidemark.retention.RetentionCatalog;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionSettings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;

/**
 * What the other repositories of the cluster may still need from one. Each is read once, when something is to go from
 * another one; one that does not answer may lack everything. Not thread-safe.
 */
public final class OtherRepositories {
    private final Session session;
    private final UnaryOperator<RetentionSettings> settingsOf;
    private final Instant now;
    private final Set<String> silent = new HashSet<>();
    private final Map<Incarnation, Source> known = new HashMap<>();
    private final Map<Incarnation, Optional<Contents>> read = new HashMap<>();

    private record Incarnation(String repository, SystemIdentifier system) {}

    /** Reads what a repository holds of an incarnation. */
    private interface Source {
        Contents read() throws IOException;
    }

    /** Nothing was read yet. */
    public OtherRepositories(Session session, Instant now) {
        this(session, settings -> settings, now);
    }

    /** @param settingsOf gives the policy of a repository by the configured one */
    OtherRepositories(Session session, UnaryOperator<RetentionSettings> settingsOf, Instant now) {
        this.session = session;
        this.settingsOf = settingsOf;
        this.now = now;
    }

    /** For a report: what was listed is not read again. */
    static OtherRepositories of(Session session, ClusterReading reading) {
        OtherRepositories others = new OtherRepositories(session, reading.asOf());
        reading.all().stream()
                .filter(each -> each.unreadMarks().isEmpty())
                .forEach(each -> others.hold(each.repository(), each.archive(), () -> ListedCatalog.of(each)));
        reading.repositories().failures().keySet().forEach(others::doesNotAnswer);
        return others;
    }

    /** What was read of an archive, asked for only where it decides. */
    public void hold(String repository, ClusterArchive archive, Supplier<RetentionCatalog> there) {
        known.put(
                new Incarnation(repository, archive.identity().system()),
                () -> new Contents(there.get(), archive.backups().removed()));
    }

    /** A repository that has just failed is not asked again. */
    public void doesNotAnswer(String repository) {
        silent.add(repository);
    }

    /** What they want of an archive. */
    public Others beside(RepositorySettings holder, ClusterArchive archive) {
        return held -> awaited(holder, archive, held);
    }

    /** The same for what goes by a time or a number, which does not tell the backups that another one keeps. */
    Others keepingBeside(RepositorySettings holder, ClusterArchive archive) {
        return new Others() {
            @Override
            public Awaited awaited(RetentionCatalog held) {
                return OtherRepositories.this.awaited(holder, archive, held);
            }

            @Override
            public RetentionCatalog kept(RetentionCatalog held) {
                return held.keeping(OtherRepositories.this.kept(holder, archive));
            }
        };
    }

    Awaited awaited(RepositorySettings holder, ClusterArchive archive, RetentionCatalog held) {
        List<Lagging> others = laggingBehind(holder, archive);
        if (others.isEmpty()) {
            return Awaited.NOTHING;
        }
        return Awaited.of(held, others, now)
                .withBackupsToCome(held, removed(archive), settingsOf.apply(holder.retention()), others, now);
    }

    /** If they cannot be listed, none was: then more stays. */
    private static Set<BackupId> removed(ClusterArchive archive) {
        try {
            return archive.backups().removed();
        } catch (IOException e) {
            return Set.of();
        }
    }

    /** The repositories that may need something of an archive. */
    public List<Lagging> laggingBehind(RepositorySettings holder, ClusterArchive archive) {
        List<Lagging> others = new ArrayList<>();
        for (RepositorySettings each : session.repositoriesOfTheCluster()) {
            if (!each.name().equals(holder.name())) {
                // sync copies nothing to a repository with other keys, but a queue still delivers WAL to it.
                others.add(new Lagging(
                        each.name(),
                        settingsOf.apply(each.retention()),
                        contents(each, archive.identity()),
                        holder.hasKeysOf(each) ? Copies.BACKUPS_AND_WAL : Copies.WAL));
            }
        }
        return others;
    }

    /** The backups that another repository of this session keeps, as far as the others answer. */
    Map<BackupId, Keep> kept(RepositorySettings holder, ClusterArchive archive) {
        Map<BackupId, Keep> kept = new HashMap<>();
        for (RepositorySettings each : session.repositorySettings()) {
            if (!each.name().equals(holder.name())) {
                contents(each, archive.identity())
                        .ifPresent(there -> there.backups()
                                .forEach(backup -> backup.keep()
                                        .ifPresent(
                                                keep -> kept.merge(backup.id(), keep, OtherRepositories::stricter))));
            }
        }
        return kept;
    }

    private static Keep stricter(Keep one, Keep other) {
        return one.scope() == WalScope.FULL ? one : other;
    }

    /** The other repositories of the cluster that did not answer until now. */
    List<String> silentBeside(RepositorySettings holder) {
        return session.repositoriesOfTheCluster().stream()
                .map(RepositorySettings::name)
                .filter(name -> !name.equals(holder.name()) && silent.contains(name))
                .toList();
    }

    private Optional<Contents> contents(RepositorySettings settings, ClusterIdentity identity) {
        Incarnation incarnation = new Incarnation(settings.name(), identity.system());
        if (silent.contains(settings.name())) {
            return Optional.empty();
        }
        Source source = known.getOrDefault(incarnation, () -> contents(session.repository(settings), identity));
        return read.computeIfAbsent(incarnation, any -> {
            try {
                return Optional.of(source.read());
            } catch (IOException | UserFacingException e) {
                StorageErrors.explainUnlessInterrupted(e);
                silent.add(settings.name());
                return Optional.empty();
            }
        });
    }

    private Contents contents(Repository repository, ClusterIdentity identity) throws IOException {
        Optional<ClusterArchive> archive = repository.incarnation(identity.cluster(), identity.system());
        if (archive.isEmpty()) {
            return new Contents();
        }
        BackupCatalog backups = session.backups(archive.get());
        RetentionCatalog there = CatalogReading.of(archive.get(), backups, now);
        return new Contents(there, backups.removed());
    }
}
