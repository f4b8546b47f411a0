// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes JSON; {@link JsonReader} gives back the same. Not thread-safe. */
public final class JsonText {
    /** Each of them after its name. */
    private static final String SHORT_ESCAPES = "b\bt\tn\nf\fr\r\"\"\\\\";

    private final StringBuilder text = new StringBuilder(256);
    private final boolean pretty;

    private JsonText(boolean pretty) {
        this.pretty = pretty;
    }

    /**
     * The text of a value, without white space.
     *
     * @param value a {@link Map} of strings to values, an {@link Iterable} of values, a string, number, boolean or null
     */
    public static String of(@Nullable Object value) {
        JsonText json = new JsonText(false);
        json.write(value, 0);
        return json.text.toString();
    }

    /** The text of a value for people: each member of an object stands on a line. */
    public static String pretty(@Nullable Object value) {
        JsonText json = new JsonText(true);
        json.write(value, 0);
        return json.text.toString();
    }

    private void write(@Nullable Object value, int depth) {
        if (value instanceof String string) {
            quote(string);
        } else if (value == null || value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else if (value instanceof Map<?, ?> members) {
            members(members.entrySet().iterator(), depth + 1);
        } else if (value instanceof Iterable<?> items) {
            items(items.iterator(), depth);
        } else {
            throw new IllegalArgumentException("not a value of JSON: " + value.getClass());
        }
    }

    private void members(Iterator<? extends Map.Entry<?, ?>> members, int depth) {
        boolean lines = pretty && members.hasNext();
        text.append('{');
        while (members.hasNext()) {
            Map.Entry<?, ?> member = members.next();
            newLine(lines, depth);
            quote((String) member.getKey());
            text.append(pretty ? " : " : ":");
            write(member.getValue(), depth);
            text.append(members.hasNext() ? "," : "");
        }
        newLine(lines, depth - 1);
        text.append(pretty && !lines ? " }" : "}");
    }

    private void newLine(boolean lines, int depth) {
        if (lines) {
            text.append('\n').repeat("  ", depth);
        }
    }

    private void items(Iterator<?> items, int depth) {
        text.append('[');
        while (items.hasNext()) {
            text.append(pretty ? " " : "");
            write(items.next(), depth);
            text.append(items.hasNext() ? "," : "");
        }
        text.append(pretty ? " ]" : "]");
    }

    private void quote(String value) {
        text.append('"');
        int copied = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\' || c < ' ' || isLoneSurrogate(value, i)) {
                text.append(value, copied, i);
                escape(c);
                copied = i + 1;
            }
        }
        text.append(value, copied, value.length()).append('"');
    }

    /** Half of a pair cannot be put into UTF-8 as it is. */
    private static boolean isLoneSurrogate(String value, int at) {
        char c = value.charAt(at);
        if (!Character.isSurrogate(c)) {
            return false;
        }
        return Character.isHighSurrogate(c)
                ? at + 1 == value.length() || !Character.isLowSurrogate(value.charAt(at + 1))
                : at == 0 || !Character.isHighSurrogate(value.charAt(at - 1));
    }

    private void escape(char c) {
        int place = SHORT_ESCAPES.indexOf(c);
        if (place >= 0) {
            text.append('\\').append(SHORT_ESCAPES.charAt(place & ~1));
            return;
        }
        text.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
            text.append("0123456789ABCDEF".charAt((c >> shift) & 0xF));
        }
    }
}
