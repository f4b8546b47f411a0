// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The texts and whole numbers among the members of a JSON object; members of other types are stepped over. It is here
 * because loading a JSON library takes 40 ms of each WAL push; for the same reason there is no lambda in it. Immutable.
 */
public final class FlatJson {
    private final Map<String, String> texts = new HashMap<>();
    private final Map<String, Long> numbers = new HashMap<>();

    /**
     * Reads a whole JSON object.
     *
     * @throws IllegalArgumentException if the text is anything else, or has two members of one name
     */
    static FlatJson parse(String text) {
        FlatJson members = new FlatJson();
        new Parser(text, members).document();
        return members;
    }

    private FlatJson() {}

    public Optional<String> text(String name) {
        return Optional.ofNullable(texts.get(name));
    }

    public Optional<Long> number(String name) {
        return Optional.ofNullable(numbers.get(name));
    }

    /**
     * A member that must be there.
     *
     * @throws IllegalArgumentException if it is missing, or is not a text
     */
    public String requireText(String name) {
        String text = texts.get(name);
        if (text == null) {
            throw new IllegalArgumentException("it lacks the text '" + name + "'");
        }
        return text;
    }

    /**
     * A member that must be there.
     *
     * @throws IllegalArgumentException if it is missing, or is not a number from 0 to 2147483647
     */
    public int requireInt(String name) {
        Long number = numbers.get(name);
        if (number == null) {
            throw new IllegalArgumentException("it lacks the number '" + name + "'");
        }
        if (number < 0 || number > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("its '" + name + "' cannot be " + number);
        }
        return number.intValue();
    }

    /** A recursive descent over RFC 8259. */
    private static final class Parser {
        private static final int DEEPEST = 64;

        private final String text;
        private final FlatJson members;
        private int next;

        Parser(String text, FlatJson members) {
            this.text = text;
            this.members = members;
        }

        void document() {
            object(0);
            space();
            if (next < text.length()) {
                throw wrong("nothing");
            }
        }

        private void object(int depth) {
            Set<String> names = new HashSet<>();
            expect('{');
            if (accept('}')) {
                return;
            }
            do {
                String name = string();
                if (!names.add(name)) {
                    throw new IllegalArgumentException("it has two members '" + name + "'");
                }
                expect(':');
                value(depth, name);
            } while (accept(','));
            expect('}');
        }

        private void value(int depth, String name) {
            if (depth > DEEPEST) {
                throw new IllegalArgumentException("it is nested too deep");
            }
            space();
            char c = next < text.length() ? text.charAt(next) : ' ';
            if (c == '"') {
                String value = string();
                if (depth == 0) {
                    members.texts.put(name, value);
                }
            } else if (c == '{') {
                object(depth + 1);
            } else if (c == '[') {
                array(depth + 1, name);
            } else if (c == '-' || isDigit(c)) {
                number(depth, name);
            } else if (!word("true") && !word("false") && !word("null")) {
                throw wrong("a value");
            }
        }

        private void array(int depth, String name) {
            expect('[');
            if (accept(']')) {
                return;
            }
            do {
                value(depth, name);
            } while (accept(','));
            expect(']');
        }

        private void number(int depth, String name) {
            int start = next;
            while (next < text.length() && "+-.eE0123456789".indexOf(text.charAt(next)) >= 0) {
                next++;
            }
            String digits = text.substring(start, next);
            boolean whole = digits.indexOf('.') < 0 && digits.indexOf('e') < 0 && digits.indexOf('E') < 0;
            if (depth == 0 && whole) {
                members.numbers.put(name, Long.parseLong(digits));
            }
        }

        private boolean word(String word) {
            boolean there = text.startsWith(word, next);
            next += there ? word.length() : 0;
            return there;
        }

        private String string() {
            expect('"');
            StringBuilder value = new StringBuilder();
            while (next < text.length()) {
                char c = text.charAt(next++);
                if (c == '"') {
                    return value.toString();
                }
                if (c < ' ') {
                    throw wrong("no control character in a text");
                }
                value.append(c == '\\' ? escape() : c);
            }
            throw wrong("the end of a text");
        }

        private char escape() {
            char c = next < text.length() ? text.charAt(next++) : ' ';
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
            if (next + 4 > text.length()) {
                throw wrong("four digits");
            }
            next += 4;
            return (char) Integer.parseInt(text, next - 4, next, 16);
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw wrong("'" + c + "'");
            }
        }

        private boolean accept(char c) {
            space();
            boolean there = next < text.length() && text.charAt(next) == c;
            next += there ? 1 : 0;
            return there;
        }

        private void space() {
            while (next < text.length() && " \n\r\t".indexOf(text.charAt(next)) >= 0) {
                next++;
            }
        }

        private static boolean isDigit(char c) {
            return c >= '0' && c <= '9';
        }

        private IllegalArgumentException wrong(String expected) {
            return new IllegalArgumentException("it is not JSON: expected " + expected + " at character " + next);
        }
    }
}
