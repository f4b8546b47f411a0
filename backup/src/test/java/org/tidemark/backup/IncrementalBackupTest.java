// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.backup.request.BackupTarget;
import org.tidemark.backup.source.UnsureIncrementException;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.age.AgeIdentity;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.Lineage;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectLock;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;

/** What an incremental backup refers to, and when it is full instead. */
class IncrementalBackupTest {
    private static final int MIB = 1 << 20;
    private static final long PAGE = 8192;
    private static final Encoding PLAIN = Encoding.of(Codec.parse("zstd:1"));
    private static final AgeIdentity OWNER = AgeIdentity.generate(new SecureRandom());

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final MemoryStore one = new MemoryStore(Clock.systemUTC());
    private final MemoryStore other = new MemoryStore(Clock.systemUTC());
    private SyntheticCluster cluster;

    @BeforeEach
    void makeCluster() throws IOException {
        cluster = new SyntheticCluster(Files.createDirectory(directory.resolve("work")), random);
        for (int file = 0; file < 6; file++) {
            cluster.server.files.put("base/1/" + file, noise(file * MIB / 2 + 1000));
        }
        cluster.prepare(one);
    }

    /** Whole pages are sound. */
    private byte[] noise(int size) {
        byte[] content = new byte[size];
        random.nextBytes(content);
        for (int page = 0; page + PAGE <= size; page += (int) PAGE) {
            // LSN, checksum and flags, then lower, upper and special, then size and version.
            ByteBuffer.wrap(content)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .position(page)
                    .putLong(1)
                    .putInt(0)
                    .putShort((short) 24)
                    .putShort((short) PAGE)
                    .putShort((short) PAGE)
                    .putShort((short) (PAGE | 4));
        }
        return content;
    }

    private static BackupTarget target(ObjectStore store) throws IOException {
        return SyntheticCluster.target("test", store, PLAIN);
    }

    private void assertRestored(ObjectStore store, BaseBackup backup) throws IOException {
        assertRestored(store, backup, "base/1/0", "base/1/3", "base/1/5", "base/1/large");
    }

    private void assertRestored(ObjectStore store, BaseBackup backup, String... paths) throws IOException {
        Path space = Files.createTempDirectory(directory, "restore");
        Path to = space.resolve("restored");
        PlainRestore.restore(cluster.catalog(store), backup, to, Files.createDirectory(space.resolve("space")));
        for (String each : paths) {
            assertThat(Files.readAllBytes(to.resolve(each))).as(each).isEqualTo(cluster.server.files.get(each));
        }
        SyntheticCluster.assertSound(store, PrivateKeys.NONE);
    }

    @Test
    void onlyChangedPiecesAreStored() throws IOException {
        BaseBackup full = cluster.backup(one, PLAIN);
        byte[] large =
                Objects.requireNonNull(cluster.server.files.get("base/1/5")).clone();
        large[MIB + 5] ^= 1;
        System.arraycopy(noise(MIB), 0, large, 0, MIB);
        cluster.server.files.put("base/1/5", large);
        cluster.server.files.put("base/1/0", noise(2000));

        BaseBackup second = cluster.incremental(target(one)).first();
        BaseBackup third = cluster.incremental(target(one)).first();

        assertThat(second.type()).isEqualTo(BaseBackup.Type.INCREMENTAL);
        assertThat(second.objects().lineage().map(Lineage::parent)).contains(full.id());
        assertThat(third.objects().lineage().map(Lineage::parent)).contains(second.id());
        assertThat(third.objects().lineage().map(Lineage::oldestFrame)).contains(full.id());
        assertThat(second.contents().storedSizeBytes())
                .as("one piece, a page, a small file, and what changes always")
                .isBetween((long) MIB, MIB + 200_000L);
        assertThat(third.contents().storedSizeBytes()).isLessThan(200_000);
        assertThat(cluster.catalog(one).bundles(third).values())
                .extracting(BundleRef::id)
                .contains(full.id(), second.id());
        assertThat(cluster.catalog(one).intent(third.id()).orElseThrow().parents())
                .containsExactly(full.id(), second.id());
        assertRestored(one, third);
        assertThat(third.readSizeBytes()).isGreaterThan(full.contents().storedSizeBytes());
    }

    @Test
    void ofFewChangedPagesOnlyTheseAreStored() throws IOException {
        cluster.server.files.put("base/1/6", noise(3 * MIB));
        BaseBackup full = cluster.backup(one, PLAIN);
        change("base/1/6", 7, 130, 131, 300);
        BaseBackup second = cluster.incremental(target(one)).first();
        change("base/1/6", 8, 131);
        BaseBackup third = cluster.incremental(target(one)).first();
        BaseBackup unchanged = cluster.incremental(target(one)).first();

        long always = unchanged.contents().storedSizeBytes();
        assertThat(second.contents().storedSizeBytes() - always)
                .as("four pages, and the manifest")
                .isBetween(4 * PAGE, 4 * PAGE + 4_000);
        assertThat(third.contents().storedSizeBytes() - always).isBetween(2 * PAGE, 2 * PAGE + 4_000);
        assertThat(cluster.catalog(one).bundles(unchanged).values())
                .extracting(BundleRef::id)
                .contains(full.id(), second.id(), third.id());
        assertRestored(one, unchanged, "base/1/6");
        assertRestored(one, third, "base/1/6");
    }

    @Test
    void aPartOfTheManifestThatHasNotChangedIsNotStoredAgain() throws IOException {
        // Long names, so that few files make long manifests.
        String name = "base/1/" + "n".repeat(85);
        for (int file = 0; file < 26_000; file++) {
            cluster.server.files.put(name + file, noise(300));
        }
        BaseBackup full = cluster.backup(one, PLAIN);
        cluster.server.files.put(name + "0", noise(20_000));
        BaseBackup second = cluster.incremental(target(one)).first();
        cluster.server.files.put(name + "9999", noise(299));
        cluster.server.files.remove(name + "9998");
        BaseBackup third = cluster.incremental(target(one)).first();

        assertThat(owners(full)).containsExactly(full.id(), full.id(), full.id());
        assertThat(owners(second)).containsExactly(second.id(), full.id(), full.id());
        assertThat(owners(third)).containsExactly(second.id(), full.id(), third.id());
        assertThat(second.manifestParts().getFirst().number()).isOne();
        assertThat(third.objects().manifestParts().getLast().shared()).isEmpty();
        assertThat(second.contents().storedSizeBytes())
                .isLessThan(full.objects().manifestParts().stream()
                        .mapToLong(part -> part.object().sizeBytes())
                        .sum());
        assertRestored(one, third, name + "0", name + "9999", name + "4711");
    }

    /** Of a full backup, each bundle is stored again in one of many increments. */
    @Test
    void nothingIsReferredToThatIsTooOld() throws IOException {
        List<String> paths = new ArrayList<>();
        for (int file = 0; file < 40; file++) {
            paths.add("base/1/" + (100 + file));
            cluster.server.files.put(paths.getLast(), noise(MIB));
        }
        BackupTarget target = target(one);
        Duration most = Duration.ofDays(10);
        BackupTarget limited =
                new BackupTarget(target.name(), target.repository(), target.encoding(), Optional.of(most));
        cluster.backup(List.of(limited), MIB);
        BaseBackup last = cluster.incremental(limited).first();
        long mostAtOnce = 0;
        for (int day = 1; day <= Rounds.of(25, 60); day++) {
            cluster.clock = Clock.offset(SyntheticCluster.CLOCK, Duration.ofDays(day));
            change("base/1/" + (100 + random.nextInt(40)), random.nextInt(128));
            last = cluster.incremental(limited).first();

            assertThat(last.type()).isEqualTo(BaseBackup.Type.INCREMENTAL);
            assertThat(Duration.between(
                            last.objects().lineage().orElseThrow().oldestFrame().started(),
                            last.id().started()))
                    .as("day %d", day)
                    .isLessThanOrEqualTo(most);
            mostAtOnce = Math.max(mostAtOnce, last.contents().storedSizeBytes());
        }
        assertThat(mostAtOnce).as("at most so much is stored at once").isLessThan(25 * MIB);
        assertRestored(one, last, paths.toArray(String[]::new));
    }

    /** What a backup refers to must be locked for some time yet. */
    @Test
    void whereObjectsAreLockedTheAgeOfWhatIsReferredToIsLimited() throws IOException {
        cluster.backup(one, PLAIN);
        ObjectStore locking = new DelegatingStore(one) {
            @Override
            public Optional<ObjectLock> lock() {
                return Optional.of(new LockOfADay());
            }
        };
        BackupTarget target = target(locking);

        assertThat(typeIn(target, Optional.empty())).isEqualTo(BaseBackup.Type.FULL);
        assertThat(typeIn(target, Optional.of(Duration.ofDays(1)))).isEqualTo(BaseBackup.Type.FULL);
        assertThat(typeIn(target, Optional.of(Duration.ofHours(23)))).isEqualTo(BaseBackup.Type.INCREMENTAL);
    }

    private record LockOfADay() implements ObjectLock {
        @Override
        public Duration period() {
            return Duration.ofDays(1);
        }

        @Override
        public Proof tryOn(ObjectKey key) {
            throw new UnsupportedOperationException();
        }
    }

    private BaseBackup.Type typeIn(BackupTarget target, Optional<Duration> most) throws IOException {
        return cluster.incremental(new BackupTarget(target.name(), target.repository(), target.encoding(), most))
                .first()
                .type();
    }

    private static List<BackupId> owners(BaseBackup backup) {
        return backup.manifestParts().stream().map(part -> part.keys().id()).toList();
    }

    private void change(String path, int... pages) {
        byte[] content = Objects.requireNonNull(cluster.server.files.get(path)).clone();
        for (int page : pages) {
            System.arraycopy(noise((int) PAGE), 0, content, (int) (page * PAGE), (int) PAGE);
        }
        cluster.server.files.put(path, content);
    }

    /** A restore reads the frame of a part, and then each page that was stored for a later backup. */
    @Test
    void whatHasChangedOftenIsStoredWholeAgain() throws IOException {
        cluster.server.files.put("base/1/6", noise(MIB));
        cluster.backup(one, PLAIN);
        List<Long> sizes = new ArrayList<>();
        for (int backup = 0; backup < 6; backup++) {
            int from = backup * 10;
            change("base/1/6", IntStream.range(from, from + 10).toArray());
            sizes.add(cluster.incremental(target(one)).first().contents().storedSizeBytes());
        }

        assertThat(sizes.stream().map(size -> size > MIB))
                .as("a quarter of 128 pages are 32: %s", sizes)
                .containsExactly(false, false, false, true, false, false);
    }

    @Test
    void aFileThatOnlyGrewIsKnownWhenItRests() throws IOException {
        byte[] before = noise((int) (100 * PAGE));
        cluster.server.files.put("base/1/6", before);
        cluster.backup(one, PLAIN);
        byte[] longer = noise((int) (120 * PAGE));
        System.arraycopy(before, 0, longer, 0, before.length);
        cluster.server.files.put("base/1/6", longer);
        BaseBackup second = cluster.incremental(target(one)).first();
        BaseBackup third = cluster.incremental(target(one)).first();

        assertThat(second.contents().storedSizeBytes() - third.contents().storedSizeBytes())
                .isBetween(20 * PAGE, 20 * PAGE + 4_000);
        assertRestored(one, third, "base/1/6");
    }

    /** A page that changes once, among others that change each time, moves on with them. */
    @Test
    void aFrameOfPagesIsLeftWhenMostOfItIsOfNoUse() throws IOException {
        cluster.server.files.put("base/1/6", noise(MIB));
        BaseBackup full = cluster.backup(one, PLAIN);
        BaseBackup last = full;
        for (int backup = 0; backup < 8; backup++) {
            change("base/1/6", 0, 1, 2, 3, 4, 5, 60 + backup);
            last = cluster.incremental(target(one)).first();
        }

        assertThat(cluster.catalog(one).bundles(last).values().stream()
                        .map(BundleRef::id)
                        .distinct())
                .as("the first, the last, and a few between them")
                .contains(full.id())
                .hasSizeLessThan(6);
        assertRestored(one, last, "base/1/6");
    }

    /** A bundle is kept whole as long as a byte of it is needed. */
    @Test
    void whatIsLeftOfABundleIsStoredAgain() throws IOException {
        BaseBackup full = cluster.backup(one, PLAIN);
        for (int file = 1; file < 6; file++) {
            cluster.server.files.put("base/1/" + file, noise(file * MIB / 2 + 1000));
        }
        cluster.server.files.remove("base/1/large");
        BaseBackup second = cluster.incremental(target(one)).first();
        BaseBackup third = cluster.incremental(target(one)).first();

        assertThat(cluster.catalog(one).bundles(second).values())
                .extracting(BundleRef::id)
                .contains(full.id());
        assertThat(cluster.catalog(one).bundles(third).values())
                .extracting(BundleRef::id)
                .doesNotContain(full.id())
                .contains(second.id());
        assertRestored(one, third, "base/1/0", "base/1/3", "base/1/5");
    }

    /** What grows, shrinks, changes, disappears and comes back, at random. */
    @Test
    void anyBackupOfALongRowIsRestored() throws IOException {
        restoreEachOfLongRows();
    }

    /** The same where the server sends what has changed since the backup before. */
    @Test
    void anyBackupOfALongRowOfChangesIsRestored() throws IOException {
        cluster.server.summarizes = true;
        restoreEachOfLongRows();
    }

    private void restoreEachOfLongRows() throws IOException {
        String[] paths =
                IntStream.range(0, 3).mapToObj(file -> "base/1/" + file).toArray(String[]::new);
        int length = Rounds.of(8, 50);
        for (int row = 0; row < Rounds.of(1, 20); row++) {
            MemoryStore store = new MemoryStore(Clock.systemUTC());
            cluster.prepare(store);
            cluster.backup(store, PLAIN);
            for (int backup = 0; backup < length; backup++) {
                for (String each : paths) {
                    mutate(each);
                }
                assertRestored(store, cluster.incremental(target(store)).first(), paths);
            }
        }
    }

    @Test
    void ofFilesThatAreSentAsChangesOnlyThePagesAreStored() throws IOException {
        cluster.server.summarizes = true;
        cluster.prepare(other);
        cluster.server.files.put("base/1/6", noise(3 * MIB));
        cluster.backup(other, PLAIN);
        change("base/1/6", 7, 130, 131, 300);
        BaseBackup second = cluster.incremental(target(other)).first();
        assertThat(cluster.server.changesSent).isPositive();
        BaseBackup unchanged = cluster.incremental(target(other)).first();

        assertThat(second.contents().storedSizeBytes() - unchanged.contents().storedSizeBytes())
                .as("four pages, and the manifest")
                .isBetween(4 * PAGE, 4 * PAGE + 4_000);
        assertRestored(other, unchanged, "base/1/6");
        assertRestored(other, second, "base/1/6");
    }

    /** PostgreSQL may leave out pages of a relation that became shorter, and grew again. */
    @Test
    void whereSummariesAreNotSureFilesAreSentWhole() throws IOException {
        cluster.server.summarizes = true;
        cluster.prepare(other);
        cluster.server.files.put("base/1/6", noise(3 * MIB));
        cluster.server.files.put("base/1/7", noise(2 * MIB));
        cluster.backup(other, PLAIN);

        cluster.truncations = Optional.of(Map.of("1663/1/6", 384L));
        cluster.incremental(target(other));
        assertThat(cluster.server.changesSent).isEqualTo(1);
        cluster.truncations = Optional.of(Map.of("1663/1/6", 131_072L));
        cluster.incremental(target(other));
        assertThat(cluster.server.changesSent)
                .as("the end of the file is before that")
                .isEqualTo(2);
        cluster.truncations = Optional.empty();
        cluster.incremental(target(other));
        assertThat(cluster.server.changesSent).as("nobody knows").isZero();

        cluster.truncations = Optional.of(Map.of());
        cluster.regrown = Optional.of(true);
        assertThatThrownBy(() -> cluster.incremental(target(other))).isInstanceOf(UnsureIncrementException.class);
        cluster.regrown = Optional.empty();
        assertThatThrownBy(() -> cluster.incremental(target(other))).isInstanceOf(UnsureIncrementException.class);
    }

    /** What is sent as changes cannot be stored whole, so the server is asked for the file. */
    @Test
    void aFileThatHasChangedOftenIsSentWholeOnce() throws IOException {
        cluster.server.summarizes = true;
        cluster.prepare(other);
        cluster.server.files.put("base/1/6", noise(MIB));
        cluster.backup(other, PLAIN);
        List<Long> sizes = new ArrayList<>();
        List<Long> sent = new ArrayList<>();
        for (int backup = 0; backup < 7; backup++) {
            int from = backup * 10;
            change("base/1/6", IntStream.range(from, from + 10).toArray());
            BaseBackup made = cluster.incremental(target(other)).first();
            sizes.add(made.contents().storedSizeBytes());
            sent.add(cluster.server.changesSent);
            assertRestored(other, made, "base/1/6");
        }

        assertThat(sizes.stream().map(size -> size > MIB))
                .as("a quarter of 128 pages are 32: %s", sizes)
                .containsExactly(false, false, false, false, true, false, false);
        assertThat(sent.get(4)).isLessThan(sent.get(3));
    }

    private void mutate(String path) {
        byte[] before = cluster.server.files.get(path);
        int size = before == null ? 0 : before.length;
        int pages = (int) (size / PAGE);
        switch (random.nextInt(8)) {
            case 0 -> cluster.server.files.put(path, noise((int) (random.nextInt(300) * PAGE)));
            case 1 -> cluster.server.files.put(path, noise(random.nextInt(MIB)));
            case 2 -> cluster.server.files.put(path, noise(0));
            case 3 -> {
                if (before != null) {
                    cluster.server.files.put(path, Arrays.copyOf(before, (int) (random.nextInt(pages + 1) * PAGE)));
                }
            }
            case 4 -> {
                if (before != null) {
                    byte[] longer = Arrays.copyOf(before, (int) ((pages + random.nextInt(60)) * PAGE));
                    cluster.server.files.put(path, longer);
                }
            }
            case 5 -> {}
            default -> {
                if (pages > 0) {
                    change(
                            path,
                            random.ints(random.nextInt(1, 12), 0, pages)
                                    .distinct()
                                    .toArray());
                }
            }
        }
    }

    @Test
    void withoutABackupItIsFull() throws IOException {
        BaseBackup backup = cluster.incremental(target(one)).first();

        assertThat(backup.type()).isEqualTo(BaseBackup.Type.FULL);
        assertThat(backup.objects().lineage()).isEmpty();
        assertRestored(one, backup);
    }

    /** Else no later backup could be published, as all would refer to what is lost. */
    @Test
    void aBackupThatLacksABundleIsNoParent() throws IOException {
        BaseBackup first = cluster.backup(one, PLAIN);
        BaseBackup second = cluster.backup(one, PLAIN);
        one.delete(List.of(second.keys().bundle(1)));

        BaseBackup third = cluster.incremental(target(one)).first();

        assertThat(third.objects().lineage().map(Lineage::parent)).contains(first.id());
    }

    /** As an expiry that has begun before the intent is stored, and does not see it. */
    @Test
    void aParentThatIsRemovedBeforeTheIntentIsSeenIsNone() throws IOException {
        BaseBackup full = cluster.backup(one, PLAIN);
        ObjectStore expiring = new DelegatingStore(one) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                if (key.value().endsWith("/intent.json")) {
                    for (String each : StoreAccess.keys(one, full.keys().data())) {
                        one.delete(List.of(new ObjectKey(each)));
                    }
                    one.delete(List.of(full.keys().backup()));
                }
                super.putIfAbsent(key, source);
            }
        };

        BaseBackup backup = cluster.incremental(target(expiring)).first();

        assertThat(backup.type()).isEqualTo(BaseBackup.Type.FULL);
        assertRestored(one, backup);
    }

    @Test
    void theParentIsInEachRepositoryThatGetsTheSameObjects() throws IOException {
        cluster.prepare(other);
        BaseBackup alone = cluster.backup(one, PLAIN);

        BaseBackup backup = cluster.incremental(target(one), target(other)).first();

        assertThat(backup.type()).as("%s is in one of them only", alone.id()).isEqualTo(BaseBackup.Type.FULL);
        assertRestored(one, backup);
    }

    @Test
    void aHostWithThePrivateKeyTakesIncrementsOfWhatIsEncrypted() throws IOException {
        Encoding encrypted =
                new Encoding(Codec.parse("zstd:1"), Optional.of(new Recipients(List.of(OWNER.recipient()))));
        cluster.prepare(other, encrypted);
        BaseBackup full = cluster.backup(other, encrypted);
        PrivateKeys keys = PrivateKeys.from("the owner's", () -> List.of(OWNER));
        BackupTarget reader = new BackupTarget(
                "test", Repository.open(other, Optional.empty(), keys, WritePolicy.ANYTHING), encrypted);
        Encoding toAnother = new Encoding(
                Codec.parse("zstd:1"),
                Optional.of(new Recipients(
                        List.of(AgeIdentity.generate(new SecureRandom()).recipient()))));

        assertThat(cluster.incremental(reader).first().objects().lineage().map(Lineage::parent))
                .contains(full.id());
        assertThat(cluster.incremental(new BackupTarget("test", reader.repository(), toAnother))
                        .first()
                        .type())
                .as("the other key would not open what it refers to")
                .isEqualTo(BaseBackup.Type.FULL);
    }

    @Test
    void whereManifestsCannotBeReadItIsFull() throws IOException {
        Encoding encrypted =
                new Encoding(Codec.parse("zstd:1"), Optional.of(new Recipients(List.of(OWNER.recipient()))));
        cluster.prepare(other, encrypted);
        cluster.backup(other, encrypted);

        assertThat(cluster.incremental(SyntheticCluster.target("test", other, encrypted))
                        .first()
                        .type())
                .isEqualTo(BaseBackup.Type.FULL);
    }
}
