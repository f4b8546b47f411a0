// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon.Module;

/** What is fetched, how often, and what it takes of this host's disk. */
@InTurn
class FetchCacheTest {
    private static final int MEBIBYTE = 1024 * 1024;

    @TempDir
    static Path home;

    private static DaemonPlaces places;
    private Path place = home;
    private Path work = home;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    @BeforeEach
    void newPlace() throws IOException {
        place = places.next();
        work = Files.createDirectory(home.resolve("work of " + place.getFileName()));
    }

    private RsyncObjectStore store(String cache) {
        return new RsyncObjectStore(places.config(
                places.address(Module.WRITABLE.toString(), places.daemon().port(), place),
                Map.of("cache", cache, "work-directory", work.toString())));
    }

    private long bytesOfWork() throws IOException {
        try (Stream<Path> files = Files.walk(work)) {
            return files.filter(Files::isRegularFile)
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        }
    }

    private long timesSent(String key) {
        String line = "send " + place.getFileName() + "/" + key + " ";
        return places.daemon().log().lines().filter(it -> it.contains(line)).count();
    }

    @Test
    void manyRangesOfOneObjectFetchItOnce() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), MEBIBYTE);
        try (ObjectStore store = store("10MiB")) {
            put(store, "main/bundle", bytes);

            for (int offset = 0; offset < MEBIBYTE; offset += MEBIBYTE / 20) {
                assertThat(read(store, "main/bundle", new ByteRange(offset, 1000)))
                        .isEqualTo(Arrays.copyOfRange(bytes, offset, Math.min(offset + 1000, MEBIBYTE)));
            }
        }
        assertThat(timesSent("main/bundle")).isEqualTo(1);
    }

    @Test
    void whatChangedOrWentAwayMeanwhileIsNoticed() throws Exception {
        try (ObjectStore store = store("10MiB");
                ObjectStore other = places.store(place)) {
            put(store, "main/a", new byte[] {1, 1});
            assertThat(read(store, "main/a")).containsExactly(1, 1);

            other.delete(List.of(key("main/a")));
            assertThatThrownBy(() -> read(store, "main/a")).isInstanceOf(ObjectMissing.class);
            put(other, "main/a", new byte[] {2, 2});
            assertThat(read(store, "main/a")).containsExactly(2, 2);

            Files.write(place.resolve("main/a"), new byte[] {3, 3});
            assertThat(read(store, "main/a")).containsExactly(3, 3);
        }
    }

    @Test
    void aStreamOutlivesWhatIsDoneToItsObject() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 3 * MEBIBYTE);
        try (ObjectStore store = store("1MiB")) {
            put(store, "main/a", bytes);
            try (InputStream stream = store.open(key("main/a"), ByteRange.ALL)) {
                byte[] first = stream.readNBytes(MEBIBYTE);
                store.delete(List.of(key("main/a")));
                put(store, "main/a", new byte[] {1});
                assertThat(read(store, "main/a")).containsExactly(1);

                assertThat(first).isEqualTo(Arrays.copyOf(bytes, MEBIBYTE));
                assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, MEBIBYTE, bytes.length));
            }
        }
    }

    @Test
    void nothingIsKeptBeyondTheLimitAndNothingAfterTheEnd() throws Exception {
        try (ObjectStore store = store("1MiB");
                ObjectStore none = store("0B")) {
            for (int i = 0; i < 6; i++) {
                put(store, "main/" + i, new byte[400_000]);
                assertThat(read(store, "main/" + i)).hasSize(400_000);
                assertThat(bytesOfWork()).as("after object %d", i).isLessThanOrEqualTo(MEBIBYTE);
            }
            long kept = bytesOfWork();
            assertThat(kept).isEqualTo(800_000);
            assertThat(read(none, "main/1")).hasSize(400_000);
            assertThat(bytesOfWork()).isEqualTo(kept);
        }
        assertThat(work).isEmptyDirectory();
    }

    @Test
    void whatAKilledProcessLeftIsRemovedByTheNextOneAndNothingElse() throws Exception {
        Path dead = abandoned("tidemark-rsync-dead", Duration.ofHours(1));
        Path used = abandoned("tidemark-rsync-used", Duration.ofHours(1));
        Path young = abandoned("tidemark-rsync-young", Duration.ZERO);
        Path foreign = abandoned("something-else", Duration.ofHours(1));

        try (FileChannel channel = FileChannel.open(used.resolve("lock"), StandardOpenOption.WRITE);
                FileLock lock = channel.lock();
                ObjectStore store = store("1MiB")) {
            assertThat(lock.isValid()).isTrue();
            put(store, "main/a", new byte[1]);
        }

        assertThat(dead).doesNotExist();
        assertThat(List.of(used, young, foreign))
                .allSatisfy(path -> assertThat(path.resolve("put1/file")).exists());
    }

    /** The kernel forgets the locks of a process on a file as soon as the process closes that file anywhere. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "locks are looked at in /proc")
    void aSecondStoreOfThisProcessDoesNotTakeTheFirstOnesLockAway() throws Exception {
        try (ObjectStore first = store("1MiB")) {
            put(first, "main/a", new byte[1]);
            Path directory = onlyWorkDirectory();
            String inode =
                    Files.getAttribute(directory.resolve("lock"), "unix:ino").toString();
            assertThat(locks()).contains(":" + inode + " ");
            Files.setLastModifiedTime(directory, FileTime.from(Instant.now().minus(Duration.ofHours(1))));

            try (ObjectStore second = store("1MiB")) {
                assertThat(read(second, "main/a")).hasSize(1);
                assertThat(directory).exists();
                assertThat(locks()).contains(":" + inode + " ");
            }
        }
    }

    private Path onlyWorkDirectory() throws IOException {
        try (Stream<Path> directories = Files.list(work)) {
            return directories.toList().getFirst();
        }
    }

    private static String locks() throws IOException {
        return Files.readString(Path.of("/proc/locks"));
    }

    private Path abandoned(String name, Duration age) throws IOException {
        Path directory = Files.createDirectories(work.resolve(name));
        Files.createFile(directory.resolve("lock"));
        Files.writeString(Files.createDirectory(directory.resolve("put1")).resolve("file"), "left");
        Files.setLastModifiedTime(directory, FileTime.from(Instant.now().minus(age)));
        return directory;
    }
}
