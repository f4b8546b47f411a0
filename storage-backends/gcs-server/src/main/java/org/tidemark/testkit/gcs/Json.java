// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * JSON as maps, lists, strings, longs, doubles and booleans; {@link #NULL} stands for null. Written here so that the
 * server needs nothing but the JDK on its class path. Not thread-safe.
 */
final class Json {
    /** What a client sends to clear a property. */
    enum Null {
        /** The only one. */
        NULL;

        @Override
        public String toString() {
            return "null";
        }
    }

    static final Null NULL = Null.NULL;

    private static final int MAX_DEPTH = 32;

    private final String text;
    private int at;
    private int depth;

    private Json(String text) {
        this.text = text;
    }

    /** An object; an empty text is an empty one. */
    static Map<String, Object> parseObject(String text) {
        if (text.isBlank()) {
            return Map.of();
        }
        Json json = new Json(text);
        Object value = json.value();
        json.space();
        if (json.at != text.length() || !(value instanceof Map<?, ?>)) {
            throw ApiError.parseError("the body is not one JSON object");
        }
        return object(value);
    }

    /** The members of a value that has to be an object. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> object(Object value) {
        if (!(value instanceof Map<?, ?>)) {
            throw ApiError.invalidArgument("expected a JSON object, not " + value);
        }
        return (Map<String, Object>) value;
    }

    private Object value() {
        space();
        if (++depth > MAX_DEPTH) {
            throw ApiError.parseError("JSON is nested too deep");
        }
        try {
            return switch (peek()) {
                case '{' -> members();
                case '[' -> elements();
                case '"' -> string();
                default -> word();
            };
        } finally {
            depth--;
        }
    }

    private Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        at++;
        space();
        while (peek() != '}') {
            space();
            String name = string();
            space();
            expect(':');
            members.put(name, value());
            space();
            if (peek() != '}') {
                expect(',');
                space();
            }
        }
        at++;
        return members;
    }

    private List<Object> elements() {
        List<Object> elements = new ArrayList<>();
        at++;
        space();
        while (peek() != ']') {
            elements.add(value());
            space();
            if (peek() != ']') {
                expect(',');
            }
        }
        at++;
        return elements;
    }

    private String string() {
        expect('"');
        StringBuilder decoded = new StringBuilder();
        while (peek() != '"') {
            char c = text.charAt(at++);
            decoded.append(c == '\\' ? escape() : c);
        }
        at++;
        return decoded.toString();
    }

    private char escape() {
        char c = peek();
        at++;
        return switch (c) {
            case 'n' -> '\n';
            case 't' -> '\t';
            case 'r' -> '\r';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> {
                if (at + 4 > text.length()) {
                    throw ApiError.parseError("JSON ends inside of an escape");
                }
                at += 4;
                yield hexadecimal(text.substring(at - 4, at));
            }
            default -> c;
        };
    }

    private static char hexadecimal(String digits) {
        try {
            return (char) Integer.parseInt(digits, 16);
        } catch (NumberFormatException e) {
            throw ApiError.parseError("not an escape: '" + digits + "'");
        }
    }

    private Object word() {
        int start = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        String word = text.substring(start, at);
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> NULL;
            default -> number(word);
        };
    }

    private static Object number(String word) {
        try {
            if (word.matches("-?[0-9]+")) {
                return Long.parseLong(word);
            }
            return Double.parseDouble(word);
        } catch (NumberFormatException e) {
            throw ApiError.parseError("not JSON: '" + word + "'");
        }
    }

    private void space() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private char peek() {
        if (at >= text.length()) {
            throw ApiError.parseError("JSON ends too early");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw ApiError.parseError("JSON has '" + peek() + "' where '" + c + "' is expected");
        }
        at++;
    }
}
