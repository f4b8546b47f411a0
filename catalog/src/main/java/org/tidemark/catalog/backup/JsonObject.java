// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The members of a JSON object, read strictly: a member that is missing, of another type or out of range is an
 * {@link IllegalArgumentException} that names the member. Members that nobody asks for are left alone. Immutable.
 */
final class JsonObject {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private final JsonNode object;

    private JsonObject(JsonNode object) {
        this.object = object;
    }

    static JsonObject parse(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return parse(bytes, 0, bytes.length);
    }

    static JsonObject parse(byte[] bytes, int offset, int length) {
        JsonNode node;
        try {
            node = MAPPER.readTree(bytes, offset, length);
        } catch (JacksonException e) {
            throw new IllegalArgumentException("not JSON: " + e.getOriginalMessage(), e);
        }
        return of(node);
    }

    private static JsonObject of(JsonNode node) {
        if (!node.isObject()) {
            throw new IllegalArgumentException("not a JSON object");
        }
        return new JsonObject(node);
    }

    boolean has(String name) {
        return object.has(name);
    }

    String text(String name) {
        JsonNode member = required(name);
        if (!member.isString()) {
            throw new IllegalArgumentException("member '" + name + "' is not a string");
        }
        return member.stringValue();
    }

    Optional<String> optionalText(String name) {
        return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    /** A text that {@code parse} understands. */
    <T> T value(String name, Function<String, T> parse) {
        try {
            return parse.apply(text(name));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("member '" + name + "': " + e.getMessage(), e);
        }
    }

    /** A whole number, 0 or more. */
    long number(String name) {
        JsonNode member = required(name);
        if (!member.isIntegralNumber() || !member.canConvertToLong() || member.longValue() < 0) {
            throw new IllegalArgumentException("member '" + name + "' is not a whole number");
        }
        return member.longValue();
    }

    int integer(String name) {
        long number = number(name);
        if (number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("member '" + name + "' is too large: " + number);
        }
        return (int) number;
    }

    boolean flag(String name) {
        JsonNode member = required(name);
        if (!member.isBoolean()) {
            throw new IllegalArgumentException("member '" + name + "' is neither true nor false");
        }
        return member.booleanValue();
    }

    JsonObject object(String name) {
        return of(required(name));
    }

    <T> List<T> list(String name, Function<JsonObject, T> read) {
        JsonNode member = required(name);
        if (!member.isArray()) {
            throw new IllegalArgumentException("member '" + name + "' is not a list");
        }
        List<T> items = new ArrayList<>(member.size());
        for (JsonNode item : member) {
            items.add(read.apply(of(item)));
        }
        return items;
    }

    /** A list of strings. */
    List<String> texts(String name) {
        JsonNode member = required(name);
        List<String> items = new ArrayList<>(member.size());
        for (JsonNode item : member) {
            if (!member.isArray() || !item.isString()) {
                throw new IllegalArgumentException("member '" + name + "' is not a list of strings");
            }
            items.add(item.stringValue());
        }
        return items;
    }

    private JsonNode required(String name) {
        return object.optional(name)
                .orElseThrow(() -> new IllegalArgumentException("member '" + name + "' is missing"));
    }
}
