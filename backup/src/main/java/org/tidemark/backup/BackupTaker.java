// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.tidemark.backup.BackupListener.Phase;
import org.tidemark.backup.ServerQueries.Database;
import org.tidemark.backup.source.ClusterSource;
import org.tidemark.backup.source.ClusterSource.Copied;
import org.tidemark.backup.source.LocalSource;
import org.tidemark.backup.source.SourceMethod;
import org.tidemark.backup.source.StreamSource;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Run;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.store.ObjectInfo;

/**
 * Takes a full backup. The backup exists when {@link #take} returns and not a moment before: {@code backup.json} is
 * stored last. Whatever ends it earlier (an exception, an interrupt, a kill) leaves no backup, PostgreSQL out of backup
 * mode, and objects that nothing refers to. Takes one backup; used by one thread.
 */
public final class BackupTaker {
    private static final String METHOD = "base-backup";

    /** More than a slow store takes, and clocks that are kept by NTP differ. */
    private static final Duration CLOCK_DIFFERENCE = Duration.ofMinutes(1);

    private final Repository repository;
    private final ClusterName cluster;
    private final BackupOptions options;
    private final Clock clock;
    private final RandomGenerator random;
    private final NotedWarnings listener;

    /** @param random makes the nonce that tells two backups of one second apart, and the key of the fingerprints */
    public BackupTaker(
            Repository repository,
            ClusterName cluster,
            BackupOptions options,
            Clock clock,
            RandomGenerator random,
            BackupListener listener) {
        this.repository = repository;
        this.cluster = cluster;
        this.options = options;
        this.clock = clock;
        this.random = random;
        this.listener = new NotedWarnings(listener);
    }

    /**
     * Takes the backup. It may tell of damaged pages ({@link BaseBackup.Contents#damagedPagesCount}): the cluster
     * itself has them, and the backup is as good as the cluster is.
     *
     * @throws UserFacingException {@link ExitCode#WRONG_CLUSTER} if the server is not the registered cluster,
     *     {@link ExitCode#USAGE} if it is set not to archive its WAL, {@link ExitCode#WAL_NOT_ARCHIVED} if its WAL did
     *     not arrive in time, {@link ExitCode#BACKUP_FAILED} if what arrived is not what PostgreSQL sent,
     *     {@link ExitCode#INTERRUPTED}, and what the connection throws
     * @throws IOException of the store or of the work directory
     */
    public BaseBackup take(ConnectionSettings settings) throws IOException {
        try (ReplicationConnection connection = ReplicationConnection.open(settings)) {
            ServerQueries questions = ServerQueries.of(settings, connection.walSender(), listener::warning);
            try (ClusterSource source = source(settings, connection)) {
                return take(connection, questions, source);
            }
        }
    }

    private ClusterSource source(ConnectionSettings settings, ReplicationConnection connection) {
        if (options.maxRateKib().isPresent()) {
            return stream(connection, "only PostgreSQL limits its rate");
        }
        if (options.method() == SourceMethod.STREAM) {
            return stream(connection, "it is asked for");
        }
        switch (LocalSource.find(settings, connection, options.checkpoint(), clock)) {
            case LocalSource.Availability.Here(LocalSource source) -> {
                listener.source(SourceMethod.LOCAL, "its data directory '" + source.dataDirectory() + "' is here");
                return source;
            }
            case LocalSource.Availability.NotHere(String reason) -> {
                if (options.method() == SourceMethod.LOCAL) {
                    throw new UserFacingException(
                            ExitCode.USAGE,
                            "cannot read PostgreSQL's files on this host: " + reason + "; no backup was begun",
                            "Run tidemark backup on PostgreSQL's host as the owner of the data directory, or take the"
                                    + " backup with: tidemark backup --method stream");
                }
                return stream(connection, reason);
            }
        }
    }

    private StreamSource stream(ReplicationConnection connection, String reason) {
        listener.source(SourceMethod.STREAM, reason);
        return new StreamSource(connection, options.checkpoint(), options.maxRateKib());
    }

    /** Takes a backup from a server that was not found by its address, for tests. */
    BaseBackup take(ReplicationConnection connection, ServerQueries questions) throws IOException {
        try (ClusterSource source = stream(connection, "it is asked for")) {
            return take(connection, questions, source);
        }
    }

    private BaseBackup take(ReplicationConnection connection, ServerQueries questions, ClusterSource source)
            throws IOException {
        RegisteredCluster registered = RegisteredCluster.identify(connection, repository, cluster);
        ArchivingCheck archiving = ArchivingCheck.of(connection);
        archiving.requireConfigured(questions);
        archiving.requireWorking(registered.archive(), repository.store().description(), questions, options, listener);
        BackupCatalog catalog = registered.archive().backups();
        try (WorkDirectory work = WorkDirectory.create(options.workDirectory())) {
            Intent intent = new IdClaim(repository.store(), catalog, random)
                    .claim(clock.instant(), options.host(), questions.redo());
            compareClocks(catalog.keys(intent.id()), intent);
            return take(connection, questions, source, registered, catalog.keys(intent.id()), intent, work);
        } catch (CorruptFileException e) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL sent an invalid file: " + e.getMessage() + "; there is no backup",
                    "Take the backup again; if that fails as well, look into PostgreSQL's log.",
                    e);
        }
    }

    private BaseBackup take(
            ReplicationConnection connection,
            ServerQueries questions,
            ClusterSource source,
            RegisteredCluster registered,
            BackupKeys keys,
            Intent intent,
            WorkDirectory work)
            throws IOException {
        listener.phase(keys.id(), Phase.STARTING);
        ClaimedObjects objects = new ClaimedObjects(repository.store());
        Optional<List<Database>> before = questions.databases();
        Instant started = questions.now().orElse(intent.started());
        FingerprintKey fingerprintKey = FingerprintKey.random(random);
        try (BackupFiles files = new BackupFiles(
                registered, keys, options, work.path(), objects, listener, fingerprintKey, source.hasManifest())) {
            Copied copied = source.copy("tidemark " + keys.id(), files);
            BaseBackupResult result = copied.positions();
            Instant ended = questions.now().orElseGet(clock::instant);
            Optional<Long> nextXid = questions.nextXid();
            Optional<List<Database>> after = questions.databases();
            List<BundleRef> bundles = files.finish(copied);
            files.necessary().requireDatabases(inBoth(before, after));
            BackupLabel label = copied.label();
            requireSameStart(label, result);
            requireStart(intent, result);
            Source from = label.from().equals("standby") ? Source.STANDBY : Source.PRIMARY;
            WalRange wal = new WalRange(result.startTimeline(), result.start(), result.end());
            Publication publication = new Publication(registered, keys, options, work.path(), objects, files);
            publication.storeManifests();
            listener.phase(keys.id(), Phase.AWAITING_WAL);
            new HistoryCopy(registered.archive(), options.encoding(), work.path()).ensure(wal.timeline(), connection);
            awaitWal(registered.archive(), wal, from);
            repository.confirmPresent();
            Run run = new Run(METHOD, options.host(), from, options.tool(), started, ended, listener.noted());
            publication.storeBundleList(bundles);
            publication.requireStored(bundles);
            return publication.publish(run, wal, nextXid, intent.nonce());
        }
    }

    /** Whether a time can be recovered is judged by when the store says that WAL arrived. */
    private void compareClocks(BackupKeys keys, Intent intent) throws IOException {
        Optional<ObjectInfo> stored = repository.store().stat(keys.intent());
        if (stored.isEmpty()) {
            return;
        }
        Duration ahead = Duration.between(intent.started(), stored.get().stored());
        if (ahead.abs().compareTo(CLOCK_DIFFERENCE) > 0) {
            listener.warning("the clock of " + repository.store().description() + " is "
                    + ahead.abs().toSeconds() + " s " + (ahead.isNegative() ? "behind" : "ahead of")
                    + " this host's: tidemark recover --target-time compares times of both");
        }
    }

    /** A pooler that leads to two servers in turn, for example. */
    private static void requireSameStart(BackupLabel label, BaseBackupResult result) {
        if (!label.start().equals(result.start()) || !label.timeline().equals(result.startTimeline())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "backup_label says that the backup starts at " + label.start() + " on timeline " + label.timeline()
                            + ", and PostgreSQL said " + result.start() + " on timeline " + result.startTimeline()
                            + "; there is no backup",
                    "Does a proxy between this host and PostgreSQL lead to more than one server?");
        }
    }

    /** WAL before the position in intent.json may be deleted while the backup is taken. */
    private static void requireStart(Intent intent, BaseBackupResult result) {
        Lsn walFrom = intent.walFrom().orElse(result.start());
        if (result.start().isBefore(walFrom)) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the backup starts at " + result.start() + ", but the latest checkpoint of PostgreSQL was at "
                            + walFrom + " before; there is no backup",
                    "Was an older copy of the data directory put in the place of the server's? Take the backup again.");
        }
    }

    private void awaitWal(ClusterArchive archive, WalRange wal, Source from) throws IOException {
        String hint = from == Source.STANDBY
                ? "A standby cannot finish a segment: run 'SELECT pg_switch_wal()' on the primary, and see there what "
                        + "'SELECT * FROM pg_stat_archiver' says."
                : "Does archive_command archive into this repository? See what 'SELECT * FROM pg_stat_archiver' and "
                        + "'tidemark check' say.";
        Optional<WalFile> missing = new WalWait(
                        archive.wal(), archive.identity().walSegmentSize(), options.walLimit(), hint, listener)
                .await(wal);
        if (missing.isPresent()) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    "'" + missing.get().name() + "', which the backup needs, was not archived, and no other WAL arrived"
                            + " for " + options.walLimit().toSeconds() + " s; there is no backup",
                    hint);
        }
    }

    /** Without databases that were created, dropped, renamed or moved meanwhile: WAL has their changes. */
    private static List<Database> inBoth(Optional<List<Database>> before, Optional<List<Database>> after) {
        List<Database> still = after.orElse(List.of());
        return before.orElse(List.of()).stream().filter(still::contains).toList();
    }
}
