// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostFiles;
import org.tidemark.core.HostFiles.Stat;
import org.tidemark.core.HostLostException;
import org.tidemark.core.Lsn;
import org.tidemark.core.PathBytes;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupOptions;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.BaseBackupResult.ServerChecksums;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.OnlineBackup;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.TablespaceInfo;
import org.tidemark.postgres.TablespaceMap;

/**
 * Reads the files of a server with several threads, between pg_backup_start() and pg_backup_stop(), so that no server
 * process has to read, check and send them.
 */
public final class FilesSource implements ClusterSource {
    private static final int RIGHTS_OF_FILE = 0777;

    private final ReplicationConnection connection;
    private final OnlineBackup backup;
    private final SourceHost host;
    private final ReadAt readAt;
    private final DataDirectory directory;
    private final Checkpoint checkpoint;
    private final Clock clock;

    FilesSource(
            ReplicationConnection connection,
            OnlineBackup backup,
            SourceHost host,
            ReadAt readAt,
            DataDirectory directory,
            Checkpoint checkpoint,
            Clock clock) {
        this.connection = connection;
        this.backup = backup;
        this.host = host;
        this.readAt = readAt;
        this.directory = directory;
        this.checkpoint = checkpoint;
        this.clock = clock;
    }

    /** Where the data directory is, for messages. */
    public String description() {
        return "PostgreSQL's data directory '" + dataDirectory() + "' is on " + host.name();
    }

    private String dataDirectory() {
        return PathBytes.printable(directory.path());
    }

    @Override
    public boolean hasManifest() {
        return false;
    }

    @Override
    public Optional<HostFiles> hostFiles() {
        return Optional.of(directory.files());
    }

    @Override
    public ReadAt readAt() {
        return readAt;
    }

    @Override
    public Copied copy(String label, FileSink sink) throws IOException {
        try (ClusterSurvey survey = new ClusterSurvey(directory);
                SessionWatch watch = new SessionWatch(backup, connection)) {
            survey.awaitBeforeCheckpoint();
            Lsn start = backup.start(label, checkpoint, BaseBackupOptions.START_LIMIT);
            watch.start();
            ControlFile before = directory.controlFile().control();
            requireCheckpoint(before, start);
            // The checkpoint wrote it, or one before on a standby: by the clock that the files have their times from.
            Instant filesFrom = stat().modified();
            List<TablespaceInfo> tablespaces = survey.tablespaces();
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
                    Optional.empty(),
                    Optional.of(filesFrom));
        } catch (HostLostException e) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    String.valueOf(e.getMessage()).replaceFirst("\\.$", "") + "; there is no backup",
                    e.hint()
                            .orElse("Take the backup again, or let PostgreSQL send the files: tidemark backup --method"
                                    + " stream"),
                    e);
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
                            + dataDirectory() + "/" + ControlFile.PATH + "', whose last checkpoint is at "
                            + control.checkpoint().redo() + "; there is no backup",
                    "Does the data directory belong to the server that answered? If it does not, let PostgreSQL send"
                            + " the files: tidemark backup --method stream");
        }
    }

    private void copyFiles(FileSink sink, List<TablespaceInfo> tablespaces, SessionWatch watch) throws IOException {
        DirectoryWalk walk = directory.walk(
                new WalkSink.Copy(sink, new UnreadableFiles(directory.files(), directory.path())),
                tablespaces,
                watch::requireAlive);
        sink.awaitReads();
        walk.requireThatNothingWasAway();
        watch.requireAlive();
    }

    /** Copied last: on a standby, recovery of the backup must reach the minRecoveryPoint in it. */
    private ControlFile.Whole copyControlFile(FileSink sink) throws IOException {
        ControlFile.Whole control = directory.controlFile();
        Stat stat = stat();
        sink.file(
                new FileFacts(ControlFile.PATH, stat.mode(), control.bytes().length, stat.modified()),
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
                new FileFacts(path, stat().mode() & RIGHTS_OF_FILE, content.length, clock.instant()),
                new ByteArrayInputStream(content));
    }

    private Stat stat() throws IOException {
        String file = directory.path() + "/" + ControlFile.PATH;
        return directory.files().stat(file).orElseThrow(() -> new NoSuchFileException(file));
    }

    @Override
    public void close() {
        backup.close();
        directory.files().close();
    }
}
