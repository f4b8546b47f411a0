// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;
import org.tidemark.store.ObjectKey;

class ChecksummedJsonTest {
    private static final ObjectKey KEY = new ObjectKey("tidemark.json");

    @Test
    void theSealIsTheDigestOfEverythingBeforeItsQuote() {
        String document = new String(ChecksummedJson.write(Map.of("a", "b")), StandardCharsets.UTF_8);
        String body = "{\"formatVersion\": 1,\n\"a\": \"b\",\n";

        assertThat(document)
                .isEqualTo(body + "\"sha256\": \"" + Sha256.of(body.getBytes(StandardCharsets.UTF_8)) + "\"}\n");
    }

    @Test
    void textsAndNumbersComeBackWhateverTheyHold() throws IOException {
        String odd = "quote \" backslash \\ line\n tab\t null\u0000 ü € \uD83D\uDE00 /";

        JsonObject members = ChecksummedJson.read(ChecksummedJson.write(Map.of("odd", odd, "n", Long.MIN_VALUE)), KEY);

        assertThat(members.text("odd")).isEqualTo(odd);
        assertThat(members.find("n", Long.class)).contains(Long.MIN_VALUE);
        assertThat(members.number("formatVersion")).isEqualTo(1L);
        assertThat(members.find("n", String.class)).isEmpty();
    }

    @Test
    void membersThatAreNotKnownAreLeftAlone() throws IOException {
        byte[] document = ChecksummedJson.write("""
                {"formatVersion": 1, "later": {"a": [1, 2.5e3, {"b": null}], "id": "inner"}, "flag": true,
                 "empty": [{}, [], ""], "half": 0.5, "id": "outer"}
                """);

        JsonObject members = ChecksummedJson.read(document, KEY);

        assertThat(members.text("id")).isEqualTo("outer");
        assertThat(members.find("half", Long.class)).isEmpty();
    }

    @Test
    void everyFlippedBitIsDamage() {
        byte[] document = ChecksummedJson.write(Map.of("a", "b", "c", 16777216));

        for (int bit = 0; bit < document.length * 8; bit++) {
            byte[] flipped = document.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertDamaged(flipped);
        }
    }

    @Test
    void everyTruncationAndAnythingAfterTheEndIsDamage() {
        byte[] document = ChecksummedJson.write(Map.of("a", "b"));

        for (int length = 0; length < document.length; length++) {
            assertDamaged(Arrays.copyOf(document, length));
        }
        byte[] longer = Arrays.copyOf(document, document.length + 1);
        longer[document.length] = '\n';
        assertDamaged(longer);
    }

    @Test
    void aDigestInUpperCaseIsDamage() {
        String document = new String(ChecksummedJson.write(Map.of("a", "b")), StandardCharsets.UTF_8);
        int digits = document.length() - 67;

        assertDamaged((document.substring(0, digits)
                        + document.substring(digits, digits + 64).toUpperCase(Locale.ROOT)
                        + document.substring(digits + 64))
                .getBytes(StandardCharsets.UTF_8));
    }

    private static void assertDamaged(byte[] document) {
        assertThatThrownBy(() -> ChecksummedJson.read(document, KEY)).isInstanceOf(DamagedObjectException.class);
    }
}
