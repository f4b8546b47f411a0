// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;

/** The objects below a prefix in byte order, one after the other, a page in memory. Not thread-safe. */
final class KeyCursor {
    private final ObjectStore store;
    private final String prefix;
    private Iterator<ObjectInfo> page = List.<ObjectInfo>of().iterator();
    private Optional<ObjectKey> last = Optional.empty();
    private boolean more = true;
    private @Nullable ObjectInfo next;

    KeyCursor(ObjectStore store, String prefix) {
        this.store = store;
        this.prefix = prefix;
    }

    /** The next object, which stays the next one; null after the last. */
    @Nullable
    ObjectInfo peek() throws IOException {
        while (next == null && (page.hasNext() || more)) {
            if (page.hasNext()) {
                next = page.next();
                last = Optional.of(next.key());
            } else {
                ObjectPage read = store.list(prefix, last, ObjectStore.MAX_PAGE);
                page = read.objects().iterator();
                more = read.more();
            }
        }
        return next;
    }

    void advance() {
        next = null;
    }

    /** Goes on to {@code key}, and says whether there is such an object; keys are asked for in rising order. */
    boolean reaches(ObjectKey key) throws IOException {
        ObjectInfo here = peek();
        while (here != null && here.key().compareTo(key) < 0) {
            advance();
            here = peek();
        }
        return here != null && here.key().equals(key);
    }

    /** What {@link #reaches} found. */
    ObjectInfo current() {
        return Objects.requireNonNull(next, "nothing was reached");
    }
}
