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
 * Lists a container from a key on. An older service ignores the start and lists from the first key; this class then
 * leaves out the earlier keys. Thread-safe.
 */
final class BlobListing {
    /** The service's maximum size of a page. */
    private static final int MAX_ITEMS = 5_000;

    private final AzureContainer container;
    private final AzureRequests requests;

    BlobListing(AzureContainer container, AzureRequests requests) {
        this.container = container;
        this.requests = requests;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        String last = after.map(ObjectKey::value).orElse("");
        boolean within = last.startsWith(prefix);
        if (!within && last.compareTo(prefix) > 0) {
            return new ObjectPage(List.of(), false);
        }
        List<ObjectInfo> found = new ArrayList<>();
        String marker = null;
        // The start key comes first, and one extra key shows whether more follow.
        int ask = limit + 2;
        do {
            PagedResponse<BlobItem> items = ask(prefix, within ? last : "", ask, marker);
            for (BlobItem item : items.getValue()) {
                if (item.getName().compareTo(last) > 0 && ObjectKey.isKey(item.getName())) {
                    if (found.size() == limit) {
                        return new ObjectPage(found, true);
                    }
                    found.add(info(item));
                }
            }
            marker = items.getContinuationToken();
            // A page can be short, or have no keys; the following pages have the maximum size.
            ask = MAX_ITEMS;
        } while (marker != null && !marker.isEmpty());
        return new ObjectPage(found, false);
    }

    private PagedResponse<BlobItem> ask(String prefix, String from, int maxItems, @Nullable String marker)
            throws StorageException {
        ListBlobsOptions options = new ListBlobsOptions()
                .setPrefix(prefix.isEmpty() ? null : prefix)
                .setStartFrom(from.isEmpty() ? null : from)
                .setMaxResultsPerPage(maxItems);
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
