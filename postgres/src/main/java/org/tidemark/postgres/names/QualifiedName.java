// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A name as SQL writes it: {@code orders}, {@code public.orders}, {@code "My Schema".orders} or
 * {@code shop.public.orders}. Immutable.
 */
public record QualifiedName(Optional<String> database, Optional<String> schema, String name) {
    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([^\".]+)");
    private static final int MOST_PARTS = 3;

    /**
     * Parses a name. Letters outside of quotes are folded to lower case; those outside of ASCII are not, as in
     * downcase_identifier() of src/backend/parser/scansup.c for UTF-8.
     *
     * @throws IllegalArgumentException if it is not a name
     */
    public static QualifiedName parse(String text) {
        List<String> parts = new ArrayList<>();
        Matcher matcher = PART.matcher(text);
        int at = 0;
        while (matcher.region(at, text.length()).lookingAt()) {
            String quoted = matcher.group(1);
            parts.add(quoted == null ? lowerCase(matcher.group()) : quoted.replace("\"\"", "\""));
            at = matcher.end() + 1;
            if (at > text.length() || text.charAt(at - 1) != '.') {
                break;
            }
        }
        if (at != text.length() + 1 || parts.size() > MOST_PARTS) {
            throw new IllegalArgumentException("not the name of a relation: '" + text
                    + "' (expected a name such as orders, public.orders or \"My Schema\".\"Orders\")");
        }
        List<String> reversed = parts.reversed();
        return new QualifiedName(
                reversed.stream().skip(2).findFirst(), reversed.stream().skip(1).findFirst(), reversed.getFirst());
    }

    private static String lowerCase(String text) {
        StringBuilder lower = new StringBuilder(text);
        for (int i = 0; i < lower.length(); i++) {
            char each = lower.charAt(i);
            if (each >= 'A' && each <= 'Z') {
                lower.setCharAt(i, (char) (each - 'A' + 'a'));
            }
        }
        return lower.toString();
    }
}
