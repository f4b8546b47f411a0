// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.catalog.backup.CatalogEntry.Unreadable;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.Workers;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.MovableClock;
import org.tidemark.testkit.Rounds;

/** The cache makes a listing shorter, and never different. */
class CatalogCacheTest {
    private final Random random = Rounds.random();
    private final MovableClock clock = new MovableClock(Instant.parse("2026-11-20T07:00:00Z"));
    private final MemoryStore store = new MemoryStore(clock);
    private final CountingStore counting = new CountingStore(store);
    private final BaseBackup sample = named(BackupFixtures.backup(random), "first");

    @TempDir
    private Path spool;

    private BackupCatalog cached;

    @BeforeEach
    void createRepository() throws IOException {
        Repository.create(store, Clock.systemUTC());
        cached = catalog(counting).cachedIn(spool.resolve("a").resolve("b"));
        for (int i = 1; i <= 30; i++) {
            publish(i, sample);
            catalog(store).mark(id(i), new Mark.Verified(clock.instant(), i, Mark.Scope.ALL));
        }
    }

    @Test
    void onlyNewDocumentsAreRead() throws IOException {
        assertSame();
        counting.reset();
        assertSame();
        assertThat(counting.reads()).isZero();
        assertThat(counting.lists()).isEqualTo(2);

        publish(31, sample);
        store.delete(List.of(keys(7).backup()));
        catalog(store).mark(id(31), new Mark.Verified(clock.instant(), 0, Mark.Scope.STORED));
        counting.reset();

        assertSame();
        assertThat(counting.reads()).isEqualTo(2);
        counting.reset();
        assertSame();
        assertThat(counting.reads()).isZero();
    }

    /** The listing decides: an object of another size or time is another object, though the cache knows a good one. */
    @Test
    void anObjectThatWasReplacedIsRead() throws IOException {
        assertSame();
        byte[] damaged = BackupFixtures.withId(sample, id(3)).encode();
        damaged[damaged.length / 2] ^= 1;
        store.delete(List.of(keys(3).backup(), keys(4).backup()));
        put(keys(4).backup(), new byte[1]);
        clock.set(clock.instant().plusSeconds(1));
        put(keys(3).backup(), damaged);

        assertSame();
        assertThat(cached.list().get(2)).isInstanceOf(Unreadable.class);
        assertThat(cached.list().get(3)).isInstanceOf(Unreadable.class);
    }

    @Test
    void damageOfTheCacheChangesNoListing() throws IOException {
        assertSame();
        for (int round = 0; round < Rounds.of(25, 500); round++) {
            for (Path file : files()) {
                byte[] bytes = Files.readAllBytes(file);
                switch (random.nextInt(4)) {
                    case 0 -> bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
                    case 2 -> random.nextBytes(bytes);
                    default -> {
                        int at = random.nextInt(bytes.length);
                        int to = random.nextInt(bytes.length);
                        System.arraycopy(bytes.clone(), at, bytes, to, Math.min(bytes.length - at, bytes.length - to));
                    }
                }
                Files.write(file, bytes);
            }
            assertSame();
        }
        counting.reset();
        assertSame();
        assertThat(counting.reads()).as("it is whole again").isZero();
    }

    /**
     * The copy of a spool, or a repository that was restored from a copy: the same keys, other content, which was
     * stored at another time, or at the same time in another size.
     */
    @Test
    void theCacheOfAnotherRepositoryChangesNoListing() throws IOException {
        assertSame();
        BaseBackup ofSameSize = BackupFixtures.withId(named(sample, "daily"), id(5));
        assertThat(ofSameSize.encode())
                .hasSameSizeAs(BackupFixtures.withId(sample, id(5)).encode());
        assertRead(ofSameSize, clock.instant().plusNanos(1000));
        assertRead(BackupFixtures.withId(named(sample, "monthly"), id(5)), clock.instant());
    }

    private void assertRead(BaseBackup backup, Instant stored) throws IOException {
        MemoryStore other = new MemoryStore(Clock.fixed(stored, ZoneOffset.UTC));
        Repository.create(other, Clock.systemUTC());
        other.putIfAbsent(keys(5).backup(), ObjectSource.of(backup.encode()));

        assertThat(catalog(other).cachedIn(spool.resolve("a").resolve("b")).list())
                .containsExactly(new Published(backup));
    }

    @Test
    void whereNothingCanBeWrittenTheStoreIsRead() throws IOException {
        Files.writeString(spool.resolve("a"), "a file in the place of the directory");

        assertSame();
        counting.reset();
        assertSame();
        assertThat(counting.reads()).isEqualTo(60);
        assertThat(Files.readString(spool.resolve("a"))).startsWith("a file");
    }

    @Test
    void theCacheIsBoundedAndKeepsTheNewest() throws IOException {
        for (int i = 31; i <= 230; i++) {
            publish(i, named(sample, "x".repeat(200_000)));
        }
        assertThat(cached.list()).hasSize(230);
        assertThat(Files.size(spool.resolve("a").resolve("b").resolve("catalog")))
                .isLessThan(DocumentCache.MAX_BYTES + 100_000L);
        counting.reset();

        assertThat(cached.list()).hasSize(230);
        assertThat(counting.reads()).isLessThan(230 - 150);
        store.delete(List.of(keys(1).backup()));
        counting.reset();
        assertThat(cached.entry(id(230))).isPresent();
        assertThat(counting.reads()).as("one entry is not looked up in it").isEqualTo(1);
    }

    @Test
    void severalMayUseItAtOnce() throws IOException {
        try (Workers workers = new Workers("test", 4)) {
            for (int i = 31; i <= 60; i++) {
                publish(i, sample);
                workers.submit(() -> assertThat(cached.list()).allMatch(Published.class::isInstance));
                workers.submit(() -> assertThat(cached.marks().unreadable()).isEmpty());
            }
            workers.await();
        }
        Path abandoned = spool.resolve("a").resolve("b").resolve(".new-killed");
        Files.createFile(abandoned);
        Files.setLastModifiedTime(
                abandoned,
                FileTime.from(Files.getLastModifiedTime(abandoned).toInstant().minus(Duration.ofHours(2))));
        publish(61, sample);

        assertSame();
        assertThat(files())
                .extracting(file -> file.getFileName().toString())
                .containsExactlyInAnyOrder("catalog", "mark");
    }

    private void assertSame() throws IOException {
        assertThat(cached.list()).isEqualTo(catalog(store).list());
        assertThat(cached.marks()).isEqualTo(catalog(store).marks());
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(spool.resolve("a").resolve("b"))) {
            return files.toList();
        }
    }

    private void publish(int number, BaseBackup backup) throws IOException {
        put(keys(number).backup(), BackupFixtures.withId(backup, id(number)).encode());
    }

    private static BaseBackup named(BaseBackup backup, String name) {
        return new BaseBackup(
                backup.id(),
                backup.type(),
                Optional.of(name),
                backup.origin(),
                backup.run(),
                backup.wal(),
                backup.nextXid(),
                backup.contents(),
                backup.objects());
    }

    private static BackupId id(int number) {
        return BackupId.of(BackupFixtures.STARTED.plusSeconds(number), 1);
    }

    private static BackupKeys keys(int number) {
        return new BackupKeys(BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system(), id(number));
    }

    private static BackupCatalog catalog(ObjectStore store) {
        return new BackupCatalog(store, PrivateKeys.NONE, BackupFixtures.KEYS.cluster(), BackupFixtures.KEYS.system());
    }

    private void put(ObjectKey key, byte[] bytes) throws IOException {
        store.putIfAbsent(key, ObjectSource.of(bytes));
    }
}
