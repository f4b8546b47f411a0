// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.KeyPair;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Mark.Scope;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.ReferringBackups;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.verify.Verifier;
import org.tidemark.catalog.verify.Verifier.Options.Extent;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ArchivedWal.Stored;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.Workers;
import org.tidemark.image.BackupFrames;
import org.tidemark.image.BackupSources;
import org.tidemark.image.FrameRun;
import org.tidemark.postgres.ControlFile;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.MinimalWal;
import org.tidemark.recoverability.WrittenTimes;
import org.tidemark.restore.RestoreExecutor.RestoreCounters;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlan.TargetDirectory;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.plan.StartFrom;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.target.RestoreContents;
import org.tidemark.restore.target.TargetFiles;
import org.tidemark.restore.target.TargetSync;
import org.tidemark.restore.target.TargetTree;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.Rounds;

/** Files that are put together from frames of several backups, page by page. */
class RestoreReferringBackupsTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final Clock CLOCK = Clock.fixed(BEGIN, ZoneOffset.UTC);
    private static final int PAGE = 1024;

    @TempDir
    private Path temporary;

    private MemoryStore store = new MemoryStore(CLOCK);
    private PrivateKeys privateKeys = PrivateKeys.NONE;
    private int targets;

    @BeforeEach
    void makeWork() throws IOException {
        Files.createDirectory(temporary.resolve("work"));
    }

    private ReferringBackups begin(Random random) throws IOException {
        store = new MemoryStore(CLOCK);
        ReferringBackups backups = new ReferringBackups(store, temporary.resolve("work"), random, PAGE);
        backups.files.put("PG_VERSION", "15\n".getBytes(StandardCharsets.US_ASCII));
        backups.files.put("backup_label", "START WAL LOCATION: 0/2000028\n".getBytes(StandardCharsets.US_ASCII));
        backups.files.put("postgresql.auto.conf", new byte[0]);
        backups.files.put(ControlFile.PATH, SyntheticBackup.controlFile());
        for (int file = 0; file < 6; file++) {
            backups.files.put("base/5/" + (16_384 + file), noise(random, random.nextInt(40) * PAGE));
        }
        return backups;
    }

    private static byte[] noise(Random random, int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    private BackupCatalog catalog() {
        return new BackupCatalog(store, privateKeys, ReferringBackups.CLUSTER, ReferringBackups.SYSTEM);
    }

    /** Whatever changed from one backup to the next, each gives back the files of its moment. */
    @Test
    void eachBackupOfARandomHistoryIsRestoredAsItWas() throws Exception {
        Random random = Rounds.random();
        int pieces = 0;
        for (int round = 0; round < Rounds.of(6, 1_000); round++) {
            ReferringBackups backups = begin(random);
            Map<BaseBackup, Map<String, byte[]>> history = new HashMap<>();
            BaseBackup last = backups.full(BEGIN);
            history.put(last, new TreeMap<>(backups.files));
            for (int day = 1; day <= 1 + random.nextInt(8); day++) {
                change(backups, random);
                Instant at = BEGIN.plusSeconds(86_400L * day);
                last = random.nextInt(12) == 0 ? backups.full(at) : backups.backup(at);
                history.put(last, new TreeMap<>(backups.files));
            }

            for (Map.Entry<BaseBackup, Map<String, byte[]>> each : history.entrySet()) {
                pieces += assertRestoredInAnyOrder(each.getKey(), each.getValue(), random);
            }
            assertSound(history.size());
            if (round % 3 == 0) {
                Path target = target();
                restore(last, target, 1 + random.nextInt(4));
                assertFiles(target, backups.files);
            }
        }
        assertThat(pieces).as("pieces that are not whole ranges").isPositive();
    }

    private static void change(ReferringBackups backups, Random random) {
        for (String path : List.copyOf(backups.files.keySet())) {
            if (!path.startsWith("base/") || random.nextInt(3) == 0) {
                continue;
            }
            byte[] content = Objects.requireNonNull(backups.files.get(path)).clone();
            switch (random.nextInt(12)) {
                case 0 -> content = Arrays.copyOf(content, random.nextInt(60) * PAGE);
                case 1 -> content = Arrays.copyOf(content, content.length / 2 / PAGE * PAGE);
                case 2 -> content = noise(random, random.nextInt(20 * PAGE));
                case 3 -> content = noise(random, random.nextInt(20) * PAGE);
                default -> {
                    for (int page = random.nextInt(10); page > 0 && content.length >= PAGE; page--) {
                        content[random.nextInt(content.length)] ^= 1;
                    }
                }
            }
            backups.files.put(path, content);
            if (random.nextInt(20) == 0) {
                backups.files.remove(path);
            }
        }
        if (random.nextInt(3) == 0) {
            backups.files.put("base/5/" + (16_384 + random.nextInt(8)), noise(random, random.nextInt(30) * PAGE));
        }
    }

    private void assertSound(int backups) throws IOException {
        Verifier.Options options = new Verifier.Options(Extent.EVERYTHING, Scope.ALL, 2);
        var report = new Verifier(store, privateKeys, options, CLOCK, (objects, bytes) -> {})
                .verify(ReferringBackups.CLUSTER, ReferringBackups.SYSTEM, Optional.empty());
        assertThat(report.findings()).isEmpty();
        assertThat(report.sound()).hasSize(backups);
    }

    /** Writes the frames in a random order, with several threads; gives how many pieces are not ranges. */
    private int assertRestoredInAnyOrder(BaseBackup backup, Map<String, byte[]> expected, Random random)
            throws Exception {
        Path target = target();
        Files.createDirectories(target.resolve("base/5"));
        Files.createDirectories(target.resolve("global"));
        TargetTree tree = new TargetTree(List.of(new TargetDirectory.DataDirectory(target, 0)));
        RestoreContents contents = RestoreContents.read(catalog(), backup, tree);
        DeferredFile control = new DeferredFile(contents.files(), contents.controlFile());
        PieceTable pieces = contents.pieces();
        try (TargetSync sync = new TargetSync(Optional.empty());
                TargetFiles files = new TargetFiles(contents.files(), tree, FileOwner.current(), sync);
                Workers workers = new Workers("test", 1 + random.nextInt(4))) {
            FrameRestore frames = new FrameRestore(
                    new BackupFrames(BackupSources.of(catalog()), backup, contents.files()),
                    contents.files(),
                    pieces,
                    control,
                    files,
                    new StartFrom.Empty(),
                    backup.objects().fingerprintKey(),
                    new RestoreCounters(RestoreProgress.NONE));
            List<FrameRun> runs = new ArrayList<>();
            for (FrameRun each : FrameRun.bundles(pieces)) {
                for (int place = each.from(); place < each.to(); place = each.endOfFrame(place)) {
                    int frame = place;
                    runs.addAll(each.only(wanted -> wanted == frame));
                }
            }
            Collections.shuffle(runs, random);
            for (FrameRun run : runs) {
                workers.submit(() -> frames.restore(run));
            }
            workers.await();
        }
        expected.forEach((path, content) -> {
            if (path.equals(ControlFile.PATH)) {
                assertThat(control.content()).isEqualTo(content);
            } else if (content.length > 0) {
                assertThat(target.resolve(path)).as(backup.id() + ": " + path).hasBinaryContent(content);
            }
        });
        int others = 0;
        for (int piece = 0; piece < pieces.size(); piece++) {
            others += pieces.written(piece).size() > 1 || !pieces.isWrittenWhole(piece) ? 1 : 0;
        }
        return others;
    }

    private Path target() {
        targets++;
        return temporary.resolve("restored-" + targets);
    }

    private Chosen plan(BaseBackup backup, Path target) {
        List<Stored> segments = new ArrayList<>();
        for (Segment each : backup.wal().segments(ReferringBackups.SEGMENT_SIZE).toList()) {
            segments.add(new Stored(each, 1, BEGIN));
        }
        CatalogSnapshot catalog = new CatalogSnapshot(
                List.of("local"),
                List.of(BackupCandidate.of(new CatalogEntry.Published(backup), "local", Optional.empty())),
                List.of(),
                new ArchivedWal(ReferringBackups.SEGMENT_SIZE, segments, List.of()),
                Map.of(),
                Map.of(),
                Set.of(),
                MinimalWal.NONE,
                List.of(),
                WrittenTimes.UNREAD);
        return (Chosen) new RestorePlanner().plan(RestoreRequest.of(target, new RecoveryTarget.Latest()), catalog);
    }

    private RestoreResult restore(BaseBackup backup, Path target, int threads)
            throws IOException, InterruptedException {
        return restore(backup, target, threads, RestoreProgress.NONE);
    }

    private RestoreResult restore(BaseBackup backup, Path target, int threads, RestoreProgress progress)
            throws IOException, InterruptedException {
        if (!Files.exists(target)) {
            Files.createDirectory(target);
            Hosts.giveToOrdinaryUser(target);
        }
        Chosen plan = plan(backup, target);
        return new RestoreExecutor(BackupSources.of(catalog()), CLOCK, threads)
                .restore(plan, backup, RecoverySettings.of(plan, "fetch %f %p"), progress);
    }

    private static void assertFiles(Path target, Map<String, byte[]> expected) {
        expected.forEach((path, content) -> {
            if (!path.equals("postgresql.auto.conf")) {
                assertThat(target.resolve(path)).hasBinaryContent(content);
            }
        });
    }

    /** A backup of a relation of some pages, of which three changed after the first one. */
    private BaseBackup ofTwo(ReferringBackups backups) throws IOException {
        backups.files.put("base/5/9", noise(new Random(9), 64 * PAGE));
        backups.full(BEGIN);
        byte[] content = backups.files.get("base/5/9").clone();
        for (int page : new int[] {0, 20, 63}) {
            content[page * PAGE] ^= 1;
        }
        backups.files.put("base/5/9", content);
        return backups.backup(BEGIN.plusSeconds(86_400));
    }

    private ObjectKey bundleOfParent(BaseBackup child) throws IOException {
        BundleRef bundle = catalog().bundles(child).values().stream()
                .filter(each -> !each.id().equals(child.id()))
                .findFirst()
                .orElseThrow();
        return catalog().keys(bundle.id()).bundle(bundle.number());
    }

    @Test
    void aRestoreThatWasStoppedIsCompleted() throws Exception {
        ReferringBackups backups = begin(Rounds.random());
        BaseBackup backup = ofTwo(backups);
        int[] steps = {0};
        restore(backup, target(), 1, bytes -> steps[0]++);
        for (int stopAfter = 1; stopAfter <= steps[0]; stopAfter += Math.max(1, steps[0] / 4)) {
            Path target = target();
            int[] frames = {stopAfter};
            assertThatThrownBy(() -> restore(backup, target, 1, bytes -> {
                        frames[0]--;
                        if (frames[0] == 0) {
                            throw new IllegalStateException("stopped");
                        }
                    }))
                    .hasStackTraceContaining("stopped");

            RestoreResult result = restore(backup, target, 2);

            assertFiles(target, backups.files);
            assertThat(result.bytesKept() + result.bytesWritten())
                    .isEqualTo(backup.contents().dataSizeBytes());
        }
    }

    @Test
    void anEncryptedBackupIsRestoredWithThePrivateKeyAlone() throws Exception {
        KeyPair pair = KeyPair.fresh();
        ReferringBackups backups = begin(Rounds.random()).encoding(KeyPair.encoding("zstd:1", pair));
        BaseBackup backup = ofTwo(backups);

        assertThatThrownBy(() -> restore(backup, target(), 2))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY));
        privateKeys = pair.privateKeys();
        Path target = target();
        restore(backup, target, 2);
        assertFiles(target, backups.files);
    }

    @Test
    void aMissingBundleOfTheParentIsNamed() throws Exception {
        BaseBackup backup = ofTwo(begin(Rounds.random()));
        ObjectKey bundle = bundleOfParent(backup);
        store.delete(List.of(bundle));

        assertThatThrownBy(() -> restore(backup, target(), 2))
                .isInstanceOf(StorageException.ObjectMissing.class)
                .hasMessageContaining(bundle.value());
    }

    @Test
    void framesOfAParentWithAnotherKeyAreRefused() throws Exception {
        ReferringBackups backups = begin(Rounds.random());
        backups.full(BEGIN);
        backups.files.put("base/5/9", noise(new Random(9), PAGE));
        BaseBackup backup = backups.anotherKey().backup(BEGIN.plusSeconds(86_400));

        assertThatThrownBy(() -> restore(backup, target(), 2))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("that the manifest describes");
    }

    @Test
    void aManifestThatDoesNotMakeUpAFileIsRefusedBeforeAnythingIsWritten() throws Exception {
        // With pieces of one page each, which are random as well, there would be no exceptions.
        ReferringBackups backups =
                begin(new Random(1)).forgeManifest(line -> line.replaceFirst(",\"except\":\"[^\"]*\"", ""));
        BaseBackup backup = ofTwo(backups);
        Path target = target();

        assertThatThrownBy(() -> restore(backup, target, 2))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("two pieces of 'base/5/9' have byte");
        assertThat(target).isEmptyDirectory();
    }
}
