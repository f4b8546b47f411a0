// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.publication;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.backup.archiving.HistoryCopy;
import org.tidemark.backup.archiving.RequiredWal;
import org.tidemark.backup.archiving.WalWait;
import org.tidemark.backup.bundle.BackupFiles;
import org.tidemark.backup.bundle.BackupVariant;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.publication.BackupPublisher.CopyFacts;
import org.tidemark.backup.request.BackupListener.Phase;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult.Published;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.backup.target.EarlierAttempts;
import org.tidemark.backup.target.Receiver;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ReadFiles;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;

/**
 * Publishes a backup whose files are stored: each variant in the first of its repositories that can take it, when the
 * WAL is there. Used by one thread.
 *
 * @param work for temporary files
 * @param known gives a history that was never archived
 * @param method how the files were read
 */
public record BackupPublisher(
        BackupOptions options,
        NotedWarnings listener,
        Path work,
        BackupFiles files,
        BackupFacts known,
        CopyFacts facts,
        SourceMethod method) {
    /**
     * The facts that are known once the files are copied. Immutable.
     *
     * @param started before the first file was read, by the clock of the server
     * @param ended after the last one, by the same clock
     * @param wal without which the files are no backup
     * @param nextXid a transaction id that no transaction had yet when the files were copied
     * @param tablespaceNames by OID, of those whose name is known
     * @param isCompared whether the files were compared with what the catalogs say is there
     * @param contentTime of a standby that had not replayed everything
     * @param glibc the version by whose rules text was sorted when the files were copied
     * @param configuration what the server read outside of its data directory when the backup began
     * @param files of the reading of files, by which a later backup knows which of them nobody has written since
     */
    public record CopyFacts(
            Source from,
            Instant started,
            Instant ended,
            WalRange wal,
            Optional<Long> nextXid,
            Map<Long, String> tablespaceNames,
            boolean isCompared,
            Optional<Instant> contentTime,
            Optional<String> glibc,
            ServerConfiguration configuration,
            Optional<ReadFiles> files) {}

    /**
     * Publishes a variant.
     *
     * @param bundles of the variant
     * @return where; empty if each repository of the variant has failed
     */
    public Optional<Published> publish(BackupVariant variant, List<BundleRef> bundles) throws IOException {
        if (!variant.isLive()) {
            return Optional.empty();
        }
        try (Publication publication = new Publication(variant, options, work, files, bundles, facts.configuration())) {
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
        publication.storeBundleList(receiver);
        listener.phase(variant.keys().id(), Phase.AWAITING_WAL);
        new HistoryCopy(receiver.archive(), variant.encoding(), work)
                .ensure(facts.wal().timeline(), known::history);
        Run run = new Run(
                method.toString(),
                options.host(),
                facts.from(),
                options.tool(),
                facts.started(),
                facts.ended(),
                publication.storedBundleList(receiver),
                facts.files(),
                listener.noted());
        publication.describe(receiver, run, facts);
        RequiredWal wal = new RequiredWal(receiver.archive(), facts.wal());
        if (wal.missing().isPresent()) {
            // From now on any host can publish it, whatever happens to this process.
            publication.storeWaiting(receiver);
            variant.earlier().ifPresent(EarlierAttempts::complete);
            if (facts.from() == Source.STANDBY) {
                known.closeSegmentOfPrimary();
            }
            awaitWal(wal, receiver);
        }
        wal.requireNotRemoved();
        publication.requireStored(receiver);
        BaseBackup backup = publication.publish(receiver);
        variant.earlier().ifPresent(EarlierAttempts::complete);
        return backup;
    }

    private void awaitWal(RequiredWal wal, Receiver receiver) throws IOException {
        String hint = facts.from() == Source.STANDBY
                ? "A standby cannot finish a segment: run 'SELECT pg_switch_wal()' on the primary, and see there what "
                        + "'SELECT * FROM pg_stat_archiver' says. Backups have it done if conninfo names the primary"
                        + " too, and the role may call pg_switch_wal() there."
                : "Does archive_command archive into this repository? See what 'SELECT * FROM pg_stat_archiver' and "
                        + "'tidemark check' say.";
        Optional<WalFile> missing = new WalWait(
                        receiver.target().name(),
                        wal.archive().wal(),
                        wal.archive().identity().walSegmentSize(),
                        options.walLimit(),
                        hint,
                        listener)
                .await(wal.range());
        if (missing.isPresent()) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    "'" + missing.get().name() + "', which the backup needs, was not archived in "
                            + receiver.description() + ", and no other WAL arrived there for "
                            + options.walLimit().toSeconds() + " s; the backup waits in the repository, and"
                            + " does not exist until it is completed",
                    hint + " If the file is archived within " + Intent.PUBLICATION_LIMIT.toDays()
                            + " days, 'tidemark cron' completes the backup.");
        }
    }
}
