// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobGetOption;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Looks up objects. Thread-safe. */
final class GcsLookup {
    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsErrors errors;
    private final GcsBucket bucket;
    private final Optional<GcsPast> past;

    GcsLookup(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsBucket bucket) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.bucket = bucket;
        this.past = config.asOf().map(moment -> new GcsPast(config, moment, client, requests, bucket));
    }

    /**
     * One generation of an object.
     *
     * @param crc32c of all its bytes in base64; empty where the service does not tell, as with a customer's key
     */
    record Found(ObjectInfo info, long generation, Optional<String> crc32c) {}

    /** Empty if the bucket exists and the object does not. */
    Optional<Found> find(Operation operation, ObjectKey key) throws StorageException {
        if (past.isPresent()) {
            Optional<Blob> then = past.get().find(operation, key);
            return then.isPresent() ? Optional.of(found(operation, key, then.get())) : Optional.empty();
        }
        // The library returns null for a 404.
        Optional<Blob> blob = requests.send(
                operation,
                key.value(),
                () -> Optional.ofNullable(client.storage().get(config.address().bucket(), key.value(), options())));
        if (blob.isEmpty()) {
            bucket.requireExists(Operation.LOOK_UP, key.value());
            return Optional.empty();
        }
        bucket.seen();
        return Optional.of(found(operation, key, blob.get()));
    }

    private Found found(Operation operation, ObjectKey key, Blob blob) throws StorageException {
        Long size = blob.getSize();
        Long generation = blob.getGeneration();
        OffsetDateTime stored = blob.getCreateTimeOffsetDateTime();
        if (size == null || generation == null || stored == null) {
            throw errors.unavailable(operation, key.value(), "the answer has no size, time or generation");
        }
        @Nullable String crc32c = blob.getCrc32c();
        return new Found(new ObjectInfo(key, size, stored.toInstant()), generation, Optional.ofNullable(crc32c));
    }

    private BlobGetOption[] options() {
        List<BlobGetOption> options = new ArrayList<>(List.of(BlobGetOption.fields(
                BlobField.NAME, BlobField.SIZE, BlobField.GENERATION, BlobField.TIME_CREATED, BlobField.CRC32C)));
        config.userProject().map(BlobGetOption::userProject).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(key -> BlobGetOption.decryptionKey(key.base64()))
                .ifPresent(options::add);
        return options.toArray(BlobGetOption[]::new);
    }
}
