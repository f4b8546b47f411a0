// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.Workers;
import org.tidemark.image.BackupFrames;
import org.tidemark.image.BackupSources;
import org.tidemark.image.FrameRun;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.CorruptFileException;
import org.tidemark.postgres.PostgresManifest;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.TablespaceMap;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.host.FileSystemSync;
import org.tidemark.restore.plan.DeltaChanges;
import org.tidemark.restore.plan.Preflight;
import org.tidemark.restore.plan.RestorePlan;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.plan.StartFrom.Move;
import org.tidemark.restore.plan.TargetFacts.ClusterFacts.Use;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest.Occupied;
import org.tidemark.restore.target.ClusterInspector;
import org.tidemark.restore.target.DeltaPreparation;
import org.tidemark.restore.target.DeltaSurvey;
import org.tidemark.restore.target.MovedAside;
import org.tidemark.restore.target.RestoreContents;
import org.tidemark.restore.target.RestoreMarker;
import org.tidemark.restore.target.TargetClaim;
import org.tidemark.restore.target.TargetFiles;
import org.tidemark.restore.target.TargetInspector;
import org.tidemark.restore.target.TargetSync;
import org.tidemark.restore.target.TargetTree;
import org.tidemark.restore.target.TreePreparation;
import org.tidemark.restore.target.UnarchivedWal;

/**
 * Carries out a plan: writes verified frames into files, syncs them, and writes pg_control after all of them. So files
 * that are not complete cannot be started as a server, and the same call completes the restore. Thread-safe.
 */
public final class RestoreExecutor {
    /** Files that one thread looks through at once. */
    private static final int BATCH = 1000;

    private final BackupSources sources;
    private final Clock clock;
    private final int threads;

    /** @param threads how many fetch and write at the same time; each holds a frame in memory */
    public RestoreExecutor(BackupSources sources, Clock clock, int threads) {
        this.sources = sources;
        this.clock = clock;
        this.threads = threads;
    }

    /**
     * Restores. When this returns, the directory is complete and durable, and a server that is started in it begins the
     * recovery.
     *
     * @param plan one that was checked against its target, and has no problems
     * @throws UserFacingException if the plan has a problem, or the target is not what the plan was checked against
     * @throws DamagedObjectException if stored bytes match their digest in none of the repositories; the restore can be
     *     completed from an intact one
     * @throws UserFacingException with INTERRUPTED if the thread was interrupted; the restore can be completed
     */
    public RestoreResult restore(Chosen plan, BaseBackup backup, RecoverySettings settings, RestoreProgress progress)
            throws IOException, InterruptedException {
        return restore(plan, backup, settings, progress, () -> {});
    }

    /**
     * Restores, and tries the restored cluster before the restore counts as ended: the same call tries it again if the
     * process is killed meanwhile.
     *
     * @param trial a failure that it explains to the operator ends the restore; the files stay in place
     */
    public RestoreResult restore(
            Chosen plan, BaseBackup backup, RecoverySettings settings, RestoreProgress progress, Trial trial)
            throws IOException, InterruptedException {
        plan.orThrow();
        if (!plan.backup().id().equals(backup.id().value())) {
            throw new IllegalArgumentException(
                    "the plan is for backup " + plan.backup().id());
        }
        StartFrom start = inspected(plan, backup).start();
        TargetTree tree = start instanceof StartFrom.Differing
                ? TargetTree.over(plan.directories())
                : TargetTree.of(plan.directories());
        Path root = tree.root();
        if (start instanceof StartFrom.Existing) {
            return tryAgain(tree, plan, backup, settings, progress, trial);
        }
        RestoreContents contents = sources.read(catalog -> RestoreContents.read(catalog, backup, tree));
        FileOwner owner = Files.exists(root) ? FileOwner.of(root) : FileOwner.current();
        List<Move> moves = moves(plan, start);
        if (!moves.isEmpty()) {
            new MovedAside(moves, owner)
                    .apply(() -> requireUnused(root, plan.request().occupied().orElseThrow()));
        }
        RestoreCounters counters = new RestoreCounters(progress);
        DeferredFile control = new DeferredFile(contents.files(), contents.controlFile());

        TreePreparation preparation = new TreePreparation(tree, owner);
        RestoreMarker marker = new RestoreMarker(
                backup.origin().system(),
                backup.id().value(),
                clock.instant(),
                start instanceof StartFrom.Differing,
                moves);
        try (TargetClaim claim = TargetClaim.take(tree, owner, marker)) {
            if (marker.isDelta()) {
                try {
                    clear(tree, contents, plan, backup, owner, preparation);
                } catch (UserFacingException e) {
                    // Refused before anything was changed: it is no restore that could be completed.
                    if (Files.exists(tree.resolve(ControlFile.PATH))) {
                        claim.release();
                    }
                    throw e;
                }
            } else {
                preparation.requireOwnLinks();
                preparation.disarm(() -> {});
            }
            preparation.make(contents, plan.directories());
            try (TargetSync sync = new TargetSync(FileSystemSync.open(
                            tree.parts().stream().map(TargetTree.Part::place).toList()));
                    TargetFiles files = new TargetFiles(contents.files(), tree, owner, sync)) {
                FrameRestore frames = new FrameRestore(
                        new BackupFrames(sources, backup, contents.files()),
                        contents.files(),
                        contents.pieces(),
                        control,
                        files,
                        start,
                        backup.objects().fingerprintKey(),
                        counters);
                try (Workers workers = new Workers("restore", threads)) {
                    fetch(contents.pieces(), frames, workers);
                    createEmpty(contents.files(), control, files, workers);
                }
                new RoleFiles(tree, owner).write(plan, settings, sources, backup);
                sync.finish(preparation);
            }
            if (marker.isDelta()) {
                claim.complete();
            }
            arm(control, tree, owner, backup);
            end(claim, trial);
        }
        return counters.result(plan);
    }

    /**
     * What is moved aside: what the plan says, if what is there now is part of it.
     *
     * @param start for what the directories hold now
     */
    private static List<Move> moves(Chosen plan, StartFrom start) {
        if (!(start instanceof StartFrom.Aside found)) {
            return List.of();
        }
        if (plan.start() instanceof StartFrom.Aside planned && planned.moves().containsAll(found.moves())) {
            return planned.moves();
        }
        throw new UserFacingException(
                ExitCode.RESTORE_REFUSED,
                "what is in '" + plan.request().directory() + "', or beside it, has changed since the plan was made;"
                        + " nothing was changed",
                "Run the same command again for a plan of what is there now.");
    }

    /** Takes out of a cluster what the backup lacks: pg_control before everything else. */
    private static void clear(
            TargetTree tree,
            RestoreContents contents,
            Chosen plan,
            BaseBackup backup,
            FileOwner owner,
            TreePreparation preparation)
            throws IOException {
        DeltaChanges planned = plan.changes()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.RESTORE_REFUSED,
                        "a cluster has appeared in '" + tree.root() + "' since the plan was made",
                        "Who made it? Run the same command again for a plan of what is there now."));
        // What was archived when the plan was made is archived; what came since goes aside.
        DeltaChanges changes = DeltaSurvey.of(
                tree,
                contents,
                backup,
                planned.aside(),
                new UnarchivedWal(
                        backup.origin().system(),
                        backup.origin().walSegmentSize(),
                        (wal, file) -> planned.archived().contains(wal.name())));
        plan.with(changes.findings()).orThrow();
        DeltaPreparation delta = new DeltaPreparation(changes, owner);
        delta.copy();
        preparation.disarm(
                () -> requireUnused(tree.root(), plan.request().occupied().orElseThrow()));
        delta.moveWal();
        delta.clear();
    }

    /** A server may have been started since the plan was made. */
    private static void requireUnused(Path root, Occupied occupied) throws IOException {
        Use use = ClusterInspector.use(root);
        if (use == Use.RUNNING || (use == Use.UNKNOWN && !occupied.isStopped())) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "a server was started in '" + root + "' since the plan was made; nothing was changed",
                    "What starts it? Stop that, and the server, and run the same command again.");
        }
    }

    /** All files are in place and durable; another target may have been asked for. */
    private RestoreResult tryAgain(
            TargetTree tree,
            Chosen plan,
            BaseBackup backup,
            RecoverySettings settings,
            RestoreProgress progress,
            Trial trial)
            throws IOException, InterruptedException {
        FileOwner owner = FileOwner.of(tree.root());
        RestoreCounters counters = new RestoreCounters(progress);
        try (TargetClaim claim = TargetClaim.take(
                tree,
                owner,
                new RestoreMarker(backup.origin().system(), backup.id().value(), clock.instant()))) {
            new RoleFiles(tree, owner).write(plan, settings, sources, backup);
            counters.frameKept(backup.contents().dataSizeBytes());
            end(claim, trial);
        }
        return counters.result(plan);
    }

    /** A process that is killed leaves the markers; a trial whose failure is explained does not. */
    private static void end(TargetClaim claim, Trial trial) throws IOException, InterruptedException {
        try {
            trial.run();
        } catch (UserFacingException e) {
            if (e.exitCode() != ExitCode.INTERRUPTED) {
                claim.release();
            }
            throw e;
        }
        claim.release();
    }

    /** The plan for what its directories hold now: they may have been used since it was made. */
    private static Chosen inspected(Chosen plan, BaseBackup backup) throws IOException {
        return Preflight.check(plan, backup.origin().system(), new TargetInspector().inspect(plan))
                .orThrow();
    }

    private static void fetch(PieceTable pieces, FrameRestore frames, Workers workers) throws IOException {
        for (FrameRun ofBundle : FrameRun.bundles(pieces)) {
            for (FrameRun run : ofBundle.cut()) {
                workers.submit(() -> frames.restore(run));
            }
        }
        workers.await();
    }

    /** Files without a piece; all others are complete. */
    private static void createEmpty(FileTable table, DeferredFile control, TargetFiles files, Workers workers)
            throws IOException {
        for (int begin = 0; begin < table.size(); begin += BATCH) {
            int from = begin;
            int to = Math.min(table.size(), begin + BATCH);
            workers.submit(() -> {
                for (int file = from; file < to; file++) {
                    if (table.missing(file) > 0) {
                        throw new IllegalStateException("'" + table.path(file) + "' is not complete");
                    }
                    if (table.isEmpty(file) && !control.is(file)) {
                        files.create(file);
                    }
                }
            });
        }
        workers.await();
    }

    private static void arm(DeferredFile control, TargetTree tree, FileOwner owner, BaseBackup backup)
            throws IOException {
        byte[] content = control.content();
        try {
            ControlFile parsed = ControlFile.parse(content, ControlFile.PATH);
            if (!parsed.system().equals(backup.origin().system())) {
                throw new DamagedObjectException(
                        backup.keys().backup(), "its pg_control is of system " + parsed.system());
            }
        } catch (CorruptFileException e) {
            throw new DamagedObjectException(backup.keys().backup(), String.valueOf(e.getMessage()), e);
        }
        Path file = tree.resolve(ControlFile.PATH);
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "another process created '" + file + "' during the restore",
                    "Another restore may be writing to this directory: wait for its end, or stop it.");
        }
        DurableFile.replace(file, content, owner.with(control.mode()));
    }

    /**
     * What a restore did. Immutable.
     *
     * @param framesRead how many frames were fetched from the store
     * @param framesKept how many frames an interrupted restore had already put in place
     * @param bytesWritten how many bytes of data were written
     * @param bytesKept how many bytes of data were in place already
     */
    public record RestoreResult(
            RestorePlan.Chosen plan, long framesRead, long framesKept, long bytesWritten, long bytesKept) {}

    /** What a restore has done so far. Thread-safe. */
    static final class RestoreCounters {
        private final RestoreProgress progress;
        private final LongAdder framesRead = new LongAdder();
        private final LongAdder framesKept = new LongAdder();
        private final LongAdder bytesWritten = new LongAdder();
        private final LongAdder bytesKept = new LongAdder();

        RestoreCounters(RestoreProgress progress) {
            this.progress = progress;
        }

        /**
         * A frame was fetched.
         *
         * @param written bytes of its data that were written
         * @param kept bytes of its data that were in place
         */
        void frameRead(long written, long kept) {
            framesRead.increment();
            bytesWritten.add(written);
            bytesKept.add(kept);
            progress.advanced(written + kept);
        }

        /** @param bytes of its data that were in place */
        void frameKept(long bytes) {
            framesKept.increment();
            bytesKept.add(bytes);
            progress.advanced(bytes);
        }

        RestoreResult result(RestorePlan.Chosen plan) {
            return new RestoreResult(plan, framesRead.sum(), framesKept.sum(), bytesWritten.sum(), bytesKept.sum());
        }
    }

    /** Tries what was restored, before the restore has ended. */
    public interface Trial {
        void run() throws IOException, InterruptedException;
    }

    /** Follows a restore. Called by several threads at once. */
    public interface RestoreProgress {
        RestoreProgress NONE = bytes -> {};

        /** {@code bytes} more are in place, written or found there; all together are the size of the backup's data. */
        void advanced(long bytes);
    }

    /**
     * Writes the files that make a copy recover: settings, into postgresql.auto.conf alone, since backup_manifest does
     * not list that; the role's signal file; backup_manifest; and the new places into tablespace_map, from which
     * PostgreSQL makes the links again; and, outside of the directory, the server's configuration. Everything is
     * durable when it is written.
     */
    private record RoleFiles(TargetTree tree, FileOwner owner) {
        private static final String TABLESPACE_MAP = "tablespace_map";

        void write(Chosen plan, RecoverySettings settings, BackupSources sources, BaseBackup backup)
                throws IOException {
            SettingsFile written = settings.writtenInto(autoConf());
            put(SettingsFile.AUTO_CONF, written.bytes());
            writeTablespaceMap(plan);
            writeManifest(sources, backup);
            put(plan.request().role().signalFile(), new byte[0]);
            if (plan.configuration().isPresent()) {
                plan.configuration().get().write(owner);
            }
        }

        private void writeTablespaceMap(Chosen plan) throws IOException {
            if (plan.directories().stream()
                    .noneMatch(target -> target instanceof TargetDirectory.Tablespace of && of.moved())) {
                return;
            }
            List<TablespaceMap.Entry> entries = new ArrayList<>();
            for (TargetDirectory target : plan.directories()) {
                if (target instanceof TargetDirectory.Tablespace of) {
                    entries.add(new TablespaceMap.Entry(
                            Long.parseLong(of.oid()), of.path().toString()));
                }
            }
            put(TABLESPACE_MAP, new TablespaceMap(entries).print().getBytes(StandardCharsets.UTF_8));
        }

        /** Not held in memory: that of a million files has 150 MB. */
        private void writeManifest(BackupSources sources, BaseBackup backup) throws IOException {
            Path file = tree.resolve(PostgresManifest.PATH);
            Path temporary = file.resolveSibling(file.getFileName() + DurableFile.TEMPORARY);
            sources.read(catalog -> {
                Files.deleteIfExists(temporary);
                try (InputStream manifest = catalog.postgresManifest(backup)) {
                    return Files.copy(manifest, temporary);
                }
            });
            rights().applyTo(temporary);
            DurableFile.sync(temporary);
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            DurableFile.sync(tree.root());
        }

        private SettingsFile autoConf() throws IOException {
            Path file = tree.resolve(SettingsFile.AUTO_CONF);
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                    ? SettingsFile.read(file)
                    : SettingsFile.empty(SettingsFile.AUTO_CONF);
        }

        private void put(String name, byte[] content) throws IOException {
            DurableFile.replace(tree.resolve(name), content, rights());
        }

        private DurableFile.Rights rights() throws IOException {
            return owner.with(FileOwner.fileMode(tree.root()));
        }
    }
}
