// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.BaseServiceException;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BucketSourceOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * Whether there is a bucket at all: the service says "not found" of an object in one that does not exist in the same
 * way, and a store whose name is misspelt must not pass for an empty one. Thread-safe.
 */
final class Bucket {
    /** A bucket that was there is not asked for again so soon: who waits for WAL asks often. */
    private static final Duration KNOWN_FOR = Duration.ofMinutes(1);

    private final GcsConfig config;
    private final Client client;
    private final Requests requests;
    private final AtomicReference<Optional<Long>> seenNanos = new AtomicReference<>(Optional.empty());

    Bucket(GcsConfig config, Client client, Requests requests) {
        this.config = config;
        this.client = client;
        this.requests = requests;
    }

    /** The service answered for an object in it. */
    void seen() {
        seenNanos.set(Optional.of(System.nanoTime()));
    }

    /** Throws if there is no bucket, or that could not be told. */
    void requireThere(Operation operation, String key) throws StorageException {
        Optional<Long> last = seenNanos.get();
        if (last.isPresent() && System.nanoTime() - last.get() < KNOWN_FOR.toNanos()) {
            return;
        }
        requests.send(operation, key, () -> {
            Storage storage = client.storage();
            try {
                storage.list(config.address().bucket(), listing());
            } catch (BaseServiceException e) {
                if (!GcsErrors.lacksRight(e)) {
                    throw e;
                }
                // This may be asked by everybody.
                storage.testIamPermissions(config.address().bucket(), List.of("storage.objects.get"), asking());
            }
            return true;
        });
        seen();
    }

    private BlobListOption[] listing() {
        List<BlobListOption> options = new ArrayList<>(List.of(BlobListOption.pageSize(1)));
        config.userProject().map(BlobListOption::userProject).ifPresent(options::add);
        return options.toArray(BlobListOption[]::new);
    }

    private BucketSourceOption[] asking() {
        return config.userProject().map(BucketSourceOption::userProject).stream()
                .toArray(BucketSourceOption[]::new);
    }
}
