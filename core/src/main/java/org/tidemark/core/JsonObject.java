// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.time.DateTimeException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The members of a JSON object, read strictly: a member that is missing, of another type or out of range is an
 * {@link IllegalArgumentException} that names the member. Members that nobody asks for are left alone. Immutable.
 *
 * @param members of the types that {@link JsonReader#read} gives
 */
public record JsonObject(Map<String, Object> members) {
    public JsonObject {
        members = Collections.unmodifiableMap(members);
    }

    /**
     * Reads a text.
     *
     * @throws IllegalArgumentException if it is not one JSON object and nothing else
     */
    public static JsonObject parse(String text) {
        return of(JsonReader.read(text));
    }

    /**
     * A value that {@link JsonReader#read} gave, as the object that it must be.
     *
     * @throws IllegalArgumentException if it is of another type
     */
    public static JsonObject of(Object value) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new IllegalArgumentException("not a JSON object");
    }

    public boolean has(String name) {
        return members.containsKey(name);
    }

    /** A member; empty if it is missing or of another type. */
    public <T> Optional<T> find(String name, Class<T> type) {
        Object value = members.get(name);
        return type.isInstance(value) ? Optional.of(type.cast(value)) : Optional.empty();
    }

    private <T> T member(String name, Class<T> type, String expected) {
        Object value = members.get(name);
        if (type.isInstance(value)) {
            return type.cast(value);
        }
        throw new IllegalArgumentException(
                "member '" + name + "' is " + (value == null ? "missing" : "not " + expected));
    }

    public String text(String name) {
        return member(name, String.class, "a string");
    }

    public Optional<String> optionalText(String name) {
        return has(name) ? Optional.of(text(name)) : Optional.empty();
    }

    /** A text that {@code parse} understands. */
    public <T> T value(String name, Function<String, T> parse) {
        try {
            return parse.apply(text(name));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("member '" + name + "': " + e.getMessage(), e);
        }
    }

    /** A whole number, 0 or more. */
    public long number(String name) {
        long number = member(name, Long.class, "a whole number");
        if (number < 0) {
            throw new IllegalArgumentException("member '" + name + "' is negative: " + number);
        }
        return number;
    }

    /** A whole number from 0 to 2147483647. */
    public int integer(String name) {
        long number = number(name);
        if (number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("member '" + name + "' is too large: " + number);
        }
        return (int) number;
    }

    public boolean flag(String name) {
        return member(name, Boolean.class, "true or false");
    }

    public JsonObject object(String name) {
        return member(name, JsonObject.class, "an object");
    }

    /** A list of objects. */
    public <T> List<T> list(String name, Function<JsonObject, T> read) {
        List<T> items = new ArrayList<>();
        for (Object item : member(name, List.class, "a list")) {
            items.add(read.apply(of(item)));
        }
        return items;
    }

    /** A list of strings. */
    public List<String> texts(String name) {
        List<String> items = new ArrayList<>();
        for (Object item : member(name, List.class, "a list")) {
            if (!(item instanceof String text)) {
                throw new IllegalArgumentException("member '" + name + "' is not a list of strings");
            }
            items.add(text);
        }
        return items;
    }
}
