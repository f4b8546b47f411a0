// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.BaseServiceException;
import com.google.cloud.storage.Bucket;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BucketField;
import com.google.cloud.storage.Storage.BucketGetOption;
import com.google.cloud.storage.Storage.BucketSourceOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Checks that the bucket exists: the service gives the same answer for a missing object and a missing bucket, and a
 * misspelt bucket must not count as an empty store. Thread-safe.
 */
final class GcsBucket {
    /** The check of an existing bucket is repeated only after this time, because recovery looks up WAL often. */
    private static final Duration KNOWN_FOR = Duration.ofMinutes(1);

    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final AtomicBoolean isVersioned = new AtomicBoolean();
    private final AtomicReference<Optional<Long>> seenNanos = new AtomicReference<>(Optional.empty());

    GcsBucket(GcsConfig config, GcsClient client, GcsRequests requests) {
        this.config = config;
        this.client = client;
        this.requests = requests;
    }

    /** Notes that the service has answered for an object of the bucket. */
    void seen() {
        seenNanos.set(Optional.of(System.nanoTime()));
    }

    /** Throws if the bucket does not exist, or if that is unknown. */
    void requireExists(Operation operation, String key) throws StorageException {
        Optional<Long> last = seenNanos.get();
        if (last.isPresent() && System.nanoTime() - last.get() < KNOWN_FOR.toNanos()) {
            return;
        }
        requests.send(operation, key, () -> {
            Storage storage = client.storage();
            try {
                storage.list(config.address().bucket(), listOptions());
            } catch (BaseServiceException e) {
                if (!GcsErrors.lacksRight(e)) {
                    throw e;
                }
                // This request needs no permission.
                storage.testIamPermissions(config.address().bucket(), List.of("storage.objects.get"), sourceOptions());
            }
            return true;
        });
        seen();
    }

    /**
     * Throws if the bucket is known to keep no versions, once in each process: what was deleted or replaced in it looks
     * as if it had never been there. Most roles may not ask.
     */
    void requireVersions(Operation operation) throws StorageException {
        if (isVersioned.get()) {
            return;
        }
        boolean lacksVersions = false;
        try {
            Bucket found = requests.send(
                    operation,
                    "",
                    () -> client.storage()
                            .get(config.address().bucket(), BucketGetOption.fields(BucketField.VERSIONING)));
            lacksVersions = found != null && !Boolean.TRUE.equals(found.versioningEnabled());
        } catch (StorageDenied e) {
            // It is not known.
        }
        if (lacksVersions) {
            throw new StorageDenied(
                    config.address().description() + " keeps no versions, so the past cannot be read: what was deleted"
                            + " or replaced is gone",
                    "Remove the option as-of of this repository.",
                    null);
        }
        isVersioned.set(true);
    }

    private BlobListOption[] listOptions() {
        List<BlobListOption> options = new ArrayList<>(List.of(BlobListOption.pageSize(1)));
        config.userProject().map(BlobListOption::userProject).ifPresent(options::add);
        return options.toArray(BlobListOption[]::new);
    }

    private BucketSourceOption[] sourceOptions() {
        return config.userProject().map(BucketSourceOption::userProject).stream()
                .toArray(BucketSourceOption[]::new);
    }
}
