// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.KeyPair;
import org.tidemark.catalog.backup.BundleFrames.FrameBuffer;
import org.tidemark.catalog.backup.BundleWriter.FinishedBundle;
import org.tidemark.catalog.backup.Frame.Encoder.EncodedFrame;
import org.tidemark.catalog.backup.Frame.Encoder.PlainPart;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.PrivateKeys;
import org.tidemark.catalog.format.StoredObject;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.testkit.Rounds;

class BundleTest {
    private static final BackupKeys KEYS = BackupFixtures.KEYS;
    private static final KeyPair OWNER = KeyPair.fresh();
    private static final Optional<FingerprintKey> FINGERPRINTS = Optional.of(FingerprintKey.random(new Random(1)));

    private final Random random = Rounds.random();
    private final List<byte[]> data = new ArrayList<>();
    private final BlockPool pool = new BlockPool();

    static List<Encoding> encodings() {
        List<Encoding> encodings = new ArrayList<>();
        for (String codec : List.of("zstd:1", "lz4", "gzip:6", "none")) {
            encodings.add(Encoding.of(Codec.parse(codec)));
            encodings.add(KeyPair.encoding(codec, KeyPair.fresh(), OWNER));
        }
        return encodings;
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void framesComeBackAsTheyWereAdded(Encoding encoding) throws IOException {
        byte[] bundle = bundle(encoding, 30, 40_000);

        BundleReader reader = reader(bundle);

        assertThat(reader.frames()).hasSize(30);
        for (int frame = 0; frame < 30; frame++) {
            assertThat(reader.read(frame)).isEqualTo(data.get(frame));
        }
        assertFramesComeBack(
                BundleFrames.open(store(bundle), OWNER.privateKeys(), KEYS, 1, bundle.length), reader.frames(), 10, 20);
    }

    /** As a restore reads them: by the places that a manifest gives. */
    private void assertFramesComeBack(BundleFrames bundle, List<Frame> index, int from, int to) throws IOException {
        FrameBuffer buffer = new FrameBuffer();
        Frame last = index.get(to - 1);
        long start = index.get(from).offset();
        try (InputStream frames = bundle.open(start, last.offset() + last.length() - start)) {
            for (int frame = from; frame < to; frame++) {
                int size = bundle.readNext(frames, index.get(frame).length(), buffer);
                assertThat(Arrays.copyOf(buffer.data(), size)).isEqualTo(data.get(frame));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void everyRunOfFramesIsReadWithOneRequestForLittleMoreThanItself(Encoding encoding) throws IOException {
        byte[] bundle = bundle(encoding, 40, 30_000);
        MeteredRanges store = new MeteredRanges(bundle);
        BundleReader reader = BundleReader.open(store, OWNER.privateKeys(), KEYS, 1, bundle.length, FINGERPRINTS);
        BundleFrames frames = BundleFrames.open(store, OWNER.privateKeys(), KEYS, 1, bundle.length);

        for (int round = 0; round < Rounds.of(50, 2_000); round++) {
            int from = random.nextInt(40);
            int to = from + 1 + random.nextInt(40 - from);
            store.requests.clear();
            assertFramesComeBack(frames, reader.frames(), from, to);
            long wanted = reader.frames().subList(from, to).stream()
                    .mapToLong(Frame::length)
                    .sum();
            long most = encoding.recipients().isEmpty() ? wanted : wanted + wanted / 4096 + 2 * (65_536 + 16);
            assertThat(store.requests)
                    .singleElement()
                    .satisfies(range -> assertThat(range.length()).isBetween(wanted, most));
        }
    }

    /** Notes which ranges are asked for. */
    private static final class MeteredRanges extends DelegatingStore {
        private final List<ByteRange> requests = new ArrayList<>();

        MeteredRanges(byte[] bundle) throws IOException {
            super(new MemoryStore(Clock.systemUTC()));
            putIfAbsent(KEYS.bundle(1), ObjectSource.of(bundle));
        }

        @Override
        public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
            requests.add(range);
            return super.open(key, range);
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void anIndexThatIsLongerThanTheFirstRequestIsReadWhole(Encoding encoding) throws IOException {
        byte[] bundle = bundle(encoding, 3_000, 20);

        assertThat(reader(bundle).frames()).hasSize(3_000);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void aBundleWithoutFramesCanBeRead(Encoding encoding) throws IOException {
        assertThat(reader(bundle(encoding, 0, 0)).frames()).isEmpty();
    }

    @Test
    void placesInAnEncryptedBundleCountInWhatItsAgeFileHolds() throws IOException {
        assertThat(reader(bundle(KeyPair.encoding("zstd", OWNER), 2, 300))
                        .frames()
                        .getFirst()
                        .offset())
                .isZero();
        assertThat(reader(bundle(Encoding.of(Codec.parse("zstd")), 2, 300))
                        .frames()
                        .getFirst()
                        .offset())
                .isEqualTo(512);
    }

    @Test
    void anEncryptedBundleIsOpenedByItsKeyAlone() throws IOException {
        byte[] bundle = bundle(KeyPair.encoding("zstd", OWNER), 3, 300);

        for (PrivateKeys keys : List.of(PrivateKeys.NONE, KeyPair.fresh().privateKeys())) {
            assertThatThrownBy(() -> BundleReader.open(store(bundle), keys, KEYS, 1, bundle.length, FINGERPRINTS))
                    .isInstanceOfSatisfying(
                            UserFacingException.class,
                            e -> assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY));
        }
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void everyFlippedBitIsFound(Encoding encoding) throws IOException {
        byte[] bundle = bundle(encoding, 3, 300);
        int step = Rounds.of(13, 1);

        for (int bit = random.nextInt(step); bit < bundle.length * 8; bit += step) {
            byte[] flipped = bundle.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(() -> readAll(flipped)).isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void aBundleOfAnyOtherLengthIsRefused() throws IOException {
        aBundleOfAnyOtherLengthIsRefused(Encoding.of(Codec.parse("zstd")));
        aBundleOfAnyOtherLengthIsRefused(KeyPair.encoding("zstd", OWNER));
    }

    private void aBundleOfAnyOtherLengthIsRefused(Encoding encoding) throws IOException {
        byte[] bundle = bundle(encoding, 3, 300);

        for (int length = 0; length < bundle.length; length += 13) {
            byte[] cut = Arrays.copyOf(bundle, length);
            assertThatThrownBy(() -> readAll(cut)).isInstanceOf(DamagedObjectException.class);
        }
        assertThatThrownBy(() -> readAll(Arrays.copyOf(bundle, bundle.length + 1)))
                .isInstanceOf(DamagedObjectException.class);
    }

    @Test
    void aBundleUnderTheKeyOfAnotherIsRefused() throws IOException {
        byte[] bundle = bundle(Encoding.of(Codec.parse("zstd")), 3, 300);
        ObjectStore store = new MemoryStore(Clock.systemUTC());
        store.putIfAbsent(KEYS.bundle(2), ObjectSource.of(bundle));

        assertThatThrownBy(() -> BundleReader.open(store, PrivateKeys.NONE, KEYS, 2, bundle.length, FINGERPRINTS))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("00000001");
    }

    private void readAll(byte[] bundle) throws IOException {
        BundleReader reader = reader(bundle);
        for (int frame = 0; frame < reader.frames().size(); frame++) {
            reader.read(frame);
        }
    }

    private static BundleReader reader(byte[] bundle) throws IOException {
        return BundleReader.open(store(bundle), OWNER.privateKeys(), KEYS, 1, bundle.length, FINGERPRINTS);
    }

    private static ObjectStore store(byte[] bundle) throws IOException {
        ObjectStore store = new MemoryStore(Clock.systemUTC());
        store.putIfAbsent(KEYS.bundle(1), ObjectSource.of(bundle));
        return store;
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void aFrameThatChangedInMemoryIsNotStored(Encoding encoding) throws IOException {
        BundleWriter writer = new BundleWriter(KEYS, 1, encoding, BundleWriter.DEFAULT_SIZE_BYTES, pool);
        for (int i = 0; i < 3; i++) {
            EncodedFrame frame = frame(encoding, new byte[3_000], i);
            if (i == 1) {
                frame.stored()[random.nextInt(frame.length())] ^= (byte) (1 << random.nextInt(8));
            }
            writer.add(frame);
        }

        assertThatThrownBy(writer::finish)
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.BACKUP_FAILED))
                .hasMessageContaining(KEYS.bundle(1).value());
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void aBundleIsFullAtTheSizeThatIsAskedFor(Encoding encoding) throws IOException {
        BundleWriter writer = new BundleWriter(KEYS, 1, encoding, 100_000, pool);
        byte[] plain = new byte[10_000];
        for (int i = 0; !writer.isFull(); i++) {
            random.nextBytes(plain);
            writer.add(frame(encoding, plain, i));
        }

        assertThat(writer.finish().object().sizeBytes()).isBetween(100_000L, 125_000L);
    }

    @ParameterizedTest
    @MethodSource("encodings")
    void bundlesAreMadeInMemoryThatOthersHadBefore(Encoding encoding) throws IOException {
        for (int round = 0; round < 8; round++) {
            BundleReader reader = reader(bundle(encoding, 1 + random.nextInt(20), 3 + random.nextInt(60_000)));
            for (int frame = 0; frame < data.size(); frame++) {
                assertThat(reader.read(frame)).isEqualTo(data.get(frame));
            }
        }
    }

    private byte[] bundle(Encoding encoding, int frames, int size) throws IOException {
        data.clear();
        BundleWriter writer = new BundleWriter(KEYS, 1, encoding, BundleWriter.DEFAULT_SIZE_BYTES, pool);
        for (int i = 0; i < frames; i++) {
            byte[] plain = new byte[size];
            random.nextBytes(plain);
            Arrays.fill(plain, 0, size / 2, (byte) i);
            data.add(plain);
            writer.add(frame(encoding, plain, i));
        }
        try (FinishedBundle bundle = writer.finish()) {
            byte[] whole = read(bundle.source());
            assertThat(StoredObject.of(ObjectSource.of(whole))).isEqualTo(bundle.object());
            assertThat(bundle.source().sizeBytes()).isEqualTo(whole.length);
            assertThat(read(bundle.source())).as("read again").isEqualTo(whole);
            return whole;
        }
    }

    /** In steps of any size. */
    private byte[] read(ObjectSource source) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] buffer = new byte[1 + random.nextInt(100_000)];
        try (InputStream in = source.open()) {
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                bytes.write(buffer, 0, count);
            }
        }
        return bytes.toByteArray();
    }

    private static EncodedFrame frame(Encoding encoding, byte[] plain, int number) throws IOException {
        int first = plain.length / 3;
        return new Frame.Encoder(encoding.codec(), FINGERPRINTS.get(), 8192)
                .encode(
                        plain,
                        plain.length,
                        List.of(
                                new PlainPart("base/1", 4096L * number, 0, first),
                                new PlainPart("base/2", 0, first, plain.length - first)));
    }
}
