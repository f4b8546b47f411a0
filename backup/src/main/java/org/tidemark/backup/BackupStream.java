// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.backup.BackupListener.Phase;
import org.tidemark.backup.PageFindings.PageRules;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BackupLabel;
import org.tidemark.postgres.BaseBackupReceiver;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.ServerMessage;
import org.tidemark.postgres.TablespaceInfo;

/** Takes the stream of a base backup: files go into bundles, PostgreSQL's manifest into a file. Used by one thread. */
final class BackupStream implements BaseBackupReceiver, AutoCloseable {
    /** SQLSTATE of what the server says about damaged pages. */
    private static final String WARNING = "01000";

    private static final String NEEDED =
            "(?:base|global|pg_tblspc|pg_xact|pg_multixact|pg_commit_ts|pg_twophase|pg_logical)";

    /** Of the message the path alone, which is the same in every language; that of a tablespace is absolute. */
    private static final Pattern LEFT_OUT = Pattern.compile(
            "\\./(" + NEEDED + "(?:/[0-9A-Za-z_./]+)?)(?![0-9A-Za-z_.])|(PG_[0-9]+_[0-9]+[0-9A-Za-z_./]*)");

    /** The function of PostgreSQL that leaves links and special files out. It warns of nothing else. */
    private static final String LEAVES_OUT = "sendDir";

    private final SourceCluster source;
    private final BackupKeys keys;
    private final BackupOptions options;
    private final Path directory;
    private final ClaimedObjects objects;
    private final BackupListener listener;
    private final ManifestWriter manifest;
    private final ManifestComparison comparison;
    private final RequiredFiles necessary = new RequiredFiles();
    private final ManifestRecorder ledger;
    private final List<TablespaceInfo> tablespaces = new ArrayList<>();
    private Optional<Parts> parts = Optional.empty();
    private long readBytes;
    private long expectedBytes;
    private String firstWarning = "";
    private Optional<String> leftOut = Optional.empty();

    /** What can be made only when the start of the backup is known. */
    private record Parts(PageFindings findings, BundlePipeline pipeline, FrameCutter cutter, ArchiveReader reader) {}

    BackupStream(
            SourceCluster source,
            BackupKeys keys,
            BackupOptions options,
            Path directory,
            ClaimedObjects objects,
            BackupListener listener) {
        this.source = source;
        this.keys = keys;
        this.options = options;
        this.directory = directory;
        this.objects = objects;
        this.listener = listener;
        this.manifest = new ManifestWriter(directory);
        this.comparison = new ManifestComparison(directory);
        this.ledger = new ManifestRecorder(manifest, comparison, necessary);
    }

    @Override
    public void started(Lsn start, Timeline timeline, List<TablespaceInfo> all) throws IOException {
        long dataBytes = all.stream().mapToLong(TablespaceInfo::sizeKib).sum() << 10;
        WorkRoom room = new WorkRoom(directory, options.bundlesInFlight());
        room.requireForBackup(dataBytes);
        listener.phase(keys.id(), Phase.COPYING);
        PageFindings findings = new PageFindings(new PageRules(
                source.archive().identity().pageSize(), source.dataChecksums(), source.relationSegmentPages(), start));
        BundlePipeline pipeline = new BundlePipeline(
                keys,
                options,
                directory,
                objects,
                ledger,
                findings,
                () -> room.requireForBundle(dataBytes),
                this::tellProgress);
        FrameCutter cutter = new FrameCutter(pipeline, ledger);
        ArchiveReader reader = new ArchiveReader(cutter, ledger);
        parts = Optional.of(new Parts(findings, pipeline, cutter, reader));
        for (TablespaceInfo tablespace : all) {
            if (!tablespace.isDataDirectory()) {
                tablespaces.add(tablespace);
                reader.addTablespace(tablespace);
            }
        }
    }

    @Override
    public void archive(TablespaceInfo tablespace, InputStream tar) throws IOException {
        parts().reader().read(tablespace, tar);
    }

    @Override
    public void manifest(InputStream json) throws IOException {
        try (OutputStream out = Files.newOutputStream(postgresManifest())) {
            json.transferTo(out);
        }
    }

    @Override
    public void progress(long bytesDone, long bytesExpected) {
        readBytes = bytesDone;
        expectedBytes = bytesExpected;
        tellProgress();
    }

    private void tellProgress() {
        listener.progress(
                readBytes,
                expectedBytes,
                parts.map(all -> all.pipeline().storedDataBytes()).orElse(0L));
    }

    @Override
    public void warning(ServerMessage message) {
        if (firstWarning.isEmpty() && message.sqlState().equals(WARNING)) {
            firstWarning = message.text();
        }
        leftOut = leftOut.or(() -> leftOut(message));
        listener.warning("PostgreSQL: " + message);
    }

    /**
     * What PostgreSQL leaves out with a warning alone, and no server can do without: a link, to which somebody moved a
     * database, a table or the commit log.
     */
    private static Optional<String> leftOut(ServerMessage message) {
        Matcher path = LEFT_OUT.matcher(message.text());
        return message.routine().equals(LEAVES_OUT) && path.find()
                ? Optional.of(path.group(1) == null ? path.group(2) : path.group(1))
                : Optional.empty();
    }

    private void requireAll() {
        if (leftOut.isPresent()) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL left '" + leftOut.get() + "' out of the base backup: it is a link or a special file;"
                            + " there is no backup",
                    "Stop PostgreSQL, and move what the link leads to back into the data directory in the place of the"
                            + " link. To keep a database on another disk, use a tablespace.");
        }
    }

    /** Stores the last bundles, compares with PostgreSQL's manifest, and decides about doubtful pages. */
    List<BundleRef> finish(BaseBackupResult result) throws IOException {
        requireAll();
        listener.phase(keys.id(), Phase.FINISHING);
        if (!result.endTimeline().equals(result.startTimeline())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the server changed from timeline " + result.startTimeline() + " to timeline "
                            + result.endTimeline() + " while the backup was taken; there is no backup",
                    "Take the backup again: of a standby after the primary's next checkpoint.");
        }
        checkControlFile();
        parts().cutter().flush();
        List<BundleRef> bundles = parts().pipeline().finish();
        // All of it is known now, and stored: an estimate that was too high does not end at 99 %.
        expectedBytes = ledger.bytes();
        tellProgress();
        compareManifest(result);
        necessary.requireDirectories();
        PageFindings findings = parts().findings();
        findings.decide(result.end());
        if (result.checksums() == BaseBackupResult.ServerChecksums.FAILURE) {
            findings.addServerFailure("PostgreSQL reported a damaged page: " + firstWarning);
        }
        return bundles;
    }

    private void checkControlFile() throws IOException {
        byte[] content = parts().reader().kept(ArchiveReader.CONTROL_FILE);
        SystemIdentifier system = system(content);
        if (!system.equals(keys.system())) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the received data is of system " + system + ", but the backup is of system " + keys.system(),
                    "Does a proxy between this host and PostgreSQL lead to more than one server?");
        }
    }

    private static SystemIdentifier system(byte[] controlFile) throws CorruptFileException {
        try {
            return ControlFile.parse(controlFile, ArchiveReader.CONTROL_FILE).system();
        } catch (UnknownControlFileException e) {
            // A newer PostgreSQL: whose it is, stands where it always stood.
            return e.system();
        }
    }

    private void compareManifest(BaseBackupResult result) throws IOException {
        PostgresManifest read;
        try (InputStream in = Files.newInputStream(postgresManifest())) {
            read = PostgresManifest.read(in, PostgresManifest.PATH, comparison::addListed);
        }
        boolean sameWal = read.walRanges().stream()
                .anyMatch(range -> range.timeline().equals(result.endTimeline())
                        && range.stop().equals(result.end()));
        if (!sameWal) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL's manifest says that the backup needs the WAL " + read.walRanges()
                            + ", and PostgreSQL said that it ends at " + result.end() + " on timeline "
                            + result.endTimeline(),
                    "Take the backup again.");
        }
        comparison.compare();
    }

    BackupLabel label() throws IOException {
        return BackupLabel.parse(
                new String(parts().reader().kept(ArchiveReader.BACKUP_LABEL), StandardCharsets.UTF_8),
                ArchiveReader.BACKUP_LABEL);
    }

    /** The file that holds PostgreSQL's manifest. */
    Path postgresManifest() {
        return directory.resolve(PostgresManifest.PATH);
    }

    ManifestWriter.Parts manifestParts() throws IOException {
        return manifest.parts();
    }

    RequiredFiles necessary() {
        return necessary;
    }

    ManifestRecorder ledger() {
        return ledger;
    }

    PageFindings findings() {
        return parts().findings();
    }

    List<TablespaceInfo> tablespaces() {
        return List.copyOf(tablespaces);
    }

    private Parts parts() {
        return parts.orElseThrow(() -> new IllegalStateException("the base backup has not started"));
    }

    @Override
    public void close() throws IOException {
        try (manifest;
                comparison) {
            if (parts.isPresent()) {
                parts.get().pipeline().close();
            }
        }
    }
}
