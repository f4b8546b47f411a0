// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.wal.ArchivedWal;
import org.tidemark.catalog.wal.ArchivedWal.Stored;
import org.tidemark.core.ExitCode;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.UserFacingException;
import org.tidemark.image.BackupImage;
import org.tidemark.image.BackupSources;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.MinimalWal;
import org.tidemark.recoverability.WrittenTimes;
import org.tidemark.restore.RestoreExecutor.RestoreProgress;
import org.tidemark.restore.RestoreExecutor.RestoreResult;
import org.tidemark.restore.host.FileOwner;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.target.RestoreMarker;
import org.tidemark.restore.target.TargetClaim.RestoreLock;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.Rounds;

class RestoreExecutorTest {
    private static final Clock CLOCK = Clock.fixed(Instant.parse("2026-11-20T07:00:00Z"), ZoneOffset.UTC);

    @TempDir
    private Path temporary;

    private ObjectStore store = new MemoryStore(CLOCK);
    private int threads = 3;
    private Path target = Path.of("/");

    @BeforeEach
    void makeTarget() throws IOException {
        target = temporary.resolve("restored");
        Files.createDirectory(target);
        Hosts.giveToOrdinaryUser(target);
    }

    private static SyntheticBackup dataDirectory() {
        return SyntheticBackup.ofDataDirectory(Codec.parse("zstd:1"));
    }

    private BaseBackup store(SyntheticBackup files) throws IOException {
        return files.store(store, Files.createDirectory(temporary.resolve("work")));
    }

    private Chosen plan(BaseBackup backup, Map<String, Path> tablespaces) {
        CatalogSnapshot catalog = new CatalogSnapshot(
                List.of("local"),
                List.of(BackupCandidate.of(new CatalogEntry.Published(backup), "local", Optional.empty())),
                List.of(),
                new ArchivedWal(
                        Archives.SIZE, List.of(new Stored(Archives.segment(1, 2), 1, CLOCK.instant())), List.of()),
                Map.of(),
                Map.of(),
                Set.of(),
                MinimalWal.NONE,
                List.of(),
                WrittenTimes.UNREAD);
        RestoreRequest request =
                RestoreRequest.of(target, new RecoveryTarget.Latest()).withTablespaces(tablespaces);
        return (Chosen) new RestorePlanner().plan(request, catalog);
    }

    private RestoreResult restore(BaseBackup backup) throws IOException, InterruptedException {
        return restore(backup, plan(backup, Map.of()));
    }

    private RestoreResult restore(BaseBackup backup, Chosen plan) throws IOException, InterruptedException {
        return restore(backup, plan, PrivateKeys.NONE);
    }

    private RestoreResult restore(BaseBackup backup, Chosen plan, PrivateKeys privateKeys)
            throws IOException, InterruptedException {
        return new RestoreExecutor(BackupSources.of(SyntheticBackup.catalog(store, privateKeys)), CLOCK, threads)
                .restore(plan, backup, RecoverySettings.of(plan, "fetch %f %p"), RestoreProgress.NONE);
    }

    private void assertRestored(SyntheticBackup files) throws IOException {
        for (Map.Entry<String, byte[]> each : files.files().entrySet()) {
            if (!each.getKey().equals("standby.signal") && !each.getKey().equals("postgresql.auto.conf")) {
                assertThat(target.resolve(each.getKey())).hasBinaryContent(each.getValue());
            }
        }
        assertThat(target.resolve("standby.signal")).doesNotExist();
        assertThat(target.resolve("recovery.signal")).isEmptyFile();
        assertThat(target.resolve(RestoreMarker.NAME)).doesNotExist();
        assertThat(target.resolve("backup_manifest")).hasBinaryContent(SyntheticBackup.POSTGRES_MANIFEST);
    }

    @Test
    void everyFileIsRestoredWithItsContentAndRights() throws Exception {
        for (String codec : List.of("zstd:1", "lz4", "gzip:1", "none")) {
            store = new MemoryStore(CLOCK);
            target = temporary.resolve("restored-" + codec.charAt(0));
            Files.createDirectory(target);
            Hosts.giveToOrdinaryUser(target);
            SyntheticBackup files = SyntheticBackup.ofDataDirectory(Codec.parse(codec));
            BaseBackup backup = files.store(store, Files.createDirectory(temporary.resolve("work-" + codec.charAt(0))));

            RestoreResult result = restore(backup);

            assertRestored(files);
            assertThat(result.framesKept()).isZero();
            assertThat(result.bytesWritten()).isEqualTo(backup.contents().dataSizeBytes());
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                    .isEqualTo("rwx------");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve("base/5/1259"))))
                    .isEqualTo("rw-------");
        }
    }

    @Test
    void anEncryptedBackupIsRestoredOnlyWithThePrivateKey() throws Exception {
        AgeIdentity owner = AgeIdentity.generate(new SecureRandom());
        AgeIdentity other = AgeIdentity.generate(new SecureRandom());
        for (String codec : List.of("zstd:1", "none")) {
            store = new MemoryStore(CLOCK);
            target = temporary.resolve("restored-" + codec.charAt(0));
            Files.createDirectory(target);
            Hosts.giveToOrdinaryUser(target);
            SyntheticBackup files = SyntheticBackup.ofDataDirectory(
                    new Encoding(Codec.parse(codec), Optional.of(new Recipients(List.of(owner.recipient())))));
            BaseBackup backup = files.store(store, Files.createDirectory(temporary.resolve("work-" + codec.charAt(0))));
            Chosen plan = plan(backup, Map.of());

            for (PrivateKeys wrong : List.of(PrivateKeys.NONE, PrivateKeys.from("a test", () -> List.of(other)))) {
                assertThatThrownBy(() -> restore(backup, plan, wrong))
                        .isInstanceOfSatisfying(
                                UserFacingException.class,
                                e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY));
                assertThat(target).isEmptyDirectory();
            }
            restore(backup, plan, PrivateKeys.from("a test", () -> List.of(other, owner)));

            assertRestored(files);
        }
    }

    @Test
    void theGroupIsLetInWhereTheBackupLetItIn() throws Exception {
        BaseBackup backup = store(new SyntheticBackup(Codec.parse("none"))
                .directoryMode(0750)
                .directory("global")
                .file("PG_VERSION", "15\n")
                .file("backup_label", "x")
                .file("global/pg_control", SyntheticBackup.controlFile()));

        restore(backup);

        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target)))
                .isEqualTo("rwxr-x---");
        for (String added : List.of("postgresql.auto.conf", "recovery.signal", "backup_manifest")) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(target.resolve(added))))
                    .as(added)
                    .isEqualTo("rw-r-----");
        }
    }

    @Test
    void recoverySettingsReplaceTheOnesThatCameWithTheBackup() throws Exception {
        restore(store(dataDirectory()));

        assertThat(Files.readString(target.resolve("postgresql.auto.conf"), StandardCharsets.UTF_8))
                .startsWith("""
                    # by hand
                    work_mem = '8MB'
                    # written by tidemark recover; 'tidemark setup primary' resets it
                    restore_command = 'fetch %f %p'
                    """)
                .contains("recovery_target_timeline = '1'\n", "archive_mode = 'off'\n", "primary_conninfo = ''\n")
                .doesNotContain("host=old");
    }

    @Test
    void singleFilesAreReadOutOfABackupAndOfItsManifestOnlyTheirParts() throws Exception {
        for (int lines : List.of(1, 3, 1000)) {
            store = new MemoryStore(CLOCK);
            BaseBackup backup = dataDirectory()
                    .linesInPart(lines)
                    .store(store, Files.createDirectory(temporary.resolve("work-" + lines)));
            List<String> opened = new ArrayList<>();
            ObjectStore listening = new DelegatingStore(store) {
                @Override
                public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                    opened.add(key.toString());
                    return super.open(key, range);
                }
            };

            BackupImage image = BackupImage.of(
                    BackupSources.of(SyntheticBackup.catalog(listening)),
                    backup,
                    Set.of("postgresql.conf", "base/5/1259", "base/5/1261", "none"),
                    0);

            assertThat(image.list("")).hasSize(1);
            assertThat(image.list("base/5")).hasSize(2);
            assertThat(image.open((BackupImage.File) image.find("base/5/1259").orElseThrow())
                            .readAll())
                    .isEqualTo(SyntheticBackup.noise(1, 35_000));
            assertThat(opened.stream().filter(key -> key.contains("/manifest/")).distinct())
                    .hasSizeLessThanOrEqualTo(4);
            restore(backup);
            target = Files.createDirectory(temporary.resolve("restored-" + lines));
            Hosts.giveToOrdinaryUser(target);
        }
    }

    @Test
    void aRestoreThatWasCutOffIsCompletedWithoutReadingWhatIsInPlace() throws Exception {
        SyntheticBackup files = dataDirectory();
        BaseBackup backup = store(files);
        ObjectStore whole = store;
        store = new CutOffStore(whole, 12);
        // With several, the first refusal may stop those that have read and not yet written.
        threads = 1;

        assertThatThrownBy(() -> restore(backup)).isInstanceOf(IOException.class);
        threads = 3;
        assertThat(target.resolve("global/pg_control")).doesNotExist();
        assertThat(target.resolve(RestoreMarker.NAME)).exists();
        long inPlace = framesInPlace(files);
        assertThat(inPlace).isPositive();

        store = whole;
        RestoreResult result = restore(backup);

        assertRestored(files);
        assertThat(result.framesKept()).isEqualTo(inPlace);
        assertThat(result.framesKept() + result.framesRead()).isEqualTo(24);
    }

    @Test
    void aRestoreThatEndedBeforeItsCommandWasTriedIsOnlyTriedAgain() throws Exception {
        SyntheticBackup files = dataDirectory()
                .tablespace(16384, "/mnt/fast")
                .directory("pg_tblspc/16384/PG_15_202209061")
                .file("pg_tblspc/16384/PG_15_202209061/1", SyntheticBackup.noise(7, 25_000));
        BaseBackup backup = store(files);
        Path fast = temporary.resolve("fast");
        Chosen plan = plan(backup, Map.of("16384", fast));
        assertThatThrownBy(() -> restore(backup, plan, "false", () -> {
                    throw new IOException("killed");
                }))
                .hasMessage("killed");
        assertThat(target.resolve("global/pg_control")).exists();
        assertThat(target.resolve(RestoreMarker.NAME)).exists();
        AtomicInteger tried = new AtomicInteger();

        RestoreResult result = restore(backup, plan, "true", tried::incrementAndGet);

        assertThat(result.framesRead()).isZero();
        assertThat(result.bytesWritten()).isZero();
        assertThat(tried).hasValue(1);
        assertThat(target.resolve("postgresql.auto.conf")).content().contains("restore_command = 'true'");
        assertThat(target.resolve(RestoreMarker.NAME)).doesNotExist();
        assertThat(fast.resolve(RestoreMarker.NAME)).doesNotExist();
        assertThatThrownBy(() -> restore(backup, plan)).hasMessageContaining("belongs to a cluster");
    }

    @Test
    void aDirectoryHasTheSignalFileAndTheSettingsOfItsLastRoleAlone() throws Exception {
        BaseBackup backup = store(dataDirectory());
        Chosen plan = plan(backup, Map.of());
        assertThatThrownBy(() -> restore(backup, plan, "x", () -> {
                    throw new IOException("killed");
                }))
                .hasMessage("killed");
        assertThat(target.resolve("recovery.signal")).exists();
        Role standby = new Role.Standby("host=primary");

        restore(
                backup,
                new Chosen(
                        plan.request().withRole(standby),
                        plan.recovery(),
                        plan.directories(),
                        plan.start(),
                        plan.changes(),
                        plan.settings(),
                        plan.configuration(),
                        plan.findings()),
                "x",
                () -> {});

        assertThat(target.resolve("recovery.signal")).doesNotExist();
        assertThat(target.resolve("standby.signal")).exists();
        assertThat(target.resolve("postgresql.auto.conf"))
                .content()
                .contains("primary_conninfo = 'host=primary'")
                .doesNotContain("archive_mode = 'off'");
    }

    @Test
    void aRestoreWhoseTrialFailedHasEnded() throws Exception {
        BaseBackup backup = store(dataDirectory());

        assertThatThrownBy(() -> restore(backup, plan(backup, Map.of()), "false", () -> {
                    throw new UserFacingException(ExitCode.RESTORE_REFUSED, "no WAL", "Mend it.");
                }))
                .hasMessage("no WAL");

        assertThat(target.resolve("global/pg_control")).exists();
        assertThat(target.resolve(RestoreMarker.NAME)).doesNotExist();
    }

    private RestoreResult restore(BaseBackup backup, Chosen plan, String command, RestoreExecutor.Trial trial)
            throws IOException, InterruptedException {
        return new RestoreExecutor(BackupSources.of(SyntheticBackup.catalog(store, PrivateKeys.NONE)), CLOCK, threads)
                .restore(plan, backup, RecoverySettings.of(plan, command), RestoreProgress.NONE, trial);
    }

    /** How many ranges of 10,000 bytes, which is what a frame of these backups holds, are right on disk. */
    private long framesInPlace(SyntheticBackup files) throws IOException {
        long count = 0;
        for (Map.Entry<String, byte[]> each : files.files().entrySet()) {
            Path file = target.resolve(each.getKey());
            byte[] found = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
            for (int at = 0; at < each.getValue().length; at += 10_000) {
                int end = Math.min(at + 10_000, each.getValue().length);
                if (found.length >= end && Arrays.equals(found, at, end, each.getValue(), at, end)) {
                    count++;
                }
            }
        }
        return count;
    }

    @Test
    void aCompleteRestoreIsNotOverwritten() throws Exception {
        BaseBackup backup = store(dataDirectory());
        restore(backup);

        assertThatThrownBy(() -> restore(backup))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.RESTORE_REFUSED));
    }

    @Test
    void aLiveOrForeignDirectoryIsRefusedAndLeftAlone() throws Exception {
        BaseBackup backup = store(dataDirectory());
        Path file = target.resolve("postmaster.pid");
        Files.writeString(file, "1\n");

        assertThatThrownBy(() -> restore(backup)).hasMessageContaining("holds a postmaster.pid");

        Files.move(file, target.resolve("letter.txt"));
        assertThatThrownBy(() -> restore(backup)).hasMessageContaining("is not empty: it holds 'letter.txt'");
        try (Stream<Path> entries = Files.list(target)) {
            assertThat(entries).containsExactly(target.resolve("letter.txt"));
        }
    }

    @Test
    void aSecondRestoreIntoTheSameDirectoryIsRefused() throws Exception {
        BaseBackup backup = store(dataDirectory());
        new RestoreMarker(SyntheticBackup.SYSTEM, backup.id().value(), CLOCK.instant())
                .write(target, FileOwner.of(target));

        try (RestoreLock _ = RestoreLock.take(target)) {
            assertThatThrownBy(() -> restore(backup)).hasMessageContaining("is under way");
        }
    }

    @Test
    void pathsThatLeadOutOfTheTargetAreDamageAndNothingIsWritten() throws Exception {
        Path outside = temporary.resolve("outside");
        Files.createDirectory(outside);
        List<String> paths = List.of(
                "../outside/evil",
                "base/../../outside/evil",
                outside + "/evil",
                "base//evil",
                "base/./evil",
                "base/evil\\u0000",
                "nowhere/evil");
        for (int i = 0; i < paths.size(); i++) {
            store = new MemoryStore(CLOCK);
            BaseBackup backup = new SyntheticBackup(Codec.parse("none"))
                    .directory("base")
                    .directory("global")
                    .file("PG_VERSION", "15\n")
                    .file("backup_label", "x")
                    .file("global/pg_control", SyntheticBackup.controlFile())
                    .rawLine("{\"type\":\"directory\",\"path\":\"" + paths.get(i) + "\",\"mode\":\"0700\"}")
                    .store(store, Files.createDirectory(temporary.resolve("work-" + i)));

            assertThatThrownBy(() -> restore(backup)).as(paths.get(i)).isInstanceOf(DamagedObjectException.class);
            assertThat(outside).isEmptyDirectory();
            assertThat(target).isEmptyDirectory();
        }
    }

    @Test
    void aFileBelowALinkOfTheManifestIsDamage() throws Exception {
        BaseBackup backup =
                store(dataDirectory().link("base/out", temporary.toString()).file("base/out/evil", "x"));

        assertThatThrownBy(() -> restore(backup))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("no directory 'base/out'");
    }

    @Test
    void aLinkThatIsNoTablespaceIsNotMade() throws Exception {
        SyntheticBackup files = dataDirectory().link("base/out", temporary.toString());

        restore(store(files));

        assertThat(target.resolve("base/out")).doesNotExist();
        assertRestored(files);
    }

    @Test
    void aLinkPlantedInACutOffRestoreIsRefused() throws Exception {
        BaseBackup backup = store(dataDirectory());
        new RestoreMarker(SyntheticBackup.SYSTEM, backup.id().value(), CLOCK.instant())
                .write(target, FileOwner.of(target));
        Path outside = temporary.resolve("outside");
        Files.writeString(outside, "mine");
        Files.createSymbolicLink(target.resolve("PG_VERSION"), outside);

        assertThatThrownBy(() -> restore(backup)).hasMessageContaining("is a link or a special file");
        assertThat(outside).hasContent("mine");

        Files.delete(target.resolve("PG_VERSION"));
        Files.createSymbolicLink(target.resolve("base"), temporary);
        assertThatThrownBy(() -> restore(backup)).hasMessageContaining("is a link or a special file");
    }

    @Test
    void aTablespaceIsRestoredWhereItIsPutAndTheMapSaysSo() throws Exception {
        SyntheticBackup files = dataDirectory()
                .tablespace(16384, "/mnt/fast")
                .directory("pg_tblspc/16384/PG_15_202209061")
                .file("pg_tblspc/16384/PG_15_202209061/1", SyntheticBackup.noise(9, 15_000));
        BaseBackup backup = store(files);
        Path place = temporary.resolve("place");

        restore(backup, plan(backup, Map.of("fast", place)));

        files.without("tablespace_map");
        assertRestored(files);
        assertThat(place.resolve("PG_15_202209061/1")).hasBinaryContent(SyntheticBackup.noise(9, 15_000));
        assertThat(place.resolve(RestoreMarker.NAME)).doesNotExist();
        assertThat(Files.readSymbolicLink(target.resolve("pg_tblspc/16384"))).isEqualTo(place);
        assertThat(target.resolve("tablespace_map")).hasContent("16384 " + place + "\n");
    }

    @Test
    void aTablespaceThatIsNotEmptyIsRefused() throws Exception {
        BaseBackup backup = store(dataDirectory().tablespace(16384, "/mnt/fast"));
        Path place = Files.createDirectory(temporary.resolve("place"));
        Files.writeString(place.resolve("x"), "x");

        assertThatThrownBy(() -> restore(backup, plan(backup, Map.of("fast", place))))
                .hasMessageContaining("tablespace 16384 '" + place + "' is not empty");
        assertThat(target).isEmptyDirectory();
    }

    /** A restore needs neither the index of a bundle nor its footer. */
    @Test
    void everyFlippedBitIsFoundOrHasNoPartInTheRestore() throws Exception {
        SyntheticBackup files = dataDirectory();
        BaseBackup backup = store(files);
        List<ObjectInfo> objects =
                store.list("", Optional.empty(), ObjectStore.MAX_PAGE).objects();
        Map<ObjectKey, Long> indexes = indexes(backup);
        Random random = Rounds.random();
        ObjectStore whole = store;

        for (int round = 0; round < Rounds.of(40, 2000); round++) {
            ObjectInfo object = objects.get(random.nextInt(objects.size()));
            long place = random.nextLong(object.sizeBytes());
            int bit = 1 << random.nextInt(8);
            store = flipped(whole, objects, object.key(), place, bit);
            target = temporary.resolve("restored-" + round);
            Files.createDirectory(target);
            Hosts.giveToOrdinaryUser(target);

            if (place >= indexes.getOrDefault(object.key(), Long.MAX_VALUE)) {
                restore(backup);
                assertRestored(files);
            } else {
                assertThatThrownBy(() -> restore(backup))
                        .as("bit %d of byte %d of %s", bit, place, object.key())
                        .isInstanceOfAny(DamagedObjectException.class, UserFacingException.class);
                assertThat(target.resolve("global/pg_control")).doesNotExist();
            }
        }
    }

    /** Where the index of each bundle begins. */
    private Map<ObjectKey, Long> indexes(BaseBackup backup) throws IOException {
        BackupCatalog catalog = SyntheticBackup.catalog(store);
        Map<ObjectKey, Long> indexes = new HashMap<>();
        for (BundleRef each : catalog.bundles(backup).values()) {
            BundleReader bundle = catalog.bundle(backup, each);
            Frame last = bundle.frames().getLast();
            indexes.put(bundle.key(), last.offset() + last.length());
        }
        return indexes;
    }

    private static ObjectStore flipped(ObjectStore from, List<ObjectInfo> objects, ObjectKey key, long place, int bit)
            throws IOException {
        ObjectStore copy = new MemoryStore(CLOCK);
        for (ObjectInfo each : objects) {
            byte[] bytes;
            try (var in = from.open(each.key(), ByteRange.ALL)) {
                bytes = in.readAllBytes();
            }
            if (each.key().equals(key)) {
                bytes[(int) place] ^= (byte) bit;
            }
            copy.putIfAbsent(each.key(), ObjectSource.of(bytes));
        }
        return copy;
    }

    /** Another backup of the same id, intact in itself: its frames are as long, its list of bundles is another one. */
    @Test
    void aDamagedFrameIsNotReplacedByThatOfAnotherBackupOfTheSameId() throws Exception {
        SyntheticBackup files = SyntheticBackup.ofDataDirectory(Codec.parse("none"));
        BaseBackup backup = store(files);
        ObjectStore offsite = new MemoryStore(CLOCK);
        SyntheticBackup.ofDataDirectory(Codec.parse("none"))
                .file("base/5/1261", SyntheticBackup.noise(99, 120_000))
                .store(offsite, Files.createDirectory(temporary.resolve("work-offsite")));
        ObjectStore local = flipped(
                store,
                store.list("", Optional.empty(), ObjectStore.MAX_PAGE).objects(),
                backup.keys().bundle(2),
                20_000,
                4);
        BackupSources sources = new BackupSources(List.of(
                new BackupSources.Source("local", SyntheticBackup.catalog(local)),
                new BackupSources.Source("offsite", SyntheticBackup.catalog(offsite))));
        Chosen plan = plan(backup, Map.of());

        assertThatThrownBy(() -> new RestoreExecutor(sources, CLOCK, threads)
                        .restore(plan, backup, RecoverySettings.of(plan, "fetch %f %p"), RestoreProgress.NONE))
                .isInstanceOfSatisfying(
                        DamagedObjectException.class,
                        e -> assertThat(e.getSuppressed())
                                .anyMatch(each -> String.valueOf(each.getMessage())
                                        .contains("bundles' is damaged: its stored bytes do not match their digest")));
        assertThat(target.resolve("global/pg_control")).doesNotExist();
    }

    @Test
    void anInterruptedRestoreCanBeCompleted() throws Exception {
        SyntheticBackup files = dataDirectory();
        BaseBackup backup = store(files);
        List<Throwable> ends = new ArrayList<>();
        ObjectStore whole = store;
        store = new CutOffStore(whole, 12) {
            @Override
            void reached() {
                mainThread().interrupt();
            }
        };
        Thread thread = Thread.ofPlatform().unstarted(() -> {
            try {
                restore(backup);
            } catch (Throwable e) {
                ends.add(e);
            }
        });
        ((CutOffStore) store).setMainThread(thread);

        thread.start();
        thread.join(60_000);

        assertThat(ends).hasSize(1);
        assertThat(target.resolve("global/pg_control")).doesNotExist();
        store = whole;
        restore(backup);
        assertRestored(files);
    }
}
