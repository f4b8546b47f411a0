// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Reads one JSON text, strictly. Not thread-safe. */
final class JsonReader {
    /** Answers of Swift and Keystone have five. */
    private static final int MAX_DEPTH = 50;

    private final String text;
    private int at;
    private int depth;

    JsonReader(String text) {
        this.text = text;
    }

    Json whole() throws IOException {
        Json value = value();
        skipSpace();
        if (at != text.length()) {
            throw wrong("nothing more");
        }
        return value;
    }

    private Json value() throws IOException {
        skipSpace();
        return switch (peek()) {
            case '{' -> members();
            case '[' -> items();
            case '"' -> new Json.Text(string());
            case 't' -> word("true", new Json.Truth(true));
            case 'f' -> word("false", new Json.Truth(false));
            case 'n' -> word("null", new Json.Nothing());
            default -> number();
        };
    }

    private Json members() throws IOException {
        enter();
        Map<String, Json> values = new HashMap<>();
        if (!closes('}')) {
            do {
                skipSpace();
                String name = string();
                skipSpace();
                expect(':');
                if (values.put(name, value()) != null) {
                    throw wrong("each name once");
                }
            } while (another('}'));
        }
        depth--;
        return new Json.Members(values);
    }

    private Json items() throws IOException {
        enter();
        List<Json> values = new ArrayList<>();
        if (!closes(']')) {
            do {
                values.add(value());
            } while (another(']'));
        }
        depth--;
        return new Json.Items(values);
    }

    private void enter() throws IOException {
        at++;
        if (++depth > MAX_DEPTH) {
            throw wrong("no deeper nesting");
        }
    }

    private boolean closes(char end) throws IOException {
        skipSpace();
        if (peek() != end) {
            return false;
        }
        at++;
        return true;
    }

    private boolean another(char end) throws IOException {
        skipSpace();
        char c = peek();
        if (c != ',' && c != end) {
            throw wrong("a comma or the end");
        }
        at++;
        return c == ',';
    }

    private String string() throws IOException {
        expect('"');
        StringBuilder value = new StringBuilder();
        while (true) {
            char c = peek();
            at++;
            if (c == '"') {
                return value.toString();
            }
            if (c < 0x20) {
                throw wrong("no control character in a string");
            }
            value.append(c == '\\' ? escaped() : c);
        }
    }

    private char escaped() throws IOException {
        char c = peek();
        at++;
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

    private char unicode() throws IOException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int digit = Character.digit(peek(), 16);
            if (digit < 0 || peek() > 'f') {
                throw wrong("four hexadecimal digits");
            }
            value = value * 16 + digit;
            at++;
        }
        return (char) value;
    }

    private Json number() throws IOException {
        int start = at;
        if (peek() == '-') {
            at++;
        }
        int first = at;
        digits();
        if (text.charAt(first) == '0' && at - first > 1) {
            throw wrong("a number without leading zeros");
        }
        if (at < text.length() && text.charAt(at) == '.') {
            at++;
            digits();
        }
        if (at < text.length() && (text.charAt(at) == 'e' || text.charAt(at) == 'E')) {
            at++;
            if (peek() == '+' || peek() == '-') {
                at++;
            }
            digits();
        }
        return new Json.Figure(text.substring(start, at));
    }

    private void digits() throws IOException {
        int start = at;
        while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
            at++;
        }
        if (at == start) {
            throw wrong("a value");
        }
    }

    private Json word(String word, Json value) throws IOException {
        if (!text.startsWith(word, at)) {
            throw wrong("a value");
        }
        at += word.length();
        return value;
    }

    private void expect(char c) throws IOException {
        if (peek() != c) {
            throw wrong("'" + c + "'");
        }
        at++;
    }

    private char peek() throws IOException {
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

    /** Without the text itself: it may hold a token. */
    private IOException wrong(String expected) {
        return new IOException("not JSON at character " + at + " of " + text.length() + " (expected " + expected + ")");
    }
}
