// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit.gcs;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Leaves of an answer the members that the parameter {@code fields} selects, such as
 * {@code nextPageToken,items/name,items/size}: a store that forgets to ask for a member does not get it.
 *
 * @see <a href="https://cloud.google.com/storage/docs/json_api#partial-response">Partial responses</a>
 */
final class Fields {
    private Fields() {}

    static Map<String, Object> select(String fields, Map<String, Object> json) {
        Map<String, Set<String>> asked = new LinkedHashMap<>();
        for (String field : fields.split(",", -1)) {
            if (!field.matches("[a-zA-Z0-9]+(/[a-zA-Z0-9]+)?")) {
                throw Refusal.notImplemented("the fields '" + fields + "'");
            }
            int slash = field.indexOf('/');
            Set<String> below =
                    asked.computeIfAbsent(slash < 0 ? field : field.substring(0, slash), name -> new HashSet<>());
            if (slash >= 0) {
                below.add(field.substring(slash + 1));
            }
        }
        Map<String, Object> selected = new LinkedHashMap<>(json);
        selected.keySet().retainAll(asked.keySet());
        selected.replaceAll((name, value) -> value instanceof List<?> items
                ? items.stream()
                        .map(item -> only(asked.getOrDefault(name, Set.of()), item))
                        .toList()
                : value);
        return selected;
    }

    private static Object only(Set<String> names, Object item) {
        if (names.isEmpty() || !(item instanceof Map<?, ?> members)) {
            return item;
        }
        Map<Object, Object> selected = new LinkedHashMap<>(members);
        selected.keySet().retainAll(names);
        return selected;
    }
}
