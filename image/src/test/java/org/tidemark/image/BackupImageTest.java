// SPDX-License-Identifier: Apache-2.0
package org.tidemark.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.ReferringBackups;
import org.tidemark.catalog.backup.SyntheticBackup;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.image.BackupImage.Content;
import org.tidemark.image.BackupImage.Directory;
import org.tidemark.image.BackupImage.Entry;
import org.tidemark.image.BackupImage.File;
import org.tidemark.image.BackupImage.Link;
import org.tidemark.image.BackupSources.Source;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CountingStore;
import org.tidemark.testkit.Rounds;

class BackupImageTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final Clock CLOCK = Clock.fixed(BEGIN, ZoneOffset.UTC);
    private static final int PAGE = 1024;
    private static final long ALL = 1L << 30;

    private final Random random = Rounds.random();
    private MemoryStore store = new MemoryStore(CLOCK);

    @TempDir
    private Path work;

    @BeforeEach
    void makeWork() throws IOException {
        Files.createDirectory(work.resolve("work"));
    }

    private static BackupCatalog catalog(ObjectStore store) {
        return new BackupCatalog(store, PrivateKeys.NONE, ReferringBackups.CLUSTER, ReferringBackups.SYSTEM);
    }

    private byte[] noise(int size) {
        byte[] bytes = new byte[size];
        random.nextBytes(bytes);
        return bytes;
    }

    /** What a history of backups holds, the last one put together from pages of all of them. */
    private BaseBackup history(SortedMap<String, byte[]> expected) throws IOException {
        store = new MemoryStore(CLOCK);
        ReferringBackups backups = new ReferringBackups(store, work.resolve("work"), random, PAGE);
        for (int file = 0; file < 5; file++) {
            backups.files.put("base/5/" + (16_384 + file), noise(random.nextInt(40) * PAGE));
        }
        backups.files.put("PG_VERSION", new byte[] {'1', '5', '\n'});
        backups.files.put("base/1/empty", new byte[0]);
        BaseBackup last = backups.full(BEGIN);
        for (int day = 1; day <= random.nextInt(5); day++) {
            for (String path : List.copyOf(backups.files.keySet())) {
                byte[] content = Objects.requireNonNull(backups.files.get(path)).clone();
                for (int change = random.nextInt(8); change > 0 && content.length > 0; change--) {
                    content[random.nextInt(content.length)] ^= 1;
                }
                backups.files.put(path, content);
            }
            last = backups.backup(BEGIN.plusSeconds(86_400L * day));
        }
        expected.putAll(backups.files);
        return last;
    }

    /** Every part of every file is what was backed up, with any cache and any other reader. */
    @Test
    void anyPartOfAFileIsWhatWasBackedUp() throws Exception {
        for (int round = 0; round < Rounds.of(20, 1_000); round++) {
            SortedMap<String, byte[]> expected = new TreeMap<>();
            BaseBackup backup = history(expected);
            BackupImage image = BackupImage.open(
                    BackupSources.of(catalog(store)), backup, random.nextBoolean() ? ALL : random.nextInt(4 * PAGE));

            try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
                List<Future<?>> readers = new ArrayList<>();
                for (int reader = 0; reader < 3; reader++) {
                    Random own = new Random(random.nextLong());
                    readers.add(threads.submit(() -> {
                        for (Map.Entry<String, byte[]> each : expected.entrySet()) {
                            Content content = content(image, each.getKey());
                            assertThat(content.readAll()).isEqualTo(each.getValue());
                            for (int part = 0; part < 5; part++) {
                                assertPart(content, each.getValue(), own);
                            }
                        }
                        return null;
                    }));
                }
                for (Future<?> each : readers) {
                    each.get();
                }
            }
        }
    }

    private static void assertPart(Content content, byte[] expected, Random random) throws IOException {
        int at = random.nextInt(expected.length + 2 * PAGE);
        int length = random.nextInt(3 * PAGE);
        byte[] into = new byte[length + 7];
        int read = content.read(at, into, 7, length);
        int end = Math.min(expected.length, at + length);
        assertThat(read).isEqualTo(Math.max(0, end - at));
        if (read > 0) {
            assertThat(Arrays.copyOfRange(into, 7, 7 + read)).isEqualTo(Arrays.copyOfRange(expected, at, end));
        }
    }

    private static Content content(BackupImage image, String path) {
        assertThat(image.find(path)).containsInstanceOf(File.class);
        return image.open((File) image.find(path).orElseThrow());
    }

    @Test
    void theTreeIsListedDirectoryByDirectory() throws IOException {
        BaseBackup backup = SyntheticBackup.ofDataDirectory(Codec.parse("zstd"))
                .directory("base/50")
                .directory("base/5.a")
                .file("base/50/1", "x")
                .file("base/5.a/2", "y")
                .tablespace(16_400, "/srv/fast")
                .store(store, work);
        BackupImage image = BackupImage.open(BackupSources.of(SyntheticBackup.catalog(store)), backup, ALL);

        assertThat(paths(image.list("")))
                .contains("PG_VERSION", "postgresql.conf", "base", "global", "pg_wal")
                .doesNotContain("base/5", "base/5/1259");
        assertThat(paths(image.list("base"))).containsExactly("base/5", "base/5.a", "base/50");
        assertThat(paths(image.list("base/5")))
                .containsExactly("base/5/1259", "base/5/1260", "base/5/1261", "base/5/empty");
        assertThat(image.list("pg_tblspc")).containsExactly(new Link("pg_tblspc/16400", "/srv/fast"));
        assertThat(image.list("pg_wal")).isEmpty();
        assertThat(image.find("base/5")).contains(new Directory("base/5", 0700));
        assertThat(image.find("base/5/1260")).contains(new File("base/5/1260", 0600, 8_192, SyntheticBackup.STARTED));
        assertThat(image.find("base/5/126")).isEmpty();
        assertThat(image.find("zzz")).isEmpty();
    }

    private static List<String> paths(List<Entry> entries) {
        return entries.stream().map(Entry::path).toList();
    }

    @Test
    void onlyTheFramesAreReadThatHoldWhatIsAskedForAndEachOnce() throws IOException {
        CountingStore counting = new CountingStore(store);
        BaseBackup backup = SyntheticBackup.ofDataDirectory(Codec.parse("zstd")).store(store, work);
        BackupImage image = BackupImage.open(BackupSources.of(SyntheticBackup.catalog(counting)), backup, ALL);
        Content content = content(image, "base/5/1261");
        content.read(95_000, new byte[10], 0, 10); // also opens the list of bundles, and the bundle
        counting.reset();

        for (int at = 90_000; at < 100_000; at += 1_000) {
            content.read(at, new byte[1_000], 0, 1_000);
        }
        assertThat(counting.reads()).isZero();

        content.read(89_999, new byte[2], 0, 2);
        assertThat(counting.reads()).isEqualTo(1);
    }

    @Test
    void whatIsDamagedComesFromTheNextRepositoryAndIsTold() throws IOException {
        BaseBackup backup = SyntheticBackup.ofDataDirectory(Codec.parse("zstd")).store(store, work);
        MemoryStore damaged = new MemoryStore(CLOCK);
        for (ObjectInfo each : store.list("", Optional.empty(), 1_000).objects()) {
            byte[] bytes = bytes(each);
            if (ObjectName.parse(each.key()) instanceof ObjectName.Bundle) {
                bytes[bytes.length / 2] ^= 1;
            }
            damaged.putIfAbsent(each.key(), ObjectSource.of(bytes));
        }
        BackupSources sources = new BackupSources(List.of(
                new Source("near", SyntheticBackup.catalog(damaged)),
                new Source("far", SyntheticBackup.catalog(store))));
        byte[] whole = content(
                        BackupImage.open(BackupSources.of(SyntheticBackup.catalog(store)), backup, ALL), "base/5/1261")
                .readAll();

        assertThat(content(BackupImage.open(sources, backup, ALL), "base/5/1261")
                        .readAll())
                .isEqualTo(whole);
        assertThat(sources.replaced())
                .isNotEmpty()
                .allSatisfy(each -> assertThat(each.message()).contains("'near' has no good copy"));
        BackupImage alone = BackupImage.open(BackupSources.of(SyntheticBackup.catalog(damaged)), backup, ALL);
        assertThatThrownBy(() -> content(alone, "base/5/1261").readAll()).isInstanceOf(DamagedObjectException.class);
    }

    private byte[] bytes(ObjectInfo object) throws IOException {
        try (InputStream in = store.open(object.key(), ByteRange.ALL)) {
            return in.readAllBytes();
        }
    }
}
