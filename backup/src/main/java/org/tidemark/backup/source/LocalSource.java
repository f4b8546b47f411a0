// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.backup.source.DirectoryWalk.Attributes;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.OnlineBackup;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.postgres.TablespaceMap;

/**
 * Reads the files of a server on this host with several threads, between pg_backup_start() and pg_backup_stop(), so
 * that no server process has to read, check and send them.
 */
public final class LocalSource implements ClusterSource {
    private static final int RIGHTS_OF_FILE = 0777;

    private static final String AS_OWNER = "Run this command on PostgreSQL's host as the owner of the data directory";

    private final ReplicationConnection connection;
    private final OnlineBackup backup;
    private final DataDirectory directory;
    private final Checkpoint checkpoint;
    private final Clock clock;

    /** The source, or the reason why there is none. */
    public sealed interface Availability {
        /** This host has the files of the server. */
        record Here(LocalSource source) implements Availability {}

        /** The reason is a part of a sentence, the hint a sentence without its end. */
        record NotHere(String reason, String hint) implements Availability {}
    }

    private LocalSource(
            ReplicationConnection connection,
            OnlineBackup backup,
            DataDirectory directory,
            Checkpoint checkpoint,
            Clock clock) {
        this.connection = connection;
        this.backup = backup;
        this.directory = directory;
        this.checkpoint = checkpoint;
        this.clock = clock;
    }

    /**
     * Checks whether this host has the data directory, and whether the role and the user may read it.
     *
     * @param connection to the same server
     */
    public static Availability find(
            ConnectionSettings settings, ReplicationConnection connection, Checkpoint checkpoint, Clock clock) {
        OnlineBackup backup;
        try {
            backup = OnlineBackup.open(settings, connection.walSender());
        } catch (UserFacingException e) {
            return notHere(e);
        }
        Availability availability = find(backup, settings, connection, checkpoint, clock);
        if (availability instanceof Availability.NotHere) {
            backup.close();
        }
        return availability;
    }

    private static String grant(ConnectionSettings settings, String right) {
        return "Let a superuser run: GRANT " + right + " TO \"" + settings.user() + "\"";
    }

    private static Availability find(
            OnlineBackup backup,
            ConnectionSettings settings,
            ReplicationConnection connection,
            Checkpoint checkpoint,
            Clock clock) {
        try {
            if (!backup.isAllowed()) {
                return new Availability.NotHere(
                        "the role may not execute PostgreSQL's functions that start and stop a backup",
                        grant(settings, backup.neededRight()));
            }
            Optional<OnlineBackup.Place> place = backup.place();
            if (place.isEmpty()) {
                return new Availability.NotHere(
                        "the role is not a member of pg_read_all_settings", grant(settings, "pg_read_all_settings"));
            }
            DataDirectory directory =
                    DataDirectory.find(place.get(), connection.identifySystem().system());
            return new Availability.Here(new LocalSource(connection, backup, directory, checkpoint, clock));
        } catch (DataDirectory.Elsewhere e) {
            return new Availability.NotHere(e.reason(), AS_OWNER);
        } catch (UserFacingException e) {
            return notHere(e);
        }
    }

    private static Availability notHere(UserFacingException e) {
        if (e.exitCode() == ExitCode.INTERRUPTED) {
            throw e;
        }
        return new Availability.NotHere(String.valueOf(e.getMessage()), AS_OWNER);
    }

    /** The data directory, absolute and without links. */
    public Path dataDirectory() {
        return directory.path();
    }

    @Override
    public boolean hasManifest() {
        return false;
    }

    @Override
    public Copied copy(String label, FileSink sink) throws IOException {
        try (TablespaceSizes sizes = new TablespaceSizes(directory);
                SessionWatch watch = new SessionWatch(backup, connection)) {
            Lsn start = backup.start(label, checkpoint, BaseBackupOptions.START_LIMIT);
            watch.start();
            ControlFile before = ControlFile.read(directory.path());
            requireCheckpoint(before, start);
            List<TablespaceInfo> tablespaces = sizes.tablespaces();
            sink.started(start, before.timeline(), tablespaces);
            copyFiles(sink, tablespaces, watch);
            ControlFile.Whole control = copyControlFile(sink);
            watch.end();
            OnlineBackup.Stopped stopped = backup.stop();
            BackupLabel written = copyLabel(sink, stopped, tablespaces);
            return new Copied(
                    new BaseBackupResult(
                            start, written.timeline(), stopped.end(), stopped.timeline(), ServerChecksums.NO_FAILURE),
                    written,
                    control.bytes(),
                    Optional.empty());
        } finally {
            close();
        }
    }

    /** The last proof that the directory belongs to the server: its control file has the checkpoint of this backup. */
    private void requireCheckpoint(ControlFile control, Lsn start) {
        if (control.checkpoint().redo().isBefore(start)) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the checkpoint of the backup, at " + start + ", is missing in '"
                            + directory.path().resolve(ControlFile.PATH) + "', whose last checkpoint is at "
                            + control.checkpoint().redo() + "; there is no backup",
                    "Does the data directory belong to the server that answered? If it does not, let PostgreSQL send"
                            + " the files: tidemark backup --method stream");
        }
    }

    private void copyFiles(FileSink sink, List<TablespaceInfo> tablespaces, SessionWatch watch) throws IOException {
        DirectoryWalk walk = new DirectoryWalk(directory.path(), directory.rules(), sink, watch::requireAlive);
        Set<Path> within = new HashSet<>();
        for (TablespaceInfo tablespace : tablespaces) {
            if (!tablespace.isDataDirectory()) {
                walk.tablespace(tablespace.path(), directory.versionDirectory());
                within.add(real(directory.path().resolve(tablespace.path())));
            }
        }
        walk.dataDirectory(within);
        sink.awaitReads();
        watch.requireAlive();
    }

    private static Path real(Path place) throws IOException {
        try {
            return place.toRealPath();
        } catch (NoSuchFileException e) {
            return place.normalize();
        }
    }

    /** Copied last: on a standby, recovery of the backup must reach the minRecoveryPoint in it. */
    private ControlFile.Whole copyControlFile(FileSink sink) throws IOException {
        ControlFile.Whole control = ControlFile.readWhole(directory.path());
        Attributes attributes = attributes();
        sink.file(
                new FileFacts(
                        ControlFile.PATH,
                        attributes.mode(),
                        control.bytes().length,
                        attributes.modified().toInstant()),
                new ByteArrayInputStream(control.bytes()));
        return control;
    }

    private BackupLabel copyLabel(FileSink sink, OnlineBackup.Stopped stopped, List<TablespaceInfo> tablespaces)
            throws IOException {
        TablespaceMap map = TablespaceMap.parse(new String(stopped.tablespaceMap(), StandardCharsets.UTF_8));
        for (TablespaceMap.Entry entry : map.entries()) {
            if (tablespaces.stream().noneMatch(each -> each.oid() == entry.oid())) {
                sink.tablespace(new TablespaceInfo(entry.oid(), entry.path(), 0));
            }
        }
        copy(sink, ArchiveReader.BACKUP_LABEL, stopped.label());
        copy(sink, "tablespace_map", stopped.tablespaceMap());
        return BackupLabel.parse(new String(stopped.label(), StandardCharsets.UTF_8), ArchiveReader.BACKUP_LABEL);
    }

    private void copy(FileSink sink, String path, byte[] content) throws IOException {
        sink.file(
                new FileFacts(path, attributes().mode() & RIGHTS_OF_FILE, content.length, clock.instant()),
                new ByteArrayInputStream(content));
    }

    private Attributes attributes() throws IOException {
        Path file = directory.path().resolve(ControlFile.PATH);
        return Attributes.of(file).orElseThrow(() -> new NoSuchFileException(file.toString()));
    }

    @Override
    public void close() {
        backup.close();
    }
}
