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
}
