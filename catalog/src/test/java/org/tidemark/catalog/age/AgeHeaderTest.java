// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.catalog.age.AgeHeader.Base64Line;
import org.tidemark.catalog.age.AgeHeader.HeaderLines;
import org.tidemark.testkit.Rounds;

/** A header is read in exactly the one form that the specification has, even if its authentication is right. */
class AgeHeaderTest {
    private static final FileKey KEY = FileKey.random(AgeFiles.RANDOM);
    private static final String GOOD = AgeFiles.stanza(KEY);
    private static final String SHARE = GOOD.substring("-> X25519 ".length(), GOOD.indexOf('\n'));
    private static final String BODY = GOOD.substring(GOOD.indexOf('\n') + 1, GOOD.length() - 1);

    @Test
    void aRecipientOfAnotherTypeIsPassedOver() throws IOException {
        for (String other : List.of(
                "-> grease ~!%& x\nAAAA\n",
                "-> grease\n\n",
                "-> x25519 " + SHARE + "\n" + BODY + "\n",
                "-> long\n" + "A".repeat(64) + "\n" + "A".repeat(64) + "\n\n")) {
            assertThat(AgeFiles.decrypt(AgeFiles.withStanzas(KEY, other + GOOD), AgeFiles.IDENTITY))
                    .isEmpty();
            assertThat(AgeFiles.decrypt(AgeFiles.withStanzas(KEY, GOOD + other), AgeFiles.IDENTITY))
                    .isEmpty();
        }
    }

    static List<String> malformedStanzas() {
        List<String> malformed = new ArrayList<>(List.of(
                "",
                "-> X25519\n" + BODY + "\n",
                "-> X25519 " + SHARE + " more\n" + BODY + "\n",
                "-> X25519  " + SHARE + "\n" + BODY + "\n",
                "-> X25519 " + SHARE + " \n" + BODY + "\n",
                "->  X25519 " + SHARE + "\n" + BODY + "\n",
                "->X25519 " + SHARE + "\n" + BODY + "\n",
                "-> \n" + BODY + "\n",
                "->\n" + BODY + "\n",
                "- X25519 " + SHARE + "\n" + BODY + "\n",
                "-> X25519 " + SHARE + "=\n" + BODY + "\n",
                "-> X25519 " + SHARE.substring(0, 40) + "\n" + BODY + "\n",
                "-> X25519 " + SHARE + "AAAA\n" + BODY + "\n",
                "-> X25519 " + nextLetter(SHARE) + "\n" + BODY + "\n",
                "-> X25519 " + SHARE + "\n" + nextLetter(BODY) + "\n",
                "-> X25519 " + SHARE + "\n" + BODY + "=\n",
                "-> X25519 " + SHARE + "\n" + BODY + "AAAA\n",
                "-> X25519 " + SHARE + "\n" + BODY.substring(0, 40) + "\n",
                "-> X25519 " + SHARE + "\n\n",
                "-> X25519 " + SHARE + "\n",
                "-> X25519 " + SHARE + "\n" + BODY.substring(0, 20) + "\n" + BODY.substring(20) + "\n",
                "-> X25519 " + SHARE + "\n" + BODY + "\n\n",
                "-> X25519 " + SHARE + "\n\n" + BODY + "\n",
                "-> X25519 " + SHARE + "\r\n" + BODY + "\r\n",
                "-> X25519 " + SHARE + "\n" + BODY + " \n",
                "-> X25519\t" + SHARE + "\n" + BODY + "\n",
                GOOD + "-> scrypt AAAAAAAAAAAAAAAAAAAAAA 10\n" + BODY + "\n",
                GOOD + "-> long\n" + "A".repeat(68) + "\n\n",
                GOOD + "-> long\n" + "A".repeat(64) + "\n",
                GOOD + "-> umlaut \u00e4\nAAAA\n",
                GOOD + "-> " + "a".repeat(HeaderLines.MAX_HEADER_BYTES) + "\n\n"));
        // Points for which every private key gives zero.
        for (byte[] point : List.of(new byte[32], one(), minusOne())) {
            malformed.add("-> X25519 " + Base64Line.encode(point) + "\n" + BODY + "\n");
        }
        return malformed;
    }

    private static byte[] one() {
        byte[] point = new byte[32];
        point[0] = 1;
        return point;
    }

    /** 2^255 - 20. */
    private static byte[] minusOne() {
        byte[] point = new byte[32];
        Arrays.fill(point, (byte) 0xFF);
        point[0] = (byte) 0xEC;
        point[31] = 0x7F;
        return point;
    }

    /** Another spelling of the same bytes: the last character has bits that stand for nothing. */
    private static String nextLetter(String base64) {
        String letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        int last = base64.length() - 1;
        return base64.substring(0, last) + letters.charAt(letters.indexOf(base64.charAt(last)) + 1);
    }

    @ParameterizedTest
    @MethodSource("malformedStanzas")
    void aMalformedRecipientIsRefusedAlthoughTheHeaderIsAuthenticated(String stanzas) {
        assertRefused(AgeFiles.withStanzas(KEY, stanzas));
    }

    @ParameterizedTest
    @CsvSource({
        "age-encryption.org/v1, age-encryption.org/v2",
        "age-encryption.org/v1, 'age-encryption.org/v1 '",
        "age-encryption.org/v1, Age-encryption.org/v1",
        "age-encryption.org/v1, -----BEGIN AGE ENCRYPTED FILE-----",
        "'--- ', ---",
        "'--- ', '---  '",
        "'--- ', '-- '",
        "'--- ', '---- '",
        "'--- ', '--- A'",
    })
    void anotherFirstOrLastLineIsRefused(String found, String replacement) {
        byte[] mac = KEY.mac(("age-encryption.org/v1\n" + GOOD + "---").getBytes(StandardCharsets.US_ASCII));
        String header = "age-encryption.org/v1\n" + GOOD + "--- " + Base64Line.encode(mac) + "\n";
        assertThat(header).contains(found);

        assertRefused(AgeFiles.withHeader(KEY, header.replace(found, replacement)));
    }

    @Test
    void anAuthenticationCodeOfAnotherFormIsRefused() {
        String mac = Base64Line.encode(
                KEY.mac(("age-encryption.org/v1\n" + GOOD + "---").getBytes(StandardCharsets.US_ASCII)));
        for (String wrong :
                List.of(mac + "=", mac + " ", nextLetter(mac), mac.substring(0, 42), mac + "AAAA", "", mac + "\r")) {
            assertRefused(AgeFiles.withHeader(KEY, "age-encryption.org/v1\n" + GOOD + "--- " + wrong + "\n"));
        }
    }

    @Test
    void aHeaderOfAnythingEndsInAnInputOutputException() {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(2_000, 100_000); round++) {
            byte[] good = AgeFiles.withStanzas(KEY, GOOD);
            byte[] changed = good.clone();
            // Three changes may happen to write what was there before: such a file is a good one.
            for (int change = 0; change < 3 || Arrays.equals(good, changed); change++) {
                changed[random.nextInt(changed.length)] = (byte) (random.nextBoolean() ? random.nextInt() : '\n');
            }
            assertRefused(changed);
        }
    }

    @Test
    void theStreamIsLeftAfterTheHeader() throws IOException {
        byte[] file = AgeFiles.withStanzas(KEY, GOOD);
        ByteArrayInputStream in = new ByteArrayInputStream(file);

        AgeHeader header = AgeHeader.read(in);

        assertThat(in.available()).isEqualTo(FileKey.NONCE_BYTES + ChaChaCipher.TAG_BYTES);
        assertThat(header.sizeBytes()).isEqualTo(file.length - in.available());
    }

    private static void assertRefused(byte[] file) {
        assertThatIOException().isThrownBy(() -> AgeFiles.decrypt(file, AgeFiles.IDENTITY));
    }
}
