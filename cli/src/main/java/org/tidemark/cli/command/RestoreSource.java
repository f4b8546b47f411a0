// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageFailure;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.cli.backups.BackupChoice;
import org.tidemark.cli.backups.StoredBackup;
import org.tidemark.cli.config.RepositorySettings;
import org.tidemark.cli.output.Output;
import org.tidemark.core.UserFacingException;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.RestorePreparation;
import org.tidemark.restore.RestoreRequest;

/**
 * Where a restore reads from, and its plan. Immutable.
 *
 * @param repository the first one whose plan has no problem; else the first one that answered
 */
record RestoreSource(RepositorySettings repository, ClusterArchive archive, PreparedRestore prepared) {
    /**
     * Plans with each repository in turn, until a plan has no problem. One that does not answer is left out, and said
     * to be.
     *
     * @throws UserFacingException what the last one said, if none answered
     */
    static RestoreSource choose(Workplace workplace, RestoreRequest request, Optional<String> backup, Output output)
            throws IOException {
        List<RestoreSource> sources = new ArrayList<>();
        List<UserFacingException> failures = new ArrayList<>();
        for (RepositorySettings settings : workplace.repositorySettings()) {
            try {
                RestoreSource source = plan(workplace, settings, request, backup);
                if (source.prepared().plan().problems().isEmpty()) {
                    say(failures, output);
                    return source;
                }
                sources.add(source);
            } catch (UserFacingException e) {
                failures.add(e);
            } catch (IOException e) {
                failures.add(StorageFailure.explain(e));
            }
        }
        if (sources.isEmpty()) {
            say(failures.subList(0, failures.size() - 1), output);
            throw failures.getLast();
        }
        say(failures, output);
        return sources.getFirst();
    }

    private static void say(List<UserFacingException> failures, Output output) {
        failures.forEach(each -> output.warn("left out: " + each.getMessage(), each.hint()));
    }

    private static RestoreSource plan(
            Workplace workplace, RepositorySettings settings, RestoreRequest request, Optional<String> backup)
            throws IOException {
        List<StoredBackup> stored = new ArrayList<>();
        List<ClusterArchive> incarnations = workplace.incarnations(workplace.repository(settings));
        for (ClusterArchive archive : incarnations) {
            for (CatalogEntry entry : StoredBackup.catalog(archive).list()) {
                stored.add(new StoredBackup(settings.name(), archive, entry));
            }
        }
        Optional<StoredBackup> named =
                backup.map(text -> BackupChoice.find(text, stored).getFirst());
        ClusterArchive archive =
                named.map(StoredBackup::archive).orElseGet(() -> newest(stored).orElse(incarnations.getLast()));
        RestoreRequest complete =
                named.map(each -> request.withBackup(each.id().value())).orElse(request);
        PreparedRestore prepared = new RestorePreparation(archive, StoredBackup.catalog(archive)).prepare(complete);
        return new RestoreSource(settings, archive, prepared);
    }

    /** Of several incarnations the one that was backed up last. */
    private static Optional<ClusterArchive> newest(List<StoredBackup> stored) {
        return stored.stream()
                .filter(each -> each.entry() instanceof CatalogEntry.Published)
                .max(Comparator.comparing(StoredBackup::id))
                .map(StoredBackup::archive);
    }
}
