// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.BackupListener.Phase;
import org.tidemark.backup.BackupPublisher.CopyFacts;
import org.tidemark.backup.BackupResult.Published;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RemovedWal;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ReplicationConnection;

/**
 * Publishes a backup whose files are stored: each variant in the first of its repositories that can take it, when the
 * WAL is there. Used by one thread.
 *
 * @param work for temporary files
 * @param connection gives a history that was never archived
 */
record BackupPublisher(
        BackupOptions options,
        NotedWarnings listener,
        Path work,
        BackupFiles files,
        ReplicationConnection connection,
        CopyFacts facts) {
    private static final String METHOD = "base-backup";

    /**
     * What is known once the files are copied. Immutable.
     *
     * @param started before the first file was read, by the clock of the server
     * @param ended after the last one, by the same clock
     * @param wal without which the files are no backup
     * @param nextXid a transaction id that no transaction had yet when the files were copied
     */
    record CopyFacts(Source from, Instant started, Instant ended, WalRange wal, Optional<Long> nextXid) {}

    /**
     * Publishes a variant.
     *
     * @param bundles of the variant
     * @return where; empty if each repository of the variant has failed
     */
    Optional<Published> publish(BackupVariant variant, List<BundleRef> bundles) throws IOException {
        if (!variant.isLive()) {
            return Optional.empty();
        }
        try (Publication publication = new Publication(variant, options, work, files, bundles)) {
            for (Receiver receiver : variant.live()) {
                try {
                    Published published = new Published(receiver.target(), publish(publication, variant, receiver));
                    listener.published(published);
                    return Optional.of(published);
                } catch (IOException | UserFacingException e) {
                    receiver.fail(BackupTarget.failureOfOne(e));
                }
            }
        }
        return Optional.empty();
    }

    private BaseBackup publish(Publication publication, BackupVariant variant, Receiver receiver) throws IOException {
        publication.storeManifests(receiver);
        listener.phase(variant.keys().id(), Phase.AWAITING_WAL);
        new HistoryCopy(receiver.archive(), variant.encoding(), work)
                .ensure(facts.wal().timeline(), connection);
        awaitWal(receiver.archive());
        requireNotRemoved(receiver.archive());
        receiver.target().repository().confirmPresent();
        publication.storeBundleList(receiver);
        publication.requireStored(receiver);
        Run run = new Run(
                METHOD, options.host(), facts.from(), options.tool(), facts.started(), facts.ended(), listener.noted());
        return publication.publish(receiver, run, facts.wal(), facts.nextXid());
    }

    /** An expiry that began before it could see this backup may be removing its WAL just now. */
    private void requireNotRemoved(ClusterArchive archive) throws IOException {
        WalSegmentSize size = archive.identity().walSegmentSize();
        for (RemovedWal removed : archive.wal().removed()) {
            if (removed.overlaps(facts.wal(), size)) {
                throw new UserFacingException(
                        ExitCode.WAL_MISSING,
                        "WAL that the backup needs was removed by an expiry while the backup was taken; there is no"
                                + " backup",
                        "Run the backup again. Is this a standby that is far behind its primary?");
            }
        }
    }

    private void awaitWal(ClusterArchive archive) throws IOException {
        String hint = facts.from() == Source.STANDBY
                ? "A standby cannot finish a segment: run 'SELECT pg_switch_wal()' on the primary, and see there what "
                        + "'SELECT * FROM pg_stat_archiver' says."
                : "Does archive_command archive into this repository? See what 'SELECT * FROM pg_stat_archiver' and "
                        + "'tidemark check' say.";
        Optional<WalFile> missing = new WalWait(
                        archive.wal(), archive.identity().walSegmentSize(), options.walLimit(), hint, listener)
                .await(facts.wal());
        if (missing.isPresent()) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    "'" + missing.get().name() + "', which the backup needs, was not archived, and no other WAL arrived"
                            + " for " + options.walLimit().toSeconds() + " s; there is no backup",
                    hint);
        }
    }
}
