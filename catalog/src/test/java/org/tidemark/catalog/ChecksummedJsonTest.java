// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectKey;

class ChecksummedJsonTest {
    private static final ObjectKey KEY = new ObjectKey("tidemark.json");

    @Test
    void theSealIsTheDigestOfEverythingBeforeItsQuote() {
        String document = new String(new JsonMembers().text("a", "b").document(), StandardCharsets.UTF_8);
        String body = "{\"formatVersion\": 1,\n\"a\": \"b\",\n";

        assertThat(document)
                .isEqualTo(body + "\"sha256\": \"" + Sha256.of(body.getBytes(StandardCharsets.UTF_8)) + "\"}\n");
    }

    @Test
    void textsAndNumbersComeBackWhateverTheyHold() throws IOException {
        String odd = "quote \" backslash \\ line\n tab\t null\u0000 ü € \uD83D\uDE00 /";

        FlatJson members = ChecksummedJson.read(
                new JsonMembers().text("odd", odd).number("n", Long.MIN_VALUE).document(), KEY);

        assertThat(members.text("odd")).contains(odd);
        assertThat(members.number("n")).contains(Long.MIN_VALUE);
        assertThat(members.number("formatVersion")).contains(1L);
        assertThat(members.text("n")).isEmpty();
    }

    @Test
    void membersThatAreNotKnownAreLeftAlone() throws IOException {
        byte[] document = ChecksummedJson.write("""
                {"formatVersion": 1, "later": {"a": [1, 2.5e3, {"b": null}], "id": "inner"}, "flag": true,
                 "empty": [{}, [], ""], "half": 0.5, "id": "outer"}
                """);

        FlatJson members = ChecksummedJson.read(document, KEY);

        assertThat(members.text("id")).contains("outer");
        assertThat(members.number("half")).isEmpty();
    }

    @Test
    void everyFlippedBitIsDamage() {
        byte[] document = new JsonMembers().text("a", "b").number("c", 16777216).document();

        for (int bit = 0; bit < document.length * 8; bit++) {
            byte[] flipped = document.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            assertDamaged(flipped);
        }
    }

    @Test
    void everyTruncationAndAnythingBehindTheEndIsDamage() {
        byte[] document = new JsonMembers().text("a", "b").document();

        for (int length = 0; length < document.length; length++) {
            assertDamaged(Arrays.copyOf(document, length));
        }
        byte[] longer = Arrays.copyOf(document, document.length + 1);
        longer[document.length] = '\n';
        assertDamaged(longer);
    }

    @Test
    void aDigestInUpperCaseIsDamage() {
        String document = new String(new JsonMembers().text("a", "b").document(), StandardCharsets.UTF_8);
        int digits = document.length() - 67;

        assertDamaged((document.substring(0, digits)
                        + document.substring(digits, digits + 64).toUpperCase(Locale.ROOT)
                        + document.substring(digits + 64))
                .getBytes(StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "{",
                "{}x",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{\"a\":1 \"b\":2}",
                "{\"a\":1,\"a\":2}",
                "{\"a\":\"\n\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":tru}",
                "{\"a\":99999999999999999999}",
                "{\"a\":[1,]}",
                "{\"a\":--1}"
            })
    void whatIsNotJsonIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> FlatJson.parse(text));
    }

    @Test
    void nestingWithoutEndIsRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> FlatJson.parse("{\"a\":" + "[".repeat(100_000)));
    }

    private static void assertDamaged(byte[] document) {
        assertThatThrownBy(() -> ChecksummedJson.read(document, KEY)).isInstanceOf(DamagedObjectException.class);
    }
}
