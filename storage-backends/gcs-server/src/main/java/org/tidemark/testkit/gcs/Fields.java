// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Leaves of an answer what the parameter {@code fields} selects, such as {@code nextPageToken,items(name,size)}. Not
 * changed once it is parsed.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api#partial-response">Partial responses</a>
 */
final class Fields {
    private final Map<String, Fields> selected = new LinkedHashMap<>();

    /** Named without anything below it: all of it. */
    private boolean whole;

    private Fields() {}

    static Fields parse(String text) {
        int[] at = {0};
        Fields fields = new Fields();
        list(text, at, fields);
        if (at[0] != text.length() || text.isEmpty()) {
            throw invalid(text);
        }
        return fields;
    }

    private static void list(String text, int[] at, Fields into) {
        while (true) {
            one(text, at, into);
            if (at[0] == text.length() || text.charAt(at[0]) != ',') {
                return;
            }
            at[0]++;
        }
    }

    private static void one(String text, int[] at, Fields into) {
        int start = at[0];
        while (at[0] < text.length() && ",()/".indexOf(text.charAt(at[0])) < 0) {
            at[0]++;
        }
        String name = text.substring(start, at[0]).strip();
        if (name.isEmpty()) {
            throw invalid(text);
        }
        // One name can come again: items/name,items/size.
        Fields below = into.selected.computeIfAbsent(name, key -> new Fields());
        char next = at[0] < text.length() ? text.charAt(at[0]) : ',';
        if (next == '/') {
            at[0]++;
            one(text, at, below);
        } else if (next == '(') {
            at[0]++;
            list(text, at, below);
            if (at[0] == text.length() || text.charAt(at[0]++) != ')') {
                throw invalid(text);
            }
        } else {
            below.whole = true;
        }
    }

    private static ApiError invalid(String text) {
        return ApiError.invalidParameter("fields", "Invalid field selection '" + text + "'");
    }

    Map<String, Object> of(Map<String, Object> json) {
        if (whole || selected.containsKey("*")) {
            return json;
        }
        Map<String, Object> left = new LinkedHashMap<>();
        json.forEach((name, value) -> {
            Fields below = selected.get(name);
            if (below != null) {
                left.put(name, below.ofValue(value));
            }
        });
        return left;
    }

    private Object ofValue(Object value) {
        return switch (value) {
            case Map<?, ?> members -> of(Json.object(members));
            case List<?> elements -> elements.stream().map(this::ofValue).toList();
            default -> value;
        };
    }
}
