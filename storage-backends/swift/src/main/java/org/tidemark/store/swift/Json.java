// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A value of a JSON text (RFC 8259). Few lines of our own, since logins are on the way of every WAL file. Immutable.
 */
sealed interface Json {
    record Text(String value) implements Json {}

    /** As it was written: what it may be is decided where it is used. */
    record Figure(String literal) implements Json {}

    record Truth(boolean value) implements Json {}

    record Nothing() implements Json {}

    record Items(List<Json> values) implements Json {
        public Items {
            values = List.copyOf(values);
        }
    }

    record Members(Map<String, Json> values) implements Json {
        public Members {
            values = Map.copyOf(values);
        }
    }

    /**
     * Reads a text.
     *
     * @throws IOException if it is not one JSON value and nothing else; its message holds nothing of the text
     */
    static Json parse(String text) throws IOException {
        return new JsonReader(text).whole();
    }

    /** The member of an object. */
    default Optional<Json> member(String name) {
        return this instanceof Members(Map<String, Json> values)
                ? Optional.ofNullable(values.get(name))
                : Optional.empty();
    }

    default Optional<String> text(String name) {
        return member(name).flatMap(Json::asText);
    }

    default OptionalLong number(String name) {
        if (member(name).orElse(this) instanceof Figure(String literal)) {
            try {
                return OptionalLong.of(Long.parseLong(literal));
            } catch (NumberFormatException e) {
                return OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    /** Those of an array that is a member; none where there is no such array. */
    default List<Json> items(String name) {
        return member(name).map(Json::asItems).orElse(List.of());
    }

    default Optional<String> asText() {
        return this instanceof Text(String value) ? Optional.of(value) : Optional.empty();
    }

    default List<Json> asItems() {
        return this instanceof Items(List<Json> values) ? values : List.of();
    }

    /** The text as a JSON string. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length() + 2).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20 || c > 0x7E) {
                quoted.append("\\u");
                for (int shift = 12; shift >= 0; shift -= 4) {
                    quoted.append(Character.forDigit((c >> shift) & 0xF, 16));
                }
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
