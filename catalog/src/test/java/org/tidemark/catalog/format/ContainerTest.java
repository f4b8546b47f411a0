// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.Samples;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;

class ContainerTest {
    private static final ObjectKey KEY = new ObjectKey("main/7312089945514410/wal/x");
    private static final String NAME = "00000001000000A900000065";

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "zstd:19", "lz4", "gzip", "none"})
    void whatWasEncodedComesBack(String codec) throws IOException {
        Random random = Rounds.random();
        for (int size : new int[] {0, 1, 8191, 8192, 1 << 20, random.nextInt(3 << 20)}) {
            byte[] plain = Samples.compressible(random, size);

            assertThat(decode(encode(codec, plain))).isEqualTo(plain);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void everySingleFlippedBitIsDamage(String codec) throws IOException {
        byte[] object = encode(codec, Samples.compressible(Rounds.random(), 200));

        for (int bit = 0; bit < object.length * 8; bit++) {
            byte[] flipped = object.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> decode(flipped)).as("bit %d", bit).isInstanceOf(DamagedObjectException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void everyTruncationIsDamage(String codec) throws IOException {
        byte[] object = encode(codec, Samples.compressible(Rounds.random(), 200));

        for (int length = 0; length < object.length; length++) {
            byte[] cut = Arrays.copyOf(object, length);
            assertThatThrownBy(() -> decode(cut)).as("%d bytes", length).isInstanceOf(DamagedObjectException.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void oneByteMoreIsDamage(String codec) throws IOException {
        byte[] object = encode(codec, Samples.compressible(Rounds.random(), 200));

        assertThatThrownBy(() -> decode(Arrays.copyOf(object, object.length + 1)))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("longer than its header says");
    }

    @Test
    void theEndIsNotToldOfADamagedObjectHoweverOftenItIsAskedFor() throws IOException {
        byte[] object = encode("none", new byte[100]);
        object[object.length - 1] = 1;
        MemoryStore store = new MemoryStore(Samples.CLOCK);
        store.putIfAbsent(KEY, ObjectSource.of(object));

        try (InputStream in =
                ObjectDecoder.open(store, PrivateKeys.NONE, KEY, ContainerKind.WAL, NAME, Samples.SYSTEM)) {
            assertThat(in.readNBytes(new byte[100], 0, 100)).isEqualTo(100);
            assertThatThrownBy(in::read).isInstanceOf(DamagedObjectException.class);
            assertThatThrownBy(in::read).isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void anObjectUnderTheNameOfAnotherIsDamage() throws IOException {
        byte[] object = encode("zstd", new byte[100]);
        MemoryStore store = new MemoryStore(Samples.CLOCK);
        store.putIfAbsent(KEY, ObjectSource.of(object));
        SystemIdentifier other = new SystemIdentifier(-1);

        assertThatThrownBy(() ->
                        ObjectDecoder.open(store, PrivateKeys.NONE, KEY, ContainerKind.HISTORY, NAME, Samples.SYSTEM))
                .isInstanceOf(DamagedObjectException.class);
        assertThatThrownBy(() -> ObjectDecoder.open(
                        store, PrivateKeys.NONE, KEY, ContainerKind.WAL, NAME + ".partial", Samples.SYSTEM))
                .isInstanceOf(DamagedObjectException.class);
        assertThatThrownBy(() -> ObjectDecoder.open(store, PrivateKeys.NONE, KEY, ContainerKind.WAL, NAME, other))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining("18446744073709551615");
        assertThat(ObjectDecoder.header(store, KEY, ContainerKind.WAL, NAME, Samples.SYSTEM)
                        .codec())
                .isEqualTo("zstd");
    }

    @Test
    void aHeaderIsAMultipleOf512BytesWhateverTheNamesLength() throws IOException {
        for (int length = 1; length <= ContainerHeader.MAX_NAME; length++) {
            ContainerHeader header = new ContainerHeader(
                    ContainerKind.BUNDLE,
                    "n".repeat(length),
                    Samples.SYSTEM,
                    "zstd",
                    Optional.empty(),
                    Optional.empty());

            byte[] bytes = header.encode();

            assertThat(bytes.length % 512).isZero();
            assertThat(ContainerHeader.read(new ByteArrayInputStream(bytes), KEY))
                    .isEqualTo(header);
        }
    }

    @Test
    void whatDoesNotFitIntoMemoryGoesThroughAFileThatIsRemoved() throws IOException {
        byte[] plain = new byte[500_000];
        Rounds.random().nextBytes(plain);
        Path ofAKilledProcess = Files.createFile(work.resolve("tidemark-999999999-1.tmp"));

        try (EncodedObject encoded = ObjectEncoder.encode(
                ContainerKind.WAL,
                NAME,
                Samples.SYSTEM,
                Encoding.of(Codec.parse("lz4")),
                ObjectSource.of(plain),
                new PayloadBuffer(work, 300_000))) {
            assertThat(ofAKilledProcess).doesNotExist();
            assertThat(files()).isEqualTo(1);
            assertThat(decode(encoded.source().open().readAllBytes())).isEqualTo(plain);
            assertThat(decode(encoded.source().open().readAllBytes())).isEqualTo(plain);
        }

        assertThat(files()).isZero();
    }

    /** Fifty receivers archive a segment each. */
    @Test
    void manyAtOnceGoThroughFilesWhenTheirMemoryIsUsed() throws IOException {
        byte[] plain = new byte[8 << 20];
        Rounds.random().nextBytes(plain);
        List<EncodedObject> all = new ArrayList<>();
        for (int i = 0; i <= PayloadBuffer.TOGETHER / plain.length + 1; i++) {
            all.add(encode(plain));
        }

        assertThat(files()).isPositive().isLessThan(all.size());
        assertThat(decode(all.getLast().source().open().readAllBytes())).isEqualTo(plain);
        for (EncodedObject each : all) {
            each.close();
        }
        assertThat(files()).isZero();
        try (EncodedObject one = encode(plain)) {
            assertThat(files()).as("there is memory again").isZero();
            assertThat(decode(one.source().open().readAllBytes())).isEqualTo(plain);
        }
    }

    private EncodedObject encode(byte[] plain) throws IOException {
        return ObjectEncoder.encode(
                ContainerKind.WAL,
                NAME,
                Samples.SYSTEM,
                Encoding.of(Codec.parse("none")),
                ObjectSource.of(plain),
                work);
    }

    @Test
    void aFileThatShrinksWhileItIsReadIsNotEncoded() {
        ObjectSource lying = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return 11;
            }

            @Override
            public InputStream open() {
                return new ByteArrayInputStream(new byte[10]);
            }
        };

        assertThatThrownBy(() -> ObjectEncoder.encode(
                        ContainerKind.WAL, NAME, Samples.SYSTEM, Encoding.of(Codec.parse("none")), lying, work))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("read 10 bytes where 11 were expected");
    }

    private long files() throws IOException {
        try (Stream<Path> files = Files.list(work)) {
            return files.count();
        }
    }

    private byte[] encode(String codec, byte[] plain) throws IOException {
        try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.WAL,
                        NAME,
                        Samples.SYSTEM,
                        Encoding.of(Codec.parse(codec)),
                        ObjectSource.of(plain),
                        work);
                InputStream in = encoded.source().open()) {
            byte[] object = in.readAllBytes();
            assertThat(object).hasSize((int) encoded.source().sizeBytes());
            return object;
        }
    }

    private static byte[] decode(byte[] object) throws IOException {
        MemoryStore store = new MemoryStore(Samples.CLOCK);
        store.putIfAbsent(KEY, ObjectSource.of(object));
        try (InputStream in =
                ObjectDecoder.open(store, PrivateKeys.NONE, KEY, ContainerKind.WAL, NAME, Samples.SYSTEM)) {
            return in.readAllBytes();
        }
    }
}
