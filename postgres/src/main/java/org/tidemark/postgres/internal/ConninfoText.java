// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The form {@code keyword = 'value'} of a connection string (PostgreSQL: conninfo_parse in fe-connect.c). A later value
 * of the same keyword replaces an earlier one. Not thread-safe.
 */
final class ConninfoText {
    private final String text;
    private int at;

    private ConninfoText(String text) {
        this.text = text;
    }

    /** Throws an IllegalArgumentException that names the keyword, and never a value. */
    static Map<String, String> parse(String text) {
        return new ConninfoText(text).pairs();
    }

    private Map<String, String> pairs() {
        Map<String, String> pairs = new LinkedHashMap<>();
        skipBlanks();
        while (at < text.length()) {
            String keyword = keyword();
            pairs.put(keyword, value(keyword));
            skipBlanks();
        }
        return pairs;
    }

    private String keyword() {
        int start = at;
        while (at < text.length() && text.charAt(at) != '=' && !isBlank(text.charAt(at))) {
            at++;
        }
        String keyword = text.substring(start, at);
        skipBlanks();
        if (at == text.length() || text.charAt(at) != '=') {
            throw new IllegalArgumentException("there is no '=' after '" + keyword + "'");
        }
        at++;
        skipBlanks();
        return keyword;
    }

    private String value(String keyword) {
        StringBuilder value = new StringBuilder();
        boolean quoted = at < text.length() && text.charAt(at) == '\'';
        if (quoted) {
            at++;
        }
        while (at < text.length()) {
            char next = text.charAt(at++);
            if (quoted ? next == '\'' : isBlank(next)) {
                return value.toString();
            }
            if (next != '\\') {
                value.append(next);
            } else if (at < text.length()) {
                value.append(text.charAt(at++));
            }
        }
        if (quoted) {
            throw new IllegalArgumentException("the quoted value of '" + keyword + "' has no end");
        }
        return value.toString();
    }

    private void skipBlanks() {
        while (at < text.length() && isBlank(text.charAt(at))) {
            at++;
        }
    }

    private static boolean isBlank(char character) {
        return character == ' ' || (character >= '\t' && character <= '\r');
    }
}
