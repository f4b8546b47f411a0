// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonReaderTest {
    @Test
    void everyKindOfValueIsRead() {
        assertThat(
                        JsonReader.read(
                                " {\"a\": [1, -2.5e+3, true, false, null, \"x\\n\\u00e9\\\\\\/\"], \"b\":{}, \"c\": -9223372036854775808} \n"))
                .isEqualTo(new JsonObject(Map.of(
                        "a",
                        List.of(1L, -2500.0, true, false, Optional.empty(), "x\né\\/"),
                        "b",
                        new JsonObject(Map.of()),
                        "c",
                        Long.MIN_VALUE)));
    }

    @Test
    void whatIsSoughtAndIsOfAnotherTypeIsAbsent() {
        JsonObject json = JsonObject.parse("{\"text\":\"t\",\"number\":12,\"half\":0.5,\"none\":null}");

        assertThat(json.find("text", String.class)).contains("t");
        assertThat(json.find("number", String.class)).isEmpty();
        assertThat(json.find("number", Long.class)).contains(12L);
        assertThat(json.find("half", Long.class)).isEmpty();
        assertThat(json.find("text", Long.class)).isEmpty();
        assertThat(json.find("none", String.class)).isEmpty();
        assertThat(json.find("text", List.class)).isEmpty();
        assertThat(json.find("nowhere", String.class)).isEmpty();
    }

    @Test
    void whatIsDemandedAndDoesNotFitIsRefusedByItsName() {
        JsonObject json = JsonObject.parse(
                "{\"text\":\"t\",\"less\":-1,\"more\":2147483648,\"half\":0.5,\"none\":null,\"list\":[\"a\",1]}");

        assertRefused(() -> json.text("nowhere"), "member 'nowhere' is missing");
        assertRefused(() -> json.text("less"), "member 'less' is not a string");
        assertRefused(() -> json.optionalText("none"), "member 'none' is not a string");
        assertRefused(() -> json.number("half"), "member 'half' is not a whole number");
        assertRefused(() -> json.number("less"), "member 'less' is negative: -1");
        assertRefused(() -> json.integer("more"), "member 'more' is too large: 2147483648");
        assertRefused(() -> json.flag("text"), "member 'text' is not true or false");
        assertRefused(() -> json.object("text"), "member 'text' is not an object");
        assertRefused(() -> json.list("text", item -> item), "member 'text' is not a list");
        assertRefused(() -> json.list("list", item -> item), "not a JSON object");
        assertRefused(() -> json.texts("list"), "member 'list' is not a list of strings");
        assertRefused(() -> json.value("text", Instant::parse), "member 'text': ");
        assertThat(json.number("more")).isEqualTo(2147483648L);
        assertThat(json.optionalText("nowhere")).isEmpty();
    }

    private static void assertRefused(Runnable demand, String message) {
        assertThatIllegalArgumentException().isThrownBy(demand::run).withMessageStartingWith(message);
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
                "{} {}",
                "{}x",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1 \"b\":2}",
                "{\"a\":\"\n\"}",
                "{\"a\":\"\\x\"}",
                "{\"a\":\"\\u12\"}",
                "{\"a\":tru}",
                "{\"a\":99999999999999999999}",
                "{\"a\":[1,]}",
                "{\"a\":--1}"
            })
    void anythingElseIsRefusedWithoutQuotingIt(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonReader.read(text))
                .withMessageStartingWith("not JSON at");
    }

    @Test
    void deepNestingIsRefusedBeforeItUsesUpTheStack() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonReader.read("[".repeat(1_000_000)))
                .withMessageContaining("nesting");
    }

    @ParameterizedTest
    @ValueSource(strings = {"[]", "1", "null"})
    void whatIsNoObjectIsRefusedAsOne(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> JsonObject.parse(text));
    }
}
