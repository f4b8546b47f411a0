// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.util.Map;

/** Writes JSON without white space; {@link JsonReader} gives back the same. */
public final class JsonText {
    /** Each of them after its name. */
    private static final String SHORT_ESCAPES = "b\bt\tn\nf\fr\r\"\"\\\\";

    private JsonText() {}

    /**
     * The text of a value.
     *
     * @param value a {@link Map} of strings to values, an {@link Iterable} of values, a string, number or boolean
     */
    public static String of(Object value) {
        StringBuilder text = new StringBuilder(256);
        write(value, text);
        return text.toString();
    }

    private static void write(Object value, StringBuilder text) {
        if (value instanceof String string) {
            quote(string, text);
        } else if (value instanceof Number || value instanceof Boolean) {
            text.append(value);
        } else if (value instanceof Map<?, ?> members) {
            text.append('{');
            String separator = "";
            for (Map.Entry<?, ?> member : members.entrySet()) {
                text.append(separator);
                quote((String) member.getKey(), text);
                write(member.getValue(), text.append(':'));
                separator = ",";
            }
            text.append('}');
        } else if (value instanceof Iterable<?> items) {
            text.append('[');
            String separator = "";
            for (Object item : items) {
                write(item, text.append(separator));
                separator = ",";
            }
            text.append(']');
        } else {
            throw new IllegalArgumentException("not a value of JSON: " + value.getClass());
        }
    }

    private static void quote(String value, StringBuilder text) {
        text.append('"');
        int copied = 0;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\' || c < ' ' || isLoneSurrogate(value, i)) {
                escape(c, text.append(value, copied, i));
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

    private static void escape(char c, StringBuilder text) {
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
