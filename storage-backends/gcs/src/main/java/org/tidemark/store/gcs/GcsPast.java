// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.Storage.BlobField;
import com.google.cloud.storage.Storage.BlobListOption;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * The objects of a bucket with versions as they were at a moment: each generation has the times at which it was created
 * and replaced or deleted, by the clock of the service. Thread-safe.
 */
record GcsPast(GcsConfig config, Instant moment, GcsClient client, GcsRequests requests, GcsBucket bucket) {
    /** Whether a generation was the live one at the moment. */
    static boolean wasLive(Blob generation, Instant moment) {
        OffsetDateTime created = generation.getCreateTimeOffsetDateTime();
        OffsetDateTime deleted = generation.getDeleteTimeOffsetDateTime();
        return created != null
                && !created.toInstant().isAfter(moment)
                && (deleted == null || deleted.toInstant().isAfter(moment));
    }

    /** Empty if the bucket exists, and the object did not exist at the moment. */
    Optional<Blob> find(Operation operation, ObjectKey key) throws StorageException {
        bucket.requireVersions(operation);
        List<BlobListOption> options = new ArrayList<>(List.of(
                BlobListOption.versions(true),
                BlobListOption.prefix(key.value()),
                BlobListOption.fields(
                        BlobField.NAME,
                        BlobField.SIZE,
                        BlobField.GENERATION,
                        BlobField.TIME_CREATED,
                        BlobField.TIME_DELETED,
                        BlobField.CRC32C)));
        config.userProject().map(BlobListOption::userProject).ifPresent(options::add);
        Optional<Blob> found = requests.send(
                operation,
                key.value(),
                () -> client.storage()
                        .list(config.address().bucket(), options.toArray(BlobListOption[]::new))
                        .streamAll()
                        .takeWhile(generation -> generation.getName().equals(key.value()))
                        .filter(generation -> wasLive(generation, moment))
                        .findFirst());
        bucket.seen();
        return found;
    }
}
