// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.backup.bundle.BackupFiles;
import org.tidemark.backup.configuration.ServerConfiguration;
import org.tidemark.backup.configuration.ServerConfiguration.Inside;
import org.tidemark.backup.publication.BackupPublisher.CopyFacts;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupListener.Phase;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.backup.server.ListedDatabases;
import org.tidemark.backup.server.ListedTablespaces;
import org.tidemark.backup.server.ListedTablespaces.DatabaseOfTablespace;
import org.tidemark.backup.server.StandbyReplay;
import org.tidemark.backup.server.TablespaceQuery;
import org.tidemark.backup.server.UnreadTablespaces;
import org.tidemark.backup.source.ClusterSource;
import org.tidemark.backup.source.ClusterSource.Copied;
import org.tidemark.backup.source.ClusterSource.ReadAt;
import org.tidemark.catalog.backup.BaseBackup.ReadFiles;
import org.tidemark.catalog.backup.BaseBackup.Source;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupResult;

/**
 * The files of a cluster in bundles that are stored, before anything refers to them. Immutable.
 *
 * @param bundles of each variant, in the order of the variants
 */
record BackupCopy(CopyFacts facts, List<List<BundleRef>> bundles) {
    /**
     * Copies the files, and requires that they are those of one cluster at one time.
     *
     * @param intent of the first variant
     * @param files where they are put
     */
    static BackupCopy of(
            Intent intent,
            BackupFacts known,
            ClusterSource source,
            BackupFiles files,
            Clock clock,
            BackupListener listener)
            throws IOException {
        listener.phase(intent.id(), Phase.STARTING);
        Optional<List<Database>> before = known.databases();
        Optional<ListedTablespaces> tablespaces = known.tablespaces();
        tablespaces.ifPresent(files.necessary()::expect);
        ServerConfiguration seen = known.configuration(source.hostFiles());
        seen.problems().forEach(listener::warning);
        files.necessary().expectConfiguration(seen.inside().stream().map(Inside::path));
        known.replay().ifPresent(replay -> replay.warnings().forEach(listener::warning));
        Instant started = known.started().orElse(intent.started());
        Copied copied = source.copy("tidemark " + intent.id(), files);
        BaseBackupResult result = copied.positions();
        Instant ended = known.ended().orElseGet(clock::instant);
        Optional<Instant> contentTime = known.replay().flatMap(StandbyReplay::contentTime);
        Optional<Long> nextXid = known.nextXid();
        ListedDatabases databases = ListedDatabases.of(before, files.databases(), known.databases());
        // At the end: a name that was changed meanwhile is the one that the replayed WAL leads to.
        Map<Long, String> tablespaceNames = files.tablespaces().isEmpty() ? Map.of() : known.tablespaceNames();
        List<List<BundleRef>> bundles = files.finish(copied);
        databases.requireUnmoved();
        boolean isCompared = compareTablespaces(known, files, databases, listener) && databases.areKnown();
        files.necessary().requireDatabases(databases.remaining());
        databases.warnings().forEach(listener::warning);
        if (tablespaces.isEmpty() || !databases.areKnown()) {
            listener.warning("not compared with PostgreSQL's catalogs, since PostgreSQL could not be asked: the backup"
                    + " may lack a tablespace whose disk is not mounted, or a database whose directory is empty");
        }
        ServerConfiguration configuration = seen.withLinked(files.necessary()::hasConfiguration);
        configuration.problems().forEach(listener::warning);
        if (!files.necessary().hasConfiguration()) {
            configuration.unseen().ifPresent(listener::warning);
        }
        BackupLabel label = copied.label();
        requireSameStart(label, result);
        requireStart(intent, result);
        Source from = label.from().equals("standby") ? Source.STANDBY : Source.PRIMARY;
        WalRange wal = new WalRange(result.startTimeline(), result.start(), result.end());
        return new BackupCopy(
                new CopyFacts(
                        from,
                        started,
                        ended,
                        wal,
                        nextXid,
                        tablespaceNames,
                        isCompared,
                        contentTime,
                        known.glibc(),
                        configuration,
                        readFiles(source.readAt(), copied)),
                bundles);
    }

    /**
     * Requires that what the catalogs say is in tablespaces was read, and is still there. The catalogs are asked again
     * only if something is missing, which may have been dropped meanwhile.
     *
     * @return whether all of it could be compared
     */
    private static boolean compareTablespaces(
            BackupFacts known, BackupFiles files, ListedDatabases databases, BackupListener listener) {
        Optional<UnreadTablespaces> unread = files.necessary().unread();
        if (unread.isEmpty()) {
            files.tablespaces().stream()
                    .filter(each -> !files.necessary().hasTablespace(each.oid()))
                    .forEach(each ->
                            listener.warning(UnreadTablespaces.problem(String.valueOf(each.oid()), each.location())
                                    + ". Was it dropped meanwhile? If not, is its disk mounted?"));
            return false;
        }
        ListedTablespaces before = unread.get().before();
        List<Database> own = databases.remaining().stream()
                .filter(each -> !TablespaceQuery.OF_THE_DATA_DIRECTORY.contains(each.tablespace()))
                .toList();
        Optional<Set<DatabaseOfTablespace>> found =
                before.relations().isEmpty() && own.isEmpty() ? Optional.of(Set.of()) : known.databasesWithFiles();
        found.ifPresent(each -> requireDirectories(own, each, known, before, files));
        UnreadTablespaces all = found.map(unread.get()::afterwards).orElse(unread.get());
        if (!all.isEmpty()) {
            all.judge(known.tablespaces(), files.tablespaces()).forEach(listener::warning);
        }
        if (found.isEmpty()) {
            listener.warning("not compared with PostgreSQL's catalogs after the copy, since PostgreSQL could not be"
                    + " asked: the disk of a tablespace may have gone away meanwhile");
        }
        all.uncompared().ifPresent(listener::warning);
        return found.isPresent() && before.unasked().isEmpty();
    }

    /** Of a database that is in a tablespace as a whole, no relation names the tablespace. */
    private static void requireDirectories(
            List<Database> own,
            Set<DatabaseOfTablespace> found,
            BackupFacts known,
            ListedTablespaces before,
            BackupFiles files) {
        for (Database database : own) {
            boolean isThere = found.contains(new DatabaseOfTablespace(database.tablespace(), database.oid()));
            // It may have been dropped, or moved, just now.
            if (!isThere
                    && known.databases()
                            .map(now -> now.stream()
                                    .anyMatch(each ->
                                            each.oid() == database.oid() && each.tablespace() == database.tablespace()))
                            .orElse(true)) {
                throw UnreadTablespaces.away(database, before, files.tablespaces());
            }
        }
    }

    /** Empty if it is not known which machine the files are of. */
    private static Optional<ReadFiles> readFiles(ReadAt at, Copied copied) {
        return copied.filesFrom()
                .filter(_ -> at.isThis() || at.machine().isPresent())
                .map(from -> new ReadFiles(from, at.machine()));
    }

    /** A pooler that leads to two servers in turn, for example. */
    private static void requireSameStart(BackupLabel label, BaseBackupResult result) {
        if (!label.start().equals(result.start()) || !label.timeline().equals(result.startTimeline())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "backup_label says that the backup starts at " + label.start() + " on timeline " + label.timeline()
                            + ", but PostgreSQL reported " + result.start() + " on timeline " + result.startTimeline()
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
                    "the backup starts at " + result.start() + ", but PostgreSQL's latest checkpoint was already at "
                            + walFrom + " before the backup; there is no backup",
                    "Was the data directory replaced by an older copy? Take the backup again.");
        }
    }
}
