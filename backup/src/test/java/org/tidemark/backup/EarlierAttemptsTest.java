// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.request.BackupResult;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleJournal;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultLoop;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;

/** A backup that failed leaves what it has stored to the next attempt. */
class EarlierAttemptsTest {
    private static final int MIB = 1 << 20;
    private static final int FILES = 8;
    private static final AgeIdentity OWNER = AgeIdentity.generate(new SecureRandom());
    private static final PrivateKeys KEYS = PrivateKeys.from("'owner'", () -> List.of(OWNER));
    private static final Encoding PLAIN = Encoding.of(Codec.parse("zstd:1"));
    /** Not compressed: where files have the same sizes, so have bundles. */
    private static final Encoding SAME_SIZES = Encoding.of(Codec.parse("none"));

    private static final Encoding ENCRYPTED =
            new Encoding(Codec.parse("zstd:1"), Optional.of(new Recipients(List.of(OWNER.recipient()))));

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private SyntheticCluster cluster;

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), random);
        for (int file = 0; file < FILES; file++) {
            change(file);
        }
        cluster.prepare(store);
    }

    private void change(int file) {
        byte[] content = new byte[2 * MIB + file * 1000];
        random.nextBytes(content);
        cluster.server.files.put("base/1/" + file, content);
    }

    /** Takes so many bundles, and then nothing. */
    private static final class FailingStore extends DelegatingStore {
        private int left;

        FailingStore(ObjectStore store, int bundles) {
            super(store);
            this.left = bundles;
        }

        @Override
        public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
            synchronized (this) {
                if (key.value().contains("/bundle/")) {
                    left--;
                }
                if (left < 0) {
                    throw new StorageUnavailable("the store is away", null);
                }
            }
            super.putIfAbsent(key, source);
        }
    }

    private Path journal() throws IOException {
        try (Stream<Path> files = Files.list(cluster.attempts)) {
            // Beside it is a directory of what was begun.
            return files.filter(Files::isRegularFile).findFirst().orElseThrow();
        }
    }

    /** Gives the id of the attempt. */
    private BackupId fail(int bundles, Encoding encoding) throws IOException {
        BackupResult result = backup(new FailingStore(store, bundles), encoding);
        assertThat(result.published()).isEmpty();
        return result.unfinished().getFirst().id().orElseThrow();
    }

    private BackupResult backup(ObjectStore to, Encoding encoding) throws IOException {
        return cluster.backup(List.of(SyntheticCluster.target("test", to, encoding)), BackupOptions.MIN_BUNDLE_BYTES);
    }

    private BaseBackup again() throws IOException {
        return backup(store, PLAIN).first();
    }

    private Set<BackupId> owners(BaseBackup backup) throws IOException {
        return cluster.catalog(store).bundles(backup).values().stream()
                .map(BundleRef::id)
                .collect(Collectors.toSet());
    }

    private long storedBytes(BackupId id) throws IOException {
        long bytes = 0;
        for (String key :
                StoreAccess.keys(store, cluster.catalog(store).keys(id).data())) {
            bytes += StoreAccess.read(store, key).length;
        }
        return bytes;
    }

    private void assertRestored(BaseBackup backup) throws IOException {
        Path space = Files.createTempDirectory(directory, "restore");
        Path to = space.resolve("restored");
        PlainRestore.restore(cluster.catalog(store), backup, to, Files.createDirectory(space.resolve("space")));
        for (String each : cluster.server.files.keySet().stream()
                .filter(path -> path.startsWith("base/1/") && !path.endsWith("/"))
                .toList()) {
            assertThat(Files.readAllBytes(to.resolve(each))).as(each).isEqualTo(cluster.server.files.get(each));
        }
        SyntheticCluster.assertSound(store, PrivateKeys.NONE);
    }

    @Test
    void whatIsThereIsNotStoredAgain() throws IOException {
        BackupId failed = fail(9, PLAIN);
        BaseBackup backup = again();

        assertThat(backup.type()).isEqualTo(BaseBackup.Type.FULL);
        assertThat(owners(backup)).containsExactlyInAnyOrder(failed, backup.id());
        assertThat(cluster.catalog(store).intent(backup.id()).orElseThrow().parents())
                .containsExactly(failed);
        assertThat(storedBytes(failed)).isGreaterThan(4L * MIB);
        assertThat(storedBytes(failed) + storedBytes(backup.id()))
                .as("what was on its way when it failed may be there twice")
                .isLessThan(22L * MIB + 300_000);
        assertThat(backup.readSizeBytes()).as("a restore reads").isBetween(17L * MIB, 22L * MIB + 300_000);
        assertThat(backup.contents().storedSizeBytes() + backup.objects().referredSizeBytes())
                .isEqualTo(backup.readSizeBytes());
        assertThat(backup.objects().referredSizeBytes()).isGreaterThan(4L * MIB);
        assertRestored(backup);

        BaseBackup next = again();
        assertThat(owners(next)).as("a backup that is complete is no attempt").containsExactly(next.id());
        assertRestored(next);
        BaseBackup incremental = cluster.incremental(SyntheticCluster.target("test", store, PLAIN))
                .first();
        assertThat(incremental.type()).isEqualTo(BaseBackup.Type.INCREMENTAL);
        assertRestored(incremental);
    }

    @Test
    void anIncrementalBackupRefersToItAsToAnyOther() throws IOException {
        BackupId failed = fail(9, PLAIN);
        BaseBackup backup = again();
        change(3);
        BaseBackup incremental = cluster.incremental(SyntheticCluster.target("test", store, PLAIN))
                .first();

        assertThat(owners(incremental)).containsExactlyInAnyOrder(failed, backup.id(), incremental.id());
        assertRestored(incremental);
    }

    @Test
    void ofSeveralAttemptsAllIsUsed() throws IOException {
        BackupId first = fail(6, PLAIN);
        BackupId second = fail(6, PLAIN);
        BaseBackup backup = again();

        assertThat(owners(backup)).containsExactlyInAnyOrder(first, second, backup.id());
        assertThat(storedBytes(first) + storedBytes(second) + storedBytes(backup.id()))
                .isLessThan(26L * MIB + 400_000);
        assertRestored(backup);
    }

    @Test
    void whatHasChangedIsStored() throws IOException {
        fail(12, PLAIN);
        for (int file = 0; file < FILES; file += 2) {
            change(file);
        }
        cluster.server.files.remove("base/1/1");
        assertRestored(again());
    }

    @Test
    void whatWasDeletedMeanwhileIsStoredAgain() throws IOException {
        BackupId failed = fail(9, PLAIN);
        List<String> bundles =
                StoreAccess.keys(store, cluster.catalog(store).keys(failed).data());
        store.delete(List.of(new ObjectKey(bundles.getFirst())));
        BaseBackup backup = again();

        assertThat(owners(backup)).containsExactlyInAnyOrder(failed, backup.id());
        assertRestored(backup);
    }

    /** As with a spool that was restored, or a kill just after the backup was published. */
    @Test
    void whatHasBecomeABackupIsNoAttempt() throws IOException {
        BackupId failed = fail(9, PLAIN);
        Path journal = journal();
        byte[] before = Files.readAllBytes(journal);
        BaseBackup first = again();
        Files.write(journal, before);
        Files.write(journal, linesOf(first), StandardOpenOption.APPEND);

        BaseBackup second = again();

        assertThat(owners(second)).contains(failed).doesNotContain(first.id());
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(journal)))
                .isEqualTo("rw-------");
        assertRestored(second);
    }

    /** What a journal says of it. */
    private byte[] linesOf(BaseBackup backup) throws IOException {
        Path file = directory.resolve("journal");
        try (BundleJournal journal = BundleJournal.open(file).orElseThrow()) {
            Intent intent = cluster.catalog(store).intent(backup.id()).orElseThrow();
            journal.add(backup.id(), intent.nonce(), "");
            for (BundleRef each : cluster.catalog(store).bundles(backup).values()) {
                if (each.id().equals(backup.id())) {
                    journal.add(
                            each, cluster.catalog(store).bundle(backup, each).frames());
                }
            }
        }
        return Files.readAllBytes(file);
    }

    @Test
    void anIdThatBelongsToAnotherHostIsNotUsed() throws IOException {
        BackupId failed = fail(9, PLAIN);
        Intent intent = cluster.catalog(store).intent(failed).orElseThrow();
        store.delete(List.of(cluster.catalog(store).keys(failed).intent()));
        Intent others =
                new Intent(failed, "5".repeat(32), "other", intent.started(), intent.walFrom(), intent.parents());
        store.putIfAbsent(cluster.catalog(store).keys(failed).intent(), ObjectSource.of(others.encode()));

        BaseBackup backup = again();

        assertThat(owners(backup)).containsExactly(backup.id());
        assertRestored(backup);
    }

    @Test
    void aJournalThatIsCutOffOrDamagedCostsWorkAlone() throws IOException {
        for (int round = 0; round < Rounds.of(3, 15); round++) {
            fail(9, PLAIN);
            Path journal = journal();
            byte[] content = Files.readAllBytes(journal);
            int at = random.nextInt(content.length);
            if (random.nextBoolean()) {
                content[at] ^= (byte) (1 + random.nextInt(255));
                Files.write(journal, content);
            } else {
                Files.write(journal, Arrays.copyOf(content, at), StandardOpenOption.TRUNCATE_EXISTING);
            }
            change(random.nextInt(FILES));
            assertRestored(again());
        }
    }

    @Test
    void anotherEncryptionHasAttemptsOfItsOwn() throws IOException {
        BackupId plain = fail(9, PLAIN);
        BackupId encrypted = fail(9, ENCRYPTED);
        BaseBackup backup = backup(store, ENCRYPTED).first();

        assertThat(owners(backup))
                .containsExactlyInAnyOrder(encrypted, backup.id())
                .doesNotContain(plain);
        SyntheticCluster.assertSound(store, KEYS);
    }

    @Test
    void eachRepositoryMustHaveIt() throws IOException {
        BackupId failed = fail(9, PLAIN);
        MemoryStore other = new MemoryStore(Clock.systemUTC());
        cluster.prepare(other);
        BackupResult result = cluster.backup(
                List.of(SyntheticCluster.target("one", store, PLAIN), SyntheticCluster.target("other", other, PLAIN)),
                BackupOptions.MIN_BUNDLE_BYTES);

        assertThat(result.published()).hasSize(1);
        assertThat(owners(result.first())).doesNotContain(failed);
        assertRestored(result.first());
    }

    @Test
    void anAttemptWhoseRepositoryFailsAtOnceLeavesTheNotesToTheNext() throws IOException {
        BackupId first = fail(5, PLAIN);
        BackupResult second = backup(
                new DelegatingStore(store) {
                    @Override
                    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                        throw new StorageUnavailable("the store is away", null);
                    }
                },
                PLAIN);
        assertThat(second.published()).isEmpty();

        assertThat(owners(again())).contains(first);
    }

    /** The repository was made again, and the clock was set back. */
    @Test
    void anAttemptOfTheSameIdInAnotherRepositoryIsAnotherAttempt() throws IOException {
        fail(7, SAME_SIZES);
        List<String> first = Files.readAllLines(journal());
        Map<String, byte[]> before = new HashMap<>(cluster.server.files);
        MemoryStore other = new MemoryStore(Clock.systemUTC());
        cluster.prepare(other);
        for (int file = 0; file < FILES; file++) {
            change(file);
        }
        Files.write(journal(), first.subList(0, 1)); // the key
        assertThat(backup(new FailingStore(other, 7), SAME_SIZES).published()).isEmpty();
        List<String> second = Files.readAllLines(journal());
        Files.write(journal(), first);
        Files.write(journal(), second.subList(1, second.size()), StandardOpenOption.APPEND);
        cluster.server.files.putAll(before);

        assertThat(backup(other, SAME_SIZES).published()).hasSize(1);
        SyntheticCluster.assertSound(other, PrivateKeys.NONE);
    }

    /** Whatever fails, and whenever: the next attempt is whole. */
    @Test
    void everyOperationOfTheStoreMayFail() {
        FaultLoop.run(
                () -> new MemoryStore(Clock.systemUTC()),
                new FaultLoop.Scenario() {
                    @Override
                    public void prepare(ObjectStore healthy) throws Exception {
                        cluster.prepare(healthy);
                        assertThat(backup(new FailingStore(healthy, 7), PLAIN).published())
                                .isEmpty();
                    }

                    @Override
                    public void run(ObjectStore faulty) throws Exception {
                        BackupResult result = backup(faulty, PLAIN);
                        for (var each : result.unfinished()) {
                            throw each.failure().orElseThrow();
                        }
                    }

                    @Override
                    public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                        SyntheticCluster.assertSound(healthy, PrivateKeys.NONE);
                    }
                },
                Rounds.of(19, 1));
    }
}
