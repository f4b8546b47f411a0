// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads one JSON text (RFC 8259), strictly. It is here because loading a library for JSON takes 40 ms of each WAL push;
 * for the same reason there is no lambda in it. Not thread-safe.
 */
public final class JsonReader {
    /** Documents have three levels, answers of servers five. */
    private static final int MAX_DEPTH = 64;

    private final String text;
    private int at;
    private int depth;

    private JsonReader(String text) {
        this.text = text;
    }

    /**
     * Reads a whole text.
     *
     * @return a {@link JsonObject}, {@link List}, {@link String}, {@link Long}, {@link Double} (a number with a
     *     fraction or an exponent), {@link Boolean}, or an empty {@link Optional} for {@code null}
     * @throws IllegalArgumentException if it is not one JSON value and nothing else, an object has two members of one
     *     name, or a whole number needs more than 64 bits; the message holds nothing of the text, which may be secret
     */
    public static Object read(String text) {
        JsonReader reader = new JsonReader(text);
        Object value = reader.value();
        reader.skipSpace();
        if (reader.at != text.length()) {
            throw reader.wrong("nothing more");
        }
        return value;
    }

    private Object value() {
        skipSpace();
        return switch (peek()) {
            case '{' -> object();
            case '[' -> list();
            case '"' -> string();
            case 't' -> word("true", true);
            case 'f' -> word("false", false);
            case 'n' -> word("null", Optional.empty());
            default -> number();
        };
    }

    private JsonObject object() {
        enter();
        Map<String, Object> members = new LinkedHashMap<>();
        if (!closes('}')) {
            do {
                skipSpace();
                String name = string();
                skipSpace();
                expect(':');
                if (members.put(name, value()) != null) {
                    throw wrong("each name once");
                }
            } while (another('}'));
        }
        depth--;
        return new JsonObject(members);
    }

    private List<Object> list() {
        enter();
        List<Object> values = new ArrayList<>();
        if (!closes(']')) {
            do {
                values.add(value());
            } while (another(']'));
        }
        depth--;
        return values;
    }

    private void enter() {
        at++;
        if (++depth > MAX_DEPTH) {
            throw wrong("no deeper nesting");
        }
    }

    private boolean closes(char end) {
        skipSpace();
        if (peek() != end) {
            return false;
        }
        at++;
        return true;
    }

    private boolean another(char end) {
        skipSpace();
        char c = peek();
        if (c != ',' && c != end) {
            throw wrong("a comma or the end");
        }
        at++;
        return c == ',';
    }

    private String string() {
        expect('"');
        int start = at;
        for (int end = start; end < text.length(); end++) {
            char c = text.charAt(end);
            if (c == '"') {
                at = end + 1;
                return text.substring(start, end);
            }
            if (c == '\\' || c < ' ') {
                break;
            }
        }
        return unescaped();
    }

    private String unescaped() {
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = next();
            if (c == '"') {
                return value.toString();
            }
            if (c < ' ') {
                throw wrong("no control character in a string");
            }
            value.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() {
        char c = next();
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'u' -> unicode();
            default -> throw wrong("an escape");
        };
    }

    private char unicode() {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            char c = next();
            int digit = Character.digit(c, 16);
            if (digit < 0 || c > 'f') {
                throw wrong("four hexadecimal digits");
            }
            value = value * 16 + digit;
        }
        return (char) value;
    }

    private Object number() {
        int start = at;
        boolean whole = true;
        if (peek() == '-') {
            at++;
        }
        int first = at;
        digits();
        if (text.charAt(first) == '0' && at - first > 1) {
            throw wrong("a number without leading zeros");
        }
        if (at < text.length() && text.charAt(at) == '.') {
            whole = false;
            at++;
            digits();
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            whole = false;
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        if (!whole) {
            return Double.valueOf(text.substring(start, at));
        }
        try {
            return Long.parseLong(text, start, at, 10);
        } catch (NumberFormatException e) {
            throw wrong("a whole number of at most 64 bits");
        }
    }

    private void digits() {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw wrong("a value");
        }
    }

    private Object word(String word, Object value) {
        if (!text.startsWith(word, at)) {
            throw wrong("a value");
        }
        at += word.length();
        return value;
    }

    private void expect(char c) {
        if (next() != c) {
            throw wrong("'" + c + "'");
        }
    }

    private char next() {
        char c = peek();
        at++;
        return c;
    }

    private char peek() {
        if (at == text.length()) {
            throw wrong("more");
        }
        return text.charAt(at);
    }

    private void skipSpace() {
        while (at < text.length() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
            at++;
        }
    }

    private IllegalArgumentException wrong(String expected) {
        return new IllegalArgumentException(
                "not JSON at character " + at + " of " + text.length() + " (expected " + expected + ")");
    }
}
