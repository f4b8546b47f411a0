// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.backups;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.publication.WaitingBackup;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;

/**
 * The backups in the repositories of a session that wait for their WAL, and can still be published. Safe to use while
 * the hosts that took them still wait, and on several hosts at the same time. Immutable.
 *
 * @param repositories which of them could be read
 */
public record WaitingBackups(List<Waiting> all, RepositoryReadings repositories) {
    /** The id has the time of a host, and the limit is one of the store's clock. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofHours(1);

    public WaitingBackups {
        all = List.copyOf(all);
    }

    /**
     * A backup that waits in one repository.
     *
     * @param repository its name
     */
    public record Waiting(String repository, ClusterArchive archive, BackupId id) {}

    /** What became of a backup that waited. */
    public sealed interface Outcome {
        String repository();

        BackupId id();

        /** It exists now. */
        record Completed(String repository, BaseBackup backup) implements Outcome {
            @Override
            public BackupId id() {
                return backup.id();
            }
        }

        /**
         * It waits on.
         *
         * @param missing the first file that it needs and that is not archived
         */
        record StillWaiting(String repository, BackupId id, WalFile missing) implements Outcome {}

        /** It waits no more: meanwhile it was published by another host, or removed. */
        record Settled(String repository, BackupId id) implements Outcome {}

        /** It cannot be published, at least not now. */
        record Failed(String repository, BackupId id, UserFacingException why) implements Outcome {}
    }

    /**
     * Finds them. Costs three small requests for each incarnation, and some for each id of the last days that has no
     * backup.
     */
    public static WaitingBackups of(Session session, Instant now) {
        List<Waiting> all = new ArrayList<>();
        Instant oldest = now.minus(Intent.PUBLICATION_LIMIT).minus(CLOCK_DIFFERENCE);
        RepositoryReadings repositories = RepositoryReadings.of(session, settings -> {
            List<Waiting> found = new ArrayList<>();
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                for (BackupId id : archive.backups().unpublishedSince(oldest)) {
                    if (archive.backups().waiting(id).isPresent()) {
                        found.add(new Waiting(settings.name(), archive, id));
                    }
                }
            }
            all.addAll(found);
        });
        return new WaitingBackups(all, repositories);
    }

    /**
     * Publishes a backup if its WAL is there. Idempotent.
     *
     * @throws UserFacingException only on an interrupt
     */
    public Outcome complete(Waiting waiting) {
        try {
            Optional<WaitingBackup> found = WaitingBackup.find(waiting.archive(), waiting.id());
            if (found.isEmpty()) {
                return new Outcome.Settled(waiting.repository(), waiting.id());
            }
            Optional<WalFile> missing = found.get().missing();
            if (missing.isPresent()) {
                return new Outcome.StillWaiting(waiting.repository(), waiting.id(), missing.get());
            }
            found.get().publish();
            return new Outcome.Completed(waiting.repository(), found.get().backup());
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explainUnlessInterrupted(e);
            return new Outcome.Failed(waiting.repository(), waiting.id(), why);
        }
    }

    /** Does so with each of them. */
    public List<Outcome> completeAll() {
        return all.stream().map(this::complete).toList();
    }
}
