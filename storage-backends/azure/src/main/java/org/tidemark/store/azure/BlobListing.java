// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.http.rest.PagedResponse;
import com.azure.storage.blob.models.BlobItem;
import com.azure.storage.blob.models.BlobItemProperties;
import com.azure.storage.blob.models.ListBlobsOptions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * Lists a container. The service is asked to begin at a key; one that does not know that begins with the first, and
 * what comes before is left out here. Thread-safe.
 */
final class BlobListing {
    /** The service's own limit of a page. */
    private static final int MOST_ITEMS = 5_000;

    private final Container container;
    private final Requests requests;

    BlobListing(Container container, Requests requests) {
        this.container = container;
        this.requests = requests;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        String behind = after.map(ObjectKey::value).orElse("");
        boolean within = behind.startsWith(prefix);
        if (!within && behind.compareTo(prefix) > 0) {
            return new ObjectPage(List.of(), false);
        }
        List<ObjectInfo> found = new ArrayList<>();
        String marker = null;
        // The key itself comes first, and one more than is wanted tells whether there are more.
        int ask = limit + 2;
        do {
            PagedResponse<BlobItem> items = ask(prefix, within ? behind : "", ask, marker);
            for (BlobItem item : items.getValue()) {
                if (item.getName().compareTo(behind) > 0 && ObjectKey.isKey(item.getName())) {
                    if (found.size() == limit) {
                        return new ObjectPage(found, true);
                    }
                    found.add(info(item));
                }
            }
            marker = items.getContinuationToken();
            // A page can be short, or hold nothing of ours: the rest is fetched by the largest ones.
            ask = MOST_ITEMS;
        } while (marker != null && !marker.isEmpty());
        return new ObjectPage(found, false);
    }

    private PagedResponse<BlobItem> ask(String prefix, String from, int most, @Nullable String marker)
            throws StorageException {
        ListBlobsOptions options = new ListBlobsOptions()
                .setPrefix(prefix.isEmpty() ? null : prefix)
                .setStartFrom(from.isEmpty() ? null : from)
                .setMaxResultsPerPage(most);
        return requests.send(Operation.LIST, prefix, context -> {
            Iterator<PagedResponse<BlobItem>> pages = container
                    .client()
                    .listBlobs(options, marker, null)
                    .iterableByPage()
                    .iterator();
            return pages.next();
        });
    }

    private static ObjectInfo info(BlobItem item) {
        BlobItemProperties properties = item.getProperties();
        return new ObjectInfo(
                new ObjectKey(item.getName()),
                properties.getContentLength(),
                properties.getLastModified().toInstant());
    }
}
