// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.time.Clock;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonObject;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectSource;

/** Who has signed the evidence of drills, and what is found by that alone. */
class EvidenceSignatureTest {
    private static final IncarnationKeys MAIN = new IncarnationKeys(new ClusterName("main"), new SystemIdentifier(7));

    /** RFC 8032, 7.1, test 1. */
    private static final String SEED = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";

    private static final String PKCS8_OF_ED25519 = "302e020100300506032b657004220420";

    private final SigningKey key = SigningKey.generate(new SecureRandom());
    private final List<EvidenceKey> known =
            List.of(SigningKey.generate(new SecureRandom()).publicKey(), key.publicKey());
    private final MemoryStore store = new MemoryStore(Clock.systemUTC());
    private final DrillChains chains = new DrillChains(store, MAIN);
    private final DrillKeys chain = new DrillKeys(MAIN, UUID.randomUUID(), UUID.randomUUID());

    @TempDir
    private Path directory;

    private void append(Optional<SigningKey> signer, String... ids) throws IOException {
        for (String id : ids) {
            chains.signedWith(signer).append(chain, DrillChainsTest.evidence(id));
        }
    }

    private byte[] bytes(int number) throws IOException {
        return store.open(chain.evidence(number), ByteRange.ALL).readAllBytes();
    }

    /** As somebody with the rights of the store does it. */
    private void put(int number, byte[] document) throws IOException {
        store.delete(List.of(chain.evidence(number)));
        store.putIfAbsent(chain.evidence(number), ObjectSource.of(document));
    }

    private DrillChain read() throws IOException {
        return chains.read().getFirst();
    }

    private List<String> problems() throws IOException {
        return read().signatures(known).problems().stream()
                .map(each -> each.key().name() + " " + each.text())
                .toList();
    }

    private static byte[] withDigest(String content) {
        return ChecksummedJson.write(content.stripTrailing().replaceAll(",$", "") + "}");
    }

    private static String content(byte[] document) {
        return new String(ChecksummedJson.content(document), StandardCharsets.UTF_8);
    }

    @Test
    void aSignedDocumentEndsAsTheFormatSaysAndIsOtherwiseTheSame() throws IOException {
        DrillEvidence first = DrillChainsTest.evidence("a");
        chains.signedWith(Optional.of(key)).append(chain, first);
        append(Optional.of(key), "b");

        byte[] second = bytes(2);
        String end = new String(second, second.length - 183, 183, StandardCharsets.US_ASCII);
        String signature = end.substring(14, 102);
        assertThat(end)
                .startsWith("\"signature\": \"" + signature + "\",\n\"sha256\": \"")
                .endsWith("\"}\n");
        assertThat(key.publicKey().hasSigned(Arrays.copyOf(second, second.length - 183), signature))
                .isTrue();
        JsonObject json = ChecksummedJson.read(second, chain.evidence(2));
        assertThat(json.text("signature")).isEqualTo(signature);
        assertThat(json.text("signedBy")).isEqualTo(key.publicKey().id()).hasSize(16);
        assertThat(json.text("object")).isEqualTo(chain.evidence(2).value());
        assertThat(read().evidence().getFirst()).isEqualTo(first);
        assertThat(read().problems()).isEmpty();
        assertThat(read().signed()).isEqualTo(2);
        assertThat(read().signatures(known).good()).isEqualTo(2);
        assertThat(problems()).isEmpty();
        assertThat(chains.cachedIn(directory.resolve("drills")).read()).isEqualTo(chains.read());
    }

    @Test
    void whatWasStoredBeforeThereWasAKeyIsNoProblem() throws IOException {
        append(Optional.empty(), "a", "b");
        assertThat(problems()).isEmpty();
        append(Optional.of(key), "c");

        assertThat(problems()).isEmpty();
        assertThat(read().signed()).isEqualTo(1);
        assertThat(read().signatures(known).good()).isEqualTo(1);
    }

    @Test
    void aChangeWithAllDigestsMadeAgainIsFoundByTheSignaturesAlone() throws IOException {
        append(Optional.of(key), "a", "b", "c");
        String third = content(bytes(3));
        String before =
                DrillEvidence.Previous.of(bytes(2), chain.evidence(2)).digest().hex();

        put(2, withDigest(content(bytes(2)).replace("\"db1\"", "\"db2\"")));
        String after =
                DrillEvidence.Previous.of(bytes(2), chain.evidence(2)).digest().hex();
        put(3, withDigest(third.replace(before, after)));

        assertThat(read().evidence().get(1).host()).isEqualTo("db2");
        assertThat(read().problems()).isEmpty();
        assertThat(problems())
                .containsExactly(
                        "00000002.json was changed: its signature is not of its content",
                        "00000003.json was changed: its signature is not of its content");
        assertThat(read().signatures(known).good()).isEqualTo(1);
    }

    @Test
    void anUnknownKeyIsAProblem() throws IOException {
        SigningKey other = SigningKey.generate(new SecureRandom());
        append(Optional.of(key), "a");
        append(Optional.of(other), "b");

        assertThat(problems())
                .containsExactly("00000002.json is signed by an unknown key: "
                        + other.publicKey().id());
        assertThat(read().signatures(List.of(key.publicKey(), other.publicKey()))
                        .problems())
                .isEmpty();
    }

    @Test
    void anotherKeyThatNamesAKnownOneIsFound() throws IOException {
        append(Optional.of(SigningKey.generate(new SecureRandom())), "a");
        String content = content(bytes(1));
        int id = content.indexOf("\"signedBy\": \"") + 13;

        put(1, withDigest(content.substring(0, id) + key.publicKey().id() + content.substring(id + 16)));

        assertThat(problems()).containsExactly("00000001.json was changed: its signature is not of its content");
    }

    @Test
    void aSignatureThatWasTakenAwayIsFoundAfterOneThatIsThere() throws IOException {
        append(Optional.of(key), "a", "b");
        String content = content(bytes(2));

        put(2, withDigest(content.substring(0, content.indexOf("\"object\": "))));

        assertThat(read().problems()).isEmpty();
        assertThat(problems()).containsExactly("00000002.json is not signed, and evidence before it is");

        put(2, withDigest(content + "\"later\": 1"));
        assertThat(problems())
                .as("a member after the signature")
                .containsExactly("00000002.json is not signed, and evidence before it is");
    }

    @Test
    void documentsThatWereGivenLaterNumbersAreFound() throws IOException {
        append(Optional.of(key), "a", "b", "c", "d");
        byte[] second = bytes(2);
        byte[] third = bytes(3);
        store.delete(List.of(chain.evidence(1), chain.evidence(2)));
        put(3, second);
        put(4, third);

        assertThat(read().problems()).as("its end was cut off").isEmpty();
        assertThat(problems())
                .first()
                .isEqualTo("00000003.json is at a wrong place: it was signed as '" + chain.evidence(2) + "'");
    }

    @Test
    void theKeyOfTheStandardSignsAsTheStandardSays() throws IOException {
        SigningKey read = SigningKey.read(file("rw-------", HexFormat.of().parseHex(PKCS8_OF_ED25519 + SEED)));

        assertThat(HexFormat.of()
                        .formatHex(Base64.getDecoder().decode(read.publicKey().base64())))
                .endsWith("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assertThat(HexFormat.of().formatHex(Base64.getDecoder().decode(read.sign(new byte[0]))))
                .startsWith("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155");
        Path written = file("rw-------", new byte[0]);
        Files.write(written, key.pem());
        assertThat(SigningKey.read(written).publicKey()).isEqualTo(key.publicKey());
    }

    private Path file(String permissions, byte[] der) throws IOException {
        Path file = directory.resolve("key");
        Files.writeString(
                file,
                "-----BEGIN PRIVATE KEY-----\n" + Base64.getEncoder().encodeToString(der)
                        + "\n-----END PRIVATE KEY-----\n");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
    }

    @Test
    void aFileThatOthersMayReadOrThatIsNotThereIsRefused() throws IOException {
        byte[] der = HexFormat.of().parseHex(PKCS8_OF_ED25519 + SEED);
        for (String permissions : List.of("rw-r-----", "rw----r--")) {
            Path file = file(permissions, der);
            assertThatThrownBy(() -> SigningKey.read(file)).hasMessageContaining("is not its owner's alone");
        }
        assertThatThrownBy(() -> SigningKey.read(directory.resolve("gone")))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.USAGE))
                .hasMessageContaining("there is no private key file");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "302e020100300506032b656e04220420" + SEED, // X25519
                "302e020100300506032b657004220420",
                "00",
                "",
            })
    void anythingElseIsNoKeyAndNotShown(String der) throws IOException {
        Path file = file("rw-------", HexFormat.of().parseHex(der));

        assertThatThrownBy(() -> SigningKey.read(file))
                .hasMessage("'" + file + "' is not a PEM file with a private key of Ed25519 without a passphrase")
                .hasNoCause();
    }

    @Test
    void aPrivateKeyIsNoPublicKeyAndNotShown() {
        String secret = Base64.getEncoder().encodeToString(HexFormat.of().parseHex(PKCS8_OF_ED25519 + SEED));
        for (String wrong : List.of(secret, "", "MCow", key.publicKey().base64() + "!")) {
            assertThatThrownBy(() -> new EvidenceKey(wrong))
                    .hasMessage("it is not a public key of Ed25519 in base64")
                    .hasNoCause();
        }
    }
}
