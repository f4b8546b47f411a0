// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.util.List;

/**
 * A page of a listing. Immutable.
 *
 * @param objects in byte order of their keys, at most as many as the caller's limit
 * @param more whether the store has more keys after the last of {@code objects}
 */
public record ObjectPage(List<ObjectInfo> objects, boolean more) {
    public ObjectPage {
        objects = List.copyOf(objects);
        if (more && objects.isEmpty()) {
            throw new IllegalArgumentException("an empty page cannot be followed by another");
        }
    }

    /** Rejects arguments that {@link ObjectStore#list} does not accept: an invalid limit or an invalid prefix. */
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
