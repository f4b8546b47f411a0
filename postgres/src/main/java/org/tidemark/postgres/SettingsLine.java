// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The grammar of one line of a settings file: src/backend/utils/misc/guc-file.l. */
final class SettingsLine {
    private static final String LETTER = "[A-Za-z_\\x{80}-\\x{10FFFF}]";
    private static final String LETTER_OR_DIGIT = "[A-Za-z0-9_\\x{80}-\\x{10FFFF}]";
    private static final String NAME = LETTER + LETTER_OR_DIGIT + "*+(?:\\." + LETTER + LETTER_OR_DIGIT + "*+)?+";
    private static final String STRING = "'(?:[^'\\\\]++|\\\\.|'')*+'";
    private static final String NUMBER = "[-+]?(?:0x[0-9A-Fa-f]++|[0-9]*\\.?[0-9]*(?:[Ee][-+]?[0-9]+)?)[A-Za-z]*";
    private static final String WORD = LETTER + "(?:" + LETTER_OR_DIGIT + "|[-._:/])*+";
    private static final String SPACE = "[ \\t\\r]*+";
    private static final String COMMENT = "(?:#.*)?";
    private static final Pattern LINE = Pattern.compile(
            SPACE + "(?:(" + NAME + ")(?=[ \\t\\r='])" + SPACE + "=?" + SPACE + "(" + STRING + "|" + WORD + "|"
                    + "(?=[-+.0-9])" + NUMBER + "))?" + SPACE + COMMENT,
            Pattern.DOTALL);

    private SettingsLine() {}

    /**
     * The setting of a line; empty for a blank line or a comment.
     *
     * @throws IllegalArgumentException if PostgreSQL could not read the line
     */
    static Optional<SettingsFile.Setting> parse(int number, String line) {
        Matcher matcher = LINE.matcher(line);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("a syntax error in line " + number + ": '" + line + "'");
        }
        return matcher.group(1) == null
                ? Optional.empty()
                : Optional.of(new SettingsFile.Setting(number, matcher.group(1), value(matcher.group(2))));
    }

    /**
     * Puts a value into quotes, as ALTER SYSTEM does.
     *
     * @throws IllegalArgumentException if a settings file cannot contain the value
     */
    static String quote(String value) {
        if (value.chars().anyMatch(c -> c == '\n' || c == '\r' || c == 0)) {
            throw new IllegalArgumentException("a setting cannot hold a line feed: '" + value + "'");
        }
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
    }

    private static String value(String text) {
        if (!text.startsWith("'")) {
            return text;
        }
        StringBuilder value = new StringBuilder();
        int at = 1;
        while (at < text.length() - 1) {
            char c = text.charAt(at);
            if (c == '\'') {
                value.append(c);
                at += 2;
            } else if (c == '\\') {
                at = unescape(text, at + 1, value);
            } else {
                value.append(c);
                at++;
            }
        }
        return value.toString();
    }

    // Like DeescapeQuotedString(); returns the position after the escape sequence.
    private static int unescape(String text, int at, StringBuilder to) {
        char c = text.charAt(at);
        if (c >= '0' && c <= '7') {
            int end = at;
            int octal = 0;
            while (end < at + 3 && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                octal = octal * 8 + text.charAt(end) - '0';
                end++;
            }
            to.append((char) (octal & 0xFF));
            return end;
        }
        to.append(
                switch (c) {
                    case 'b' -> '\b';
                    case 'f' -> '\f';
                    case 'n' -> '\n';
                    case 'r' -> '\r';
                    case 't' -> '\t';
                    default -> c;
                });
        return at + 1;
    }
}
