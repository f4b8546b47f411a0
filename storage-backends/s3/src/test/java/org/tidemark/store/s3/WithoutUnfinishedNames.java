// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;

/**
 * S3Proxy writes an object beside its place, as a file with the object's name, a hyphen and a UUID, and its listings
 * show that file. Here they do not; what the store sends and believes is the same.
 */
final class WithoutUnfinishedNames extends DelegatingStore {
    private static final Pattern UNFINISHED = Pattern.compile(".*-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    WithoutUnfinishedNames(ObjectStore store) {
        super(store);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        Optional<ObjectKey> last = after;
        while (true) {
            ObjectPage page = super.list(prefix, last, limit);
            List<ObjectInfo> finished = page.objects().stream()
                    .filter(info -> !UNFINISHED.matcher(info.key().value()).matches())
                    .toList();
            if (!finished.isEmpty() || !page.more()) {
                return new ObjectPage(finished, page.more());
            }
            last = Optional.of(page.objects().getLast().key());
        }
    }
}
