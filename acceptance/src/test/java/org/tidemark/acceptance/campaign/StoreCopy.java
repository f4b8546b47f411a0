// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.campaign;

import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/** Puts every object of a store into another one. */
final class StoreCopy {
    private StoreCopy() {}

    static void copy(ObjectStore from, ObjectStore to) throws IOException {
        Optional<ObjectKey> after = Optional.empty();
        boolean more = true;
        while (more) {
            ObjectPage page = from.list("", after, ObjectStore.MAX_PAGE);
            for (ObjectInfo object : page.objects()) {
                try (InputStream content = from.open(object.key(), ByteRange.ALL)) {
                    to.putIfAbsent(object.key(), ObjectSource.of(content.readAllBytes()));
                }
                after = Optional.of(object.key());
            }
            more = page.more();
        }
    }
}
