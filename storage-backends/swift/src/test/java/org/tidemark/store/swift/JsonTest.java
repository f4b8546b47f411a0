// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.Rounds;

class JsonTest {
    @Test
    void everyKindOfValueIsRead() throws IOException {
        assertThat(Json.parse(" {\"a\": [1, -2.5e+3, true, false, null, \"x\\n\\u00e9\\\\\\/\"], \"b\":{}} \n"))
                .isEqualTo(new Json.Members(Map.of(
                        "a",
                        new Json.Items(List.of(
                                new Json.Figure("1"),
                                new Json.Figure("-2.5e+3"),
                                new Json.Truth(true),
                                new Json.Truth(false),
                                new Json.Nothing(),
                                new Json.Text("x\né\\/"))),
                        "b",
                        new Json.Members(Map.of()))));
    }

    @Test
    void whatIsAskedForAndIsOfAnotherKindIsAbsent() throws IOException {
        Json json = Json.parse("{\"text\":\"t\",\"number\":12,\"half\":0.5,\"none\":null}");

        assertThat(json.text("text")).contains("t");
        assertThat(json.text("number")).isEmpty();
        assertThat(json.number("number")).hasValue(12);
        assertThat(json.number("half")).isEmpty();
        assertThat(json.number("text")).isEmpty();
        assertThat(json.text("none")).isEmpty();
        assertThat(json.items("text")).isEmpty();
        assertThat(new Json.Nothing().text("text")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "[",
                "[1",
                "[1,",
                "[1,]",
                "{\"a\"",
                "{\"a\":",
                "{\"a\":1",
                "{\"a\":1,}",
                "{a:1}",
                "{\"a\":1,\"a\":2}",
                "\"",
                "\"a",
                "\"\\",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12g4\"",
                "\"\u0001\"",
                "01",
                "-",
                "1.",
                "1e",
                ".5",
                "+1",
                "tru",
                "nul",
                "NaN",
                "1 2",
                "[1]]",
                "{} {}"
            })
    void anythingElseIsRefusedWithoutQuotingIt(String text) {
        assertThatThrownBy(() -> Json.parse(text))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("not JSON at");
    }

    @Test
    void deepNestingIsRefusedBeforeItUsesUpTheStack() {
        assertThatThrownBy(() -> Json.parse("[".repeat(1_000_000)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("nesting");
    }

    @Test
    void whatIsQuotedIsReadBack() throws IOException {
        Random random = Rounds.random();
        int rounds = Rounds.of(200, 20_000);
        for (int round = 0; round < rounds; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) {
                text.append((char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(0x10000)));
            }

            assertThat(Json.parse(Json.quote(text.toString()))).isEqualTo(new Json.Text(text.toString()));
        }
    }
}
