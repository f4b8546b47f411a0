// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.configuration;

import java.util.ArrayList;
import java.util.List;

/**
 * The files that pg_hba.conf or pg_ident.conf leads to: {@code @file} in place of names, and since PostgreSQL 16 the
 * lines include, include_if_exists and include_dir (src/backend/libpq/hba.c).
 */
final class AccessRules {
    private AccessRules() {}

    /** A file that a line leads to, or a directory of such files. */
    record Include(String path, boolean isDirectory, boolean isOptional) {}

    private record Token(String text, boolean isQuoted) {}

    static List<Include> includes(String text) {
        List<Include> includes = new ArrayList<>();
        for (String line : text.split("\n", -1)) {
            List<Token> tokens = tokens(line);
            if (tokens.size() == 2 && !tokens.getFirst().isQuoted()) {
                String path = tokens.get(1).text();
                switch (tokens.getFirst().text()) {
                    case "include" -> includes.add(new Include(path, false, false));
                    case "include_if_exists" -> includes.add(new Include(path, false, true));
                    case "include_dir" -> includes.add(new Include(path, true, false));
                    default -> {}
                }
            }
            for (Token token : tokens) {
                if (!token.isQuoted()
                        && token.text().startsWith("@")
                        && token.text().length() > 1) {
                    includes.add(new Include(token.text().substring(1), false, false));
                }
            }
        }
        return includes;
    }

    /** Like next_token(): blanks and commas part tokens, quotes keep them together, a comment ends the line. */
    private static List<Token> tokens(String line) {
        List<Token> tokens = new ArrayList<>();
        StringBuilder token = new StringBuilder();
        boolean inQuotes = false;
        boolean isQuoted = false;
        for (int i = 0; i <= line.length(); i++) {
            char c = i < line.length() ? line.charAt(i) : ' ';
            if (!inQuotes && (c == '#' || c == ' ' || c == '\t' || c == '\r' || c == ',')) {
                if (!token.isEmpty()) {
                    tokens.add(new Token(token.toString(), isQuoted));
                }
                token.setLength(0);
                isQuoted = false;
                if (c == '#') {
                    break;
                }
            } else if (c == '"') {
                inQuotes = !inQuotes;
                isQuoted |= token.isEmpty();
            } else {
                token.append(c);
            }
        }
        return tokens;
    }
}
