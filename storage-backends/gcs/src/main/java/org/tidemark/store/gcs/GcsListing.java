// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.api.gax.paging.Page;
import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobListOption;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Lists a bucket, in Google's byte order of names. Thread-safe. */
final class GcsListing {
    /** The service's maximum size of a page. */
    private static final int MAX_ITEMS = 1_000;

    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsErrors errors;
    private final GcsBucket bucket;

    GcsListing(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsBucket bucket) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.bucket = bucket;
    }

    ObjectPage page(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        String last = after.map(ObjectKey::value).orElse("");
        List<ObjectInfo> found = new ArrayList<>();
        String token = "";
        // The start key comes first, and one extra key shows whether more follow.
        int ask = Math.min(limit + 2, MAX_ITEMS);
        do {
            Page<Blob> items = ask(prefix, last, ask, token);
            for (Blob item : items.getValues()) {
                // Names that cannot be keys are left out.
                boolean isNew =
                        found.isEmpty() || !found.getLast().key().value().equals(item.getName());
                if (item.getName().compareTo(last) > 0 && ObjectKey.isKey(item.getName()) && isThere(item) && isNew) {
                    if (found.size() == limit) {
                        return new ObjectPage(found, true);
                    }
                    found.add(info(item));
                }
            }
            @Nullable String next = items.getNextPageToken();
            token = next == null ? "" : next;
            // A page can be short, or have no keys; the following pages have the maximum size.
            ask = MAX_ITEMS;
        } while (!token.isEmpty());
        return new ObjectPage(found, false);
    }

    private boolean isThere(Blob item) {
        return config.asOf().isEmpty() || GcsPast.wasLive(item, config.asOf().get());
    }

    private Page<Blob> ask(String prefix, String from, int maxItems, String token) throws StorageException {
        List<BlobListOption> options = new ArrayList<>(List.of(
                BlobListOption.pageSize(maxItems),
                BlobListOption.fields(BlobField.NAME, BlobField.SIZE, BlobField.TIME_CREATED, BlobField.TIME_DELETED)));
        if (config.asOf().isPresent()) {
            bucket.requireVersions(Operation.LIST);
            options.add(BlobListOption.versions(true));
        }
        if (!prefix.isEmpty()) {
            options.add(BlobListOption.prefix(prefix));
        }
        if (!from.isEmpty()) {
            options.add(BlobListOption.startOffset(from));
        }
        if (!token.isEmpty()) {
            options.add(BlobListOption.pageToken(token));
        }
        config.userProject().map(BlobListOption::userProject).ifPresent(options::add);
        Page<Blob> page = requests.send(
                Operation.LIST,
                prefix,
                () -> client.storage().list(config.address().bucket(), options.toArray(BlobListOption[]::new)));
        bucket.seen();
        return page;
    }

    private ObjectInfo info(Blob item) throws StorageException {
        Long size = item.getSize();
        OffsetDateTime stored = item.getCreateTimeOffsetDateTime();
        if (size == null || stored == null) {
            throw errors.unavailable(
                    Operation.LIST, item.getName(), "the listing shows no size or no time of this object");
        }
        return new ObjectInfo(new ObjectKey(item.getName()), size, stored.toInstant());
    }
}
