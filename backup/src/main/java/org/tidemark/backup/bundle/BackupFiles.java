// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import org.tidemark.backup.archiving.ArchivingTest;
import org.tidemark.backup.bundle.PageFindings.PageRules;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupListener.Phase;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.BackupFacts.Database;
import org.tidemark.backup.server.RequiredFiles;
import org.tidemark.backup.server.UnreadTablespaces;
import org.tidemark.backup.source.ClusterSource.Copied;
import org.tidemark.backup.source.ClusterSource.ReadAt;
import org.tidemark.backup.source.FileSink;
import org.tidemark.backup.target.Receivers;
import org.tidemark.backup.target.RegisteredCluster;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.ManifestEntry.DirectoryEntry;
import org.tidemark.catalog.backup.ManifestEntry.LinkEntry;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.BaseBackupFiles;
import org.tidemark.postgres.BaseBackupResult;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.IncrementalFile;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.RelationFile;
import org.tidemark.postgres.TablespaceInfo;

/** Puts the files of a base backup into bundles, and PostgreSQL's manifest into a local file. Used by one thread. */
public final class BackupFiles implements FileSink, AutoCloseable {
    private final RegisteredCluster registered;
    private final List<BackupVariant> variants;
    private final Receivers receivers;
    private final ArchivingTest archiving;
    private final BackupKeys keys;
    private final BackupOptions options;
    private final Path directory;
    private final BackupListener listener;
    private final BackupFacts known;
    private final ReadAt readAt;
    private Optional<List<Database>> databases = Optional.empty();
    /** Present if PostgreSQL sends its own manifest. */
    private final Optional<ManifestComparison> comparison;

    private final RequiredFiles necessary = new RequiredFiles();
    private final Optional<OwnManifest> own;
    private final ManifestRecorder recorder;
    private final List<TablespaceInfo> tablespaces = new ArrayList<>();
    private boolean tablespacesArrived;
    private Optional<Parts> parts = Optional.empty();
    private long readBytes;
    private long expectedBytes;

    /** The parts that can be created only when the start of the backup is known. */
    private record Parts(
            PageFindings findings,
            BundlePipeline pipeline,
            FrameCutter cutter,
            FrameReader reader,
            Optional<PageOverlay> overlay) {}

    /**
     * Used by one backup.
     *
     * @param variants all with the same codec
     * @param archiving must have ended before the first bundle is stored
     * @param hasManifest whether PostgreSQL sends its own backup_manifest
     * @param known is asked for the databases once the backup has begun
     * @param readAt where the files are read, if PostgreSQL does not send them
     */
    public BackupFiles(
            List<BackupVariant> variants,
            Receivers receivers,
            ArchivingTest archiving,
            BackupOptions options,
            Path directory,
            BackupListener listener,
            boolean hasManifest,
            BackupFacts known,
            ReadAt readAt)
            throws IOException {
        this.registered = receivers.all().getFirst().registered();
        this.variants = variants;
        this.receivers = receivers;
        this.archiving = archiving;
        this.keys = variants.getFirst().keys();
        this.options = options;
        this.directory = directory;
        this.listener = listener;
        this.known = known;
        this.readAt = readAt;
        this.comparison = hasManifest ? Optional.of(new ManifestComparison(directory)) : Optional.empty();
        // PostgreSQL's manifest is of what it sends, which may be changes.
        this.own = hasManifest && parentFrames().isEmpty()
                ? Optional.empty()
                : Optional.of(new OwnManifest(
                        postgresManifest(), registered.archive().identity().postgresMajor(), keys.system()));
        this.recorder = new ManifestRecorder(variants, comparison, necessary, own);
    }

    /** Those that there were when the backup had begun; empty if that is unknown. */
    public Optional<List<Database>> databases() {
        return databases;
    }

    /** Only a backup of one variant has one. */
    private Optional<ParentFrames> parentFrames() {
        return variants.getFirst().parent();
    }

    @Override
    public Optional<ParentBackup> parent() {
        return parentFrames().map(each -> each.listed(registered.relationSegmentPages()));
    }

    @Override
    public void sendsEveryFile(String reason) {
        listener.sendsEveryFile(reason);
    }

    @Override
    public void started(Lsn start, Timeline timeline, List<TablespaceInfo> all) throws IOException {
        long dataBytes = all.stream().mapToLong(TablespaceInfo::sizeKib).sum() << 10;
        WorkRoom room = new WorkRoom(options.workDirectory());
        room.requireForBackup(dataBytes);
        listener.phase(keys.id(), Phase.COPYING);
        databases = known.databases();
        PageFindings findings = new PageFindings(new PageRules(
                registered.archive().identity().pageSize(),
                registered.dataChecksums(),
                comparison.isPresent() && areVerified(all),
                registered.relationSegmentPages(),
                start));
        BundlePipeline pipeline = new BundlePipeline(
                variants,
                registered.archive().identity().pageSize(),
                receivers,
                archiving,
                options,
                recorder,
                room::requireReserve,
                this::tellProgress);
        FrameCutter cutter = new FrameCutter(pipeline, recorder, findings);
        parts = Optional.of(new Parts(
                findings,
                pipeline,
                cutter,
                new FrameReader(
                        pipeline,
                        recorder,
                        findings,
                        (parent, file) -> parent.unwritten(
                                file.path(), file.size(), file.modified(), timeline, options.host(), readAt)),
                parentFrames()
                        .map(parent -> new PageOverlay(
                                parent,
                                registered.archive().identity().pageSize(),
                                pipeline,
                                cutter,
                                recorder,
                                findings))));
        expectedBytes = dataBytes;
        for (TablespaceInfo tablespace : all) {
            if (!tablespace.isDataDirectory()) {
                tablespace(tablespace);
            }
        }
    }

    /** PostgreSQL 15 and 16 do not verify the files of an in-place tablespace, which only tests have. */
    private static boolean areVerified(List<TablespaceInfo> tablespaces) {
        return tablespaces.stream()
                .allMatch(each -> each.isDataDirectory() || each.location().startsWith("/"));
    }

    @Override
    public void tablespace(TablespaceInfo tablespace) throws IOException {
        requireLocation(tablespace);
        tablespaces.add(tablespace);
        recorder.add(
                tablespace.location().startsWith("/")
                        ? new LinkEntry(tablespace.path(), tablespace.location())
                        : new DirectoryEntry(tablespace.path(), 0700));
    }

    /** Restored, a relative link would lead elsewhere, and PostgreSQL itself sends nothing of what it leads to. */
    private static void requireLocation(TablespaceInfo tablespace) {
        if (!tablespace.location().startsWith("/") && !tablespace.location().equals(tablespace.path())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the link '" + tablespace.path() + "' of a tablespace is relative: '" + tablespace.location()
                            + "'; there is no backup",
                    "Stop PostgreSQL, and make the link with the whole path of the directory.");
        }
    }

    @Override
    public void directory(String path, int mode) throws IOException {
        if (!tablespacesArrived && !path.startsWith(BaseBackupFiles.TABLESPACES + "/")) {
            tablespacesArrived = true;
            requireTablespaces();
        }
        recorder.add(new DirectoryEntry(path, mode));
    }

    /** They come first, so a backup without one fails before the data directory is copied. */
    private void requireTablespaces() {
        Optional<UnreadTablespaces> unread =
                necessary.unread().filter(each -> !each.tablespaces().isEmpty());
        if (unread.isPresent()) {
            // Warnings are for the end.
            unread.get().withoutRelations().judge(known.tablespaces(), tablespaces());
        }
    }

    @Override
    public void link(String path, String target) throws IOException {
        recorder.add(new LinkEntry(path, target));
    }

    @Override
    public void file(FileFacts facts, InputStream content) throws IOException {
        parts().cutter().add(new IncomingFile(facts), content);
    }

    @Override
    public void changes(FileFacts facts, RelationFile relation, long shortest, InputStream content) throws IOException {
        CheckedInputStream read = new CheckedInputStream(content, new CRC32C());
        IncrementalFile changes = IncrementalFile.read(
                read,
                facts.path(),
                facts.size(),
                registered.archive().identity().pageSize(),
                registered.relationSegmentPages());
        long size = (long) changes.pageCount() * registered.archive().identity().pageSize();
        IncomingFile file = new IncomingFile(new FileFacts(relation.path(), facts.mode(), size, facts.modified()));
        file.setSent(facts, read.getChecksum());
        long most = Math.max(0, shortest - relation.firstBlock(registered.relationSegmentPages()));
        parts().overlay().orElseThrow().add(file, changes.pages(), most, read);
    }

    @Override
    public void rewritten(FileFacts facts, byte[] sent, byte[] stored) throws IOException {
        IncomingFile file =
                new IncomingFile(new FileFacts(facts.path(), facts.mode(), stored.length, facts.modified()));
        CRC32C crc = new CRC32C();
        crc.update(sent);
        file.setSent(facts, crc);
        parts().cutter().add(file, new ByteArrayInputStream(stored));
    }

    @Override
    public void file(FileFacts facts, FileContent content) throws IOException {
        parts().reader().add(new IncomingFile(facts), content);
    }

    @Override
    public void awaitReads() throws IOException {
        parts().reader().flush();
        parts().pipeline().placeAll();
    }

    @Override
    public void manifest(InputStream json) throws IOException {
        try (OutputStream out = Files.newOutputStream(sentManifest())) {
            json.transferTo(out);
        }
    }

    @Override
    public void progress(long bytesSoFar, long bytesInAll) {
        readBytes = bytesSoFar;
        expectedBytes = bytesInAll;
        tellProgress();
    }

    private void tellProgress() {
        long placed = parts.map(all -> all.pipeline().placedDataBytes()).orElse(0L);
        listener.progress(
                Math.max(readBytes, placed),
                expectedBytes,
                parts.map(all -> all.pipeline().storedDataBytes()).orElse(0L));
    }

    @Override
    public void warning(String message) {
        parts.ifPresent(all -> all.findings().doubtServer());
        listener.warning(message);
    }

    /**
     * Stores the last bundles, compares with PostgreSQL's manifest, and decides about doubtful pages.
     *
     * @return the bundles of each variant, in their order
     */
    public List<List<BundleRef>> finish(Copied copied) throws IOException {
        BaseBackupResult result = copied.positions();
        listener.phase(keys.id(), Phase.FINISHING);
        if (!result.endTimeline().equals(result.startTimeline())) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the server changed from timeline " + result.startTimeline() + " to timeline "
                            + result.endTimeline() + " while the backup was taken; there is no backup",
                    "Take the backup again. On a standby, wait for the primary's next checkpoint first.");
        }
        checkControlFile(copied.controlFile());
        parts().cutter().flush();
        List<List<BundleRef>> bundles = parts().pipeline().finish();
        // Everything is stored now: so the progress ends at 100 %, even if the estimate was too high.
        expectedBytes = recorder.bytes();
        tellProgress();
        if (comparison.isPresent()) {
            compareManifest(result, comparison.get());
        }
        if (own.isPresent()) {
            own.get().finish(new WalRange(result.startTimeline(), result.start(), result.end()));
        }
        necessary.requireWhole();
        PageFindings findings = parts().findings();
        findings.decide(result.end());
        copied.damage().ifPresent(findings::addServerFailure);
        return bundles;
    }

    private void checkControlFile(byte[] content) throws CorruptFileException {
        SystemIdentifier system = system(content);
        if (!system.equals(keys.system())) {
            throw new UserFacingException(
                    ExitCode.WRONG_CLUSTER,
                    "the received pg_control has system identifier " + system + ", but the server that answered has "
                            + keys.system() + "; there is no backup",
                    "Does a proxy between this host and PostgreSQL lead to more than one server?");
        }
    }

    private static SystemIdentifier system(byte[] controlFile) throws CorruptFileException {
        try {
            return ControlFile.parse(controlFile, ControlFile.PATH).system();
        } catch (UnknownControlFileException e) {
            // Of a newer PostgreSQL: its system identifier is where it has always been.
            return e.system();
        }
    }

    private void compareManifest(BaseBackupResult result, ManifestComparison comparison) throws IOException {
        PostgresManifest read;
        try (InputStream in = Files.newInputStream(sentManifest())) {
            read = PostgresManifest.read(in, PostgresManifest.PATH, comparison::addListed);
        }
        boolean sameWal = read.walRanges().stream()
                .anyMatch(range -> range.timeline().equals(result.endTimeline())
                        && range.stop().equals(result.end()));
        if (!sameWal) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL's manifest says that the backup needs the WAL " + read.walRanges()
                            + ", but PostgreSQL reported its end at " + result.end() + " on timeline "
                            + result.endTimeline() + "; there is no backup",
                    "Take the backup again.");
        }
        comparison.compare();
    }

    /** The file that holds the backup_manifest of the backup. */
    public Path postgresManifest() {
        return directory.resolve(PostgresManifest.PATH);
    }

    /** The file that holds the one that PostgreSQL sends. */
    private Path sentManifest() {
        return own.isPresent() ? directory.resolve("sent_manifest") : postgresManifest();
    }

    /** What must be there, and has not arrived. */
    public RequiredFiles necessary() {
        return necessary;
    }

    /** What has arrived. */
    public ManifestRecorder recorder() {
        return recorder;
    }

    /** What is wrong with pages that have arrived. */
    public PageFindings findings() {
        return parts().findings();
    }

    /** The tablespaces of which files have arrived. */
    public List<TablespaceInfo> tablespaces() {
        return List.copyOf(tablespaces);
    }

    private Parts parts() {
        return parts.orElseThrow(() -> new IllegalStateException("the base backup has not started"));
    }

    @Override
    public void close() throws IOException {
        try {
            closeParts();
        } finally {
            if (comparison.isPresent()) {
                comparison.get().close();
            }
        }
    }

    private void closeParts() throws IOException {
        if (own.isPresent()) {
            own.get().close();
        }
        if (parts.isPresent()) {
            // First the threads that read, then the files that they have open.
            try {
                parts.get().pipeline().close();
            } finally {
                parts.get().reader().close();
            }
        }
    }
}
