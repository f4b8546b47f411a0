// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.age;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.age.AgeIdentity.IdentityFile;
import org.tidemark.core.Sha256;

class AgeKeysTest {
    /** The example of the specification, whose secret is 32 times 0x42. */
    private static final String SECRET = "AGE-SECRET-KEY-1GFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPYYSJZGFPQ4EGAEX";

    private static final String PUBLIC = "age1zvkyg2lqzraa2lnjvqej32nkuu0ues2s82hzrye869xeexvn73equnujwj";

    @Test
    void theExampleOfTheSpecificationIsReadAndWritten() {
        AgeIdentity identity = IdentityFile.parse(ascii(SECRET)).getFirst();

        assertThat(identity.recipient()).isEqualTo(AgeRecipient.parse(PUBLIC)).hasToString(PUBLIC);
        assertThat(identity.encode()).isEqualTo(ascii(SECRET));
    }

    @Test
    void everyKeyComesBackFromItsText() {
        for (int i = 0; i < 50; i++) {
            AgeIdentity identity = AgeIdentity.generate(AgeFiles.RANDOM);

            assertThat(IdentityFile.parse(identity.encode()).getFirst().recipient())
                    .isEqualTo(identity.recipient());
            assertThat(AgeRecipient.parse(identity.recipient().toString())).isEqualTo(identity.recipient());
        }
    }

    @Test
    void aFingerprintIsTheBeginningOfTheSha256OfThePublicKeysText() {
        assertThat(AgeRecipient.parse(PUBLIC).fingerprint())
                .isEqualTo(Sha256.of(ascii(PUBLIC)).hex().substring(0, 16));
    }

    @Test
    void whatIsNoPublicKeyIsRefusedAndIsNotInTheMessage() {
        for (String wrong : List.of(
                "",
                "age1",
                "age",
                "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI",
                PUBLIC.toUpperCase(Locale.ROOT),
                "A" + PUBLIC.substring(1),
                PUBLIC.substring(0, 40),
                PUBLIC + "q",
                " " + PUBLIC,
                PUBLIC.replace('z', 'b'),
                SECRET,
                text("age", new byte[31]),
                text("age", new byte[33]),
                text("age1tag", new byte[33]))) {
            assertThatIllegalArgumentException()
                    .as(wrong)
                    .isThrownBy(() -> AgeRecipient.parse(wrong))
                    .matches(e -> wrong.length() < 10 || !e.toString().contains(wrong.substring(5)));
        }
    }

    @Test
    void everySlipOfThePenInAKeyIsFound() {
        for (int at = 0; at < PUBLIC.length(); at++) {
            for (char wrong : "qpzry9x8gf2tvdw0s3jn54khce6mua7l1".toCharArray()) {
                String text = PUBLIC.substring(0, at) + wrong + PUBLIC.substring(at + 1);
                if (!text.equals(PUBLIC)) {
                    assertThatIllegalArgumentException().as(text).isThrownBy(() -> AgeRecipient.parse(text));
                }
            }
        }
    }

    @Test
    void aFileOfIdentitiesMayHoldSeveralAndComments() {
        AgeIdentity other = AgeIdentity.generate(AgeFiles.RANDOM);
        String file = "# created: 2026-11-20T06:30:11Z\r\n# public key: " + PUBLIC + "\n\n  " + SECRET + "\r\n\t\n"
                + new String(other.encode(), StandardCharsets.US_ASCII) + "\n#";

        List<AgeRecipient> recipients = new ArrayList<>();
        IdentityFile.parse(ascii(file)).forEach(identity -> recipients.add(identity.recipient()));

        assertThat(recipients).containsExactly(AgeRecipient.parse(PUBLIC), other.recipient());
    }

    @Test
    void anInvalidKeyFileIsRefusedWithTheLineAndNothingOfItsContent() {
        String damaged = SECRET.substring(0, 30) + "Q" + SECRET.substring(31);
        for (String wrong : List.of(
                "# a comment\n" + damaged,
                "# a comment\n" + SECRET.toLowerCase(Locale.ROOT),
                "# a comment\n" + PUBLIC,
                "# a comment\nAGE-PLUGIN-YUBIKEY-1QQPQQ",
                "# a comment\n" + SECRET + " " + SECRET,
                "\n-----BEGIN OPENSSH PRIVATE KEY-----")) {
            assertThatIllegalArgumentException()
                    .as(wrong)
                    .isThrownBy(() -> IdentityFile.parse(ascii(wrong)))
                    .withMessageContaining("line 2")
                    .matches(e -> !e.toString().contains(wrong.substring(wrong.length() - 15)));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> IdentityFile.parse(ascii("# nothing\n\n")))
                .withMessage("there is no private key in it");
    }

    @Test
    void noKeyPrintsItself() {
        AgeIdentity identity = IdentityFile.parse(ascii(SECRET)).getFirst();

        assertThat(identity.toString())
                .isEqualTo("private key of " + identity.recipient().fingerprint());
        assertThat(FileKey.random(AgeFiles.RANDOM)).hasToString("********");
    }

    private static String text(String prefix, byte[] data) {
        return new String(Bech32.encode(prefix, data), StandardCharsets.US_ASCII);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
