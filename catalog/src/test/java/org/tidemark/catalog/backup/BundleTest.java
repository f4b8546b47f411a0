// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Codec;
import org.tidemark.catalog.DamagedObjectException;
import org.tidemark.catalog.backup.FrameEncoder.PlainPart;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;

class BundleTest {
    private static final BackupKeys KEYS = BackupFixtures.KEYS;

    @TempDir
    private Path directory;

    private final Random random = Rounds.random();
    private final List<byte[]> data = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(strings = {"zstd:1", "lz4", "gzip:6", "none"})
    void framesComeBackAsTheyWereAdded(String codec) throws IOException {
        byte[] bundle = bundle(Codec.parse(codec), 30, 40_000);

        BundleReader reader = reader(bundle);

        assertThat(reader.frames()).hasSize(30);
        for (int frame = 0; frame < 30; frame++) {
            assertThat(reader.read(frame)).isEqualTo(data.get(frame));
        }
        try (InputStream frames = reader.openFrames(10, 20)) {
            for (int frame = 10; frame < 20; frame++) {
                assertThat(reader.decode(frame, reader.readNext(frames, frame))).isEqualTo(data.get(frame));
            }
            assertThat(frames.read()).isEqualTo(-1);
        }
    }

    @Test
    void anIndexThatIsLongerThanTheFirstRequestIsReadWhole() throws IOException {
        byte[] bundle = bundle(Codec.parse("none"), 3_000, 20);

        assertThat(reader(bundle).frames()).hasSize(3_000);
    }

    @Test
    void aBundleWithoutFramesCanBeRead() throws IOException {
        assertThat(reader(bundle(Codec.parse("zstd"), 0, 0)).frames()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd:1", "lz4", "gzip:6", "none"})
    void everyFlippedBitIsFound(String codec) throws IOException {
        byte[] bundle = bundle(Codec.parse(codec), 3, 300);
        int step = Rounds.of(13, 1);

        for (int bit = random.nextInt(step); bit < bundle.length * 8; bit += step) {
            byte[] flipped = bundle.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(() -> readAll(flipped)).isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void aBundleOfAnyOtherLengthIsRefused() throws IOException {
        byte[] bundle = bundle(Codec.parse("zstd"), 3, 300);

        for (int length = 0; length < bundle.length; length += 13) {
            byte[] cut = Arrays.copyOf(bundle, length);
            assertThatThrownBy(() -> readAll(cut)).isInstanceOf(DamagedObjectException.class);
        }
        assertThatThrownBy(() -> readAll(Arrays.copyOf(bundle, bundle.length + 1)))
                .isInstanceOf(DamagedObjectException.class);
    }

    @Test
    void aBundleUnderTheKeyOfAnotherIsRefused() throws IOException {
        byte[] bundle = bundle(Codec.parse("zstd"), 3, 300);
        ObjectStore store = new MemoryStore(Clock.systemUTC());
        store.putIfAbsent(KEYS.bundle(2), ObjectSource.of(bundle));

        assertThatThrownBy(() -> BundleReader.open(store, KEYS, 2, bundle.length))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("000001");
    }

    private void readAll(byte[] bundle) throws IOException {
        BundleReader reader = reader(bundle);
        for (int frame = 0; frame < reader.frames().size(); frame++) {
            reader.read(frame);
        }
    }

    private static BundleReader reader(byte[] bundle) throws IOException {
        ObjectStore store = new MemoryStore(Clock.systemUTC());
        store.putIfAbsent(KEYS.bundle(1), ObjectSource.of(bundle));
        return BundleReader.open(store, KEYS, 1, bundle.length);
    }

    private byte[] bundle(Codec codec, int frames, int size) throws IOException {
        Path file = directory.resolve("bundle");
        Files.deleteIfExists(file);
        FrameEncoder encoder = new FrameEncoder(codec);
        try (BundleWriter writer = new BundleWriter(file, KEYS, 1, codec)) {
            for (int i = 0; i < frames; i++) {
                byte[] plain = new byte[size];
                random.nextBytes(plain);
                Arrays.fill(plain, 0, size / 2, (byte) i);
                data.add(plain);
                int first = size / 3;
                assertThat(writer.add(encoder.encode(
                                plain,
                                size,
                                List.of(
                                        new PlainPart("base/1", 4096L * i, 0, first),
                                        new PlainPart("base/2", 0, first, size - first)))))
                        .isEqualTo(i);
            }
            StoredObject stored = writer.finish();
            assertThat(StoredObject.of(ObjectSource.of(Files.readAllBytes(file))))
                    .isEqualTo(stored);
        }
        return Files.readAllBytes(file);
    }
}
