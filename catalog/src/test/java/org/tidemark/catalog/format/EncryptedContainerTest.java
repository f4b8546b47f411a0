// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.KeyPair;
import org.tidemark.catalog.Samples;
import org.tidemark.catalog.format.ContainerHeader.ContentDigests;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;

/** Containers whose payload is encrypted: what somebody with, without and with another private key gets. */
class EncryptedContainerTest {
    private static final ObjectKey KEY = new ObjectKey("object");
    private static final String NAME = "00000001000000A900000065";
    private static final KeyPair OWNER = KeyPair.fresh();
    private static final KeyPair OTHER = KeyPair.fresh();

    @TempDir
    private Path work;

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void whatWasEncodedComesBackToEachRecipient(String codec) throws IOException {
        Random random = Rounds.random();
        for (int size : new int[] {0, 1, 65_535, 65_536, 65_537, 200_000, random.nextInt(3 << 20)}) {
            byte[] plain = Samples.compressible(random, size);
            byte[] object = encode(KeyPair.encoding(codec, OWNER, OTHER), plain);

            assertThat(decode(object, OWNER.privateKeys())).as("%d bytes", size).isEqualTo(plain);
            assertThat(decode(object, OTHER.privateKeys())).isEqualTo(plain);
        }
    }

    @Test
    void anObjectHoldsNothingOfItsContent() throws IOException {
        byte[] plain = "a secret that nobody may read ".repeat(100).getBytes(StandardCharsets.US_ASCII);

        String object = new String(encode(KeyPair.encoding("none", OWNER), plain), StandardCharsets.ISO_8859_1);

        assertThat(object).doesNotContain("secret").contains("age-encryption.org/v1");
    }

    @Test
    void everyAttemptSendsTheSameBytes() throws IOException {
        byte[] plain = Samples.compressible(Rounds.random(), 100_000);
        try (EncodedObject encoded = encoded(KeyPair.encoding("zstd", OWNER), plain)) {
            byte[] first = read(encoded);

            assertThat(read(encoded)).isEqualTo(first);
            assertThat(first).hasSize(Math.toIntExact(encoded.source().sizeBytes()));
        }
        try (EncodedObject again = encoded(KeyPair.encoding("zstd", OWNER), plain)) {
            assertThat(again.digests().plain()).isEqualTo(Sha256.of(plain));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "lz4", "gzip", "none"})
    void everySingleFlippedBitIsDamageWithAndWithoutThePrivateKey(String codec) throws IOException {
        Random random = Rounds.random();
        byte[] object = encode(KeyPair.encoding(codec, OWNER), Samples.compressible(random, 200));
        PrivateKeys keys = OWNER.privateKeys();
        int step = Rounds.of(17, 1);

        for (int bit = random.nextInt(step); bit < object.length * 8; bit += step) {
            byte[] flipped = object.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> decode(flipped, keys))
                    .as("bit %d", bit)
                    .isInstanceOf(DamagedObjectException.class);
            assertThatThrownBy(() -> verify(flipped)).as("bit %d", bit).isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void everyOtherLengthIsDamage() throws IOException {
        byte[] object = encode(KeyPair.encoding("zstd", OWNER), Samples.compressible(Rounds.random(), 200));
        PrivateKeys keys = OWNER.privateKeys();

        for (int length = 0; length < object.length + 2; length += length > 500 ? 1 : 50) {
            byte[] other = Arrays.copyOf(object, length == object.length ? length + 2 : length);
            assertThatThrownBy(() -> decode(other, keys))
                    .as("%d bytes", other.length)
                    .isInstanceOf(DamagedObjectException.class);
            assertThatThrownBy(() -> verify(other))
                    .as("%d bytes", other.length)
                    .isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void withoutAPrivateKeyTheObjectIsSoundAndClosed() throws IOException {
        byte[] plain = Samples.compressible(Rounds.random(), 1000);
        byte[] object = encode(KeyPair.encoding("zstd", OWNER, OTHER), plain);

        assertThat(verify(object).plain()).isEqualTo(Sha256.of(plain));
        assertThatThrownBy(() -> decode(object, PrivateKeys.NONE))
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY);
                    assertThat(e).hasMessageContainingAll("'object'", OWNER.fingerprint(), OTHER.fingerprint());
                    assertThat(e.hint()).contains("--decrypt-with");
                });
    }

    @Test
    void aWrongPrivateKeyIsToldFromDamageAndBothKeysAreNamed() throws IOException {
        byte[] object = encode(KeyPair.encoding("zstd", OWNER), new byte[100]);

        assertThatThrownBy(() -> decode(object, OTHER.privateKeys()))
                .isInstanceOfSatisfying(UserFacingException.class, e -> {
                    assertThat(e.exitCode()).isEqualTo(ExitCode.NO_KEY);
                    assertThat(e)
                            .hasMessageContainingAll("'object'", OWNER.fingerprint(), OTHER.fingerprint(), "'a test'");
                    assertThat(e.toString() + e.hint()).doesNotContain("AGE-SECRET");
                });
    }

    @Test
    void aFileOfSomebodyElseUnderAHeaderThatNamesUsIsDamage() throws IOException {
        byte[] plain = new byte[100];
        byte[] ours = encode(KeyPair.encoding("none", OWNER), plain);
        byte[] theirs = encode(KeyPair.encoding("none", OTHER), plain);
        byte[] payload = Arrays.copyOfRange(theirs, 512, theirs.length);
        ContainerHeader header = ContainerHeader.read(new ByteArrayInputStream(ours), KEY);
        ContentDigests digests = header.content().orElseThrow();
        byte[] head = new ContainerHeader(
                        header.kind(),
                        header.name(),
                        header.system(),
                        header.codec(),
                        header.encryption(),
                        Optional.of(new ContentDigests(
                                digests.plainSize(), digests.plain(), payload.length, Sha256.of(payload))))
                .encode();
        byte[] mixed = Arrays.copyOf(head, head.length + payload.length);
        System.arraycopy(payload, 0, mixed, head.length, payload.length);

        assertThatThrownBy(() -> decode(mixed, OWNER.privateKeys()))
                .isInstanceOf(DamagedObjectException.class)
                .hasMessageContaining(OWNER.fingerprint());
    }

    @Test
    void keysAreFetchedOnceAndOnlyForWhatIsEncrypted() throws IOException {
        int[] fetched = {0};
        PrivateKeys keys = PrivateKeys.from("a count", () -> {
            fetched[0]++;
            return List.of(OWNER.identity());
        });

        decode(encode(Encoding.of(Codec.parse("zstd")), new byte[10]), keys);
        assertThat(fetched[0]).isZero();
        decode(encode(KeyPair.encoding("zstd", OWNER), new byte[10]), keys);
        decode(encode(KeyPair.encoding("zstd", OWNER), new byte[10]), keys);
        assertThat(fetched[0]).isEqualTo(1);
    }

    @Test
    void historiesAndListsOfBundlesStayInTheClear() throws IOException {
        for (ContainerKind kind : ContainerKind.values()) {
            if (kind == ContainerKind.BUNDLE) {
                continue;
            }
            try (EncodedObject encoded = ObjectEncoder.encode(
                    kind, NAME, Samples.SYSTEM, KeyPair.encoding("zstd", OWNER), ObjectSource.of(new byte[10]), work)) {
                assertThat(encoded.header().encryption().isPresent())
                        .as(kind.id())
                        .isEqualTo(kind != ContainerKind.HISTORY && kind != ContainerKind.BUNDLES);
            }
        }
    }

    @Test
    void aHeaderWithRecipientsIsReadAsItIsWrittenAndInNoOtherForm() throws IOException {
        String fingerprint = "0123456789abcdef";
        List<String> most = Stream.iterate(0, i -> i + 1)
                .limit(Encryption.MAX_RECIPIENTS)
                .map(i -> String.format("%016x", i))
                .toList();
        for (List<String> recipients : List.of(List.of(fingerprint), List.of(fingerprint, "1123456789abcdef"), most)) {
            ContainerHeader header = header("n".repeat(255), new Encryption(recipients));

            assertThat(header.encode().length % 512).isZero();
            assertThat(ContainerHeader.read(new ByteArrayInputStream(header.encode()), KEY))
                    .isEqualTo(header);
        }
        String good =
                new String(header(NAME, new Encryption(List.of(fingerprint))).encode(), StandardCharsets.US_ASCII);
        assertThat(good).contains("\ncodec zstd\nencryption age-v1\nrecipients 0123456789abcdef\nplain-size ");
        for (String wrong : List.of(
                "encryption age-v2\nrecipients 0123456789abcdef\n",
                "recipients 0123456789abcdef\nencryption age-v1\n",
                "encryption age-v1\n",
                "encryption age-v1\nrecipients \n",
                "encryption age-v1\nrecipients 0123456789ABCDEF\n",
                "encryption age-v1\nrecipients 0123456789abcdef,0123456789abcdef\n",
                "encryption age-v1\nrecipients 0123456789abcdef,0023456789abcdef\n")) {
            String lines = good.substring(8, good.indexOf("\n\n") + 1)
                    .replace("encryption age-v1\nrecipients 0123456789abcdef\n", wrong);
            byte[] bytes = ContainerHeader.frame(lines, 512);

            assertThatThrownBy(() -> ContainerHeader.read(new ByteArrayInputStream(bytes), KEY))
                    .as(wrong)
                    .isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void theRecipientsOfAConfigurationAreOneOrMoreInAnyOrder() {
        List<String> keys = Stream.of(OWNER, OTHER)
                .map(pair -> pair.identity().recipient().toString())
                .toList();

        assertThat(Recipients.parse(keys))
                .hasToString(Recipients.parse(keys.reversed()).toString());
        assertThat(Recipients.parse(List.of(keys.get(0), keys.get(0)))
                        .encryption()
                        .recipients())
                .containsExactly(OWNER.fingerprint());
        assertThatThrownBy(() -> Recipients.parse(List.of())).isInstanceOf(IllegalArgumentException.class);
        String secret = new String(OWNER.identity().encode(), StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> Recipients.parse(List.of(keys.get(0), secret)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("key 2 is not a public key")
                .matches(e -> !e.toString().contains(secret.substring(16)));
    }

    private static ContainerHeader header(String name, Encryption encryption) {
        Sha256 digest = Sha256.of(new byte[0]);
        return new ContainerHeader(
                ContainerKind.WAL,
                name,
                Samples.SYSTEM,
                "zstd",
                Optional.of(encryption),
                Optional.of(new ContentDigests(0, digest, 9, digest)));
    }

    private EncodedObject encoded(Encoding encoding, byte[] plain) throws IOException {
        return ObjectEncoder.encode(ContainerKind.WAL, NAME, Samples.SYSTEM, encoding, ObjectSource.of(plain), work);
    }

    private byte[] encode(Encoding encoding, byte[] plain) throws IOException {
        try (EncodedObject encoded = encoded(encoding, plain)) {
            return read(encoded);
        }
    }

    private static byte[] read(EncodedObject encoded) throws IOException {
        try (InputStream in = encoded.source().open()) {
            return in.readAllBytes();
        }
    }

    private static byte[] decode(byte[] object, PrivateKeys keys) throws IOException {
        try (InputStream in = ObjectDecoder.open(stored(object), keys, KEY, ContainerKind.WAL, NAME, Samples.SYSTEM)) {
            return in.readAllBytes();
        }
    }

    private static ContentDigests verify(byte[] object) throws IOException {
        return ObjectDecoder.verify(stored(object), KEY, ContainerKind.WAL, NAME, Samples.SYSTEM);
    }

    private static MemoryStore stored(byte[] object) throws IOException {
        MemoryStore store = new MemoryStore(Samples.CLOCK);
        store.putIfAbsent(KEY, ObjectSource.of(object));
        return store;
    }
}
