// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.core.JsonObject;
import org.tidemark.core.JsonReader;
import org.tidemark.core.JsonText;

class JsonTextTest {
    private final Random random = Rounds.random();

    @Test
    void whatIsWrittenIsReadBackEvenFromItsBytes() {
        for (int round = Rounds.of(500, 20_000); round > 0; round--) {
            Object value = value(3);
            byte[] bytes = JsonText.of(value).getBytes(StandardCharsets.UTF_8);

            assertThat(JsonReader.read(new String(bytes, StandardCharsets.UTF_8)))
                    .isEqualTo(asRead(value));
        }
    }

    @Test
    void namesAreEscapedAsTextsAre() {
        assertThat(JsonText.of(Map.of("a\"\\", "\b\t\n\f\r\u0001/é€\uD83D\uDE00\uD83D")))
                .isEqualTo("{\"a\\\"\\\\\":\"\\b\\t\\n\\f\\r\\u0001/é€\uD83D\uDE00\\uD83D\"}");
    }

    /** A random value, of at most {@code depth} levels. */
    private Object value(int depth) {
        return switch (random.nextInt(depth > 0 ? 5 : 3)) {
            case 0 -> text();
            case 1 -> random.nextLong() >> random.nextInt(64);
            case 2 -> random.nextBoolean();
            case 3 -> {
                List<Object> items = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    items.add(value(depth - 1));
                }
                yield items;
            }
            default -> {
                Map<String, Object> members = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    members.put(text(), value(depth - 1));
                }
                yield members;
            }
        };
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(20); i > 0; i--) {
            text.append((char) (random.nextBoolean() ? random.nextInt(128) : random.nextInt(0x10000)));
        }
        return text.toString();
    }

    private static Object asRead(Object value) {
        if (value instanceof List<?> items) {
            return items.stream().map(JsonTextTest::asRead).toList();
        }
        if (value instanceof Map<?, ?> members) {
            Map<String, Object> read = new LinkedHashMap<>();
            members.forEach((name, member) -> read.put((String) name, asRead(member)));
            return new JsonObject(read);
        }
        return value;
    }
}
