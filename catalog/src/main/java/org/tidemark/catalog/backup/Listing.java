// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/** Walks over all objects below a prefix, a page at a time. */
public final class Listing {
    /** Takes one object. */
    public interface Visitor {
        void visit(ObjectInfo object) throws IOException;
    }

    private Listing() {}

    /**
     * Visits the objects in byte order of their keys.
     *
     * @param prefix ends with a slash, or is empty
     */
    public static void visit(ObjectStore store, String prefix, Visitor visitor) throws IOException {
        Optional<ObjectKey> after = Optional.empty();
        boolean more = true;
        while (more) {
            ObjectPage page = store.list(prefix, after, ObjectStore.MAX_PAGE);
            for (ObjectInfo object : page.objects()) {
                visitor.visit(object);
                after = Optional.of(object.key());
            }
            more = page.more();
        }
    }
}
