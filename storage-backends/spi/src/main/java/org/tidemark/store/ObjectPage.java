// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.List;

/**
 * A page of a listing. Immutable.
 *
 * @param objects in byte order of their keys, at most as many as were asked for
 * @param more whether keys follow after the last of {@code objects}
 */
public record ObjectPage(List<ObjectInfo> objects, boolean more) {
    public ObjectPage {
        objects = List.copyOf(objects);
        if (more && objects.isEmpty()) {
            throw new IllegalArgumentException("an empty page cannot be followed by another");
        }
    }

    /** Refuses what {@link ObjectStore#list} does not accept: a limit out of bounds, a prefix that no key can have. */
    public static void checkRequest(String prefix, int limit) {
        if (limit < 1 || limit > ObjectStore.MAX_PAGE) {
            throw new IllegalArgumentException(
                    "not a page limit: " + limit + " (expected 1 to " + ObjectStore.MAX_PAGE + ")");
        }
        if (!ObjectKey.isKey(prefix + "x")) {
            throw new IllegalArgumentException("not the beginning of an object key: '" + prefix + "'");
        }
    }
}
