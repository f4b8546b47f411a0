// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.StorageBatch;
import com.google.cloud.storage.StorageBatchResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/** Deletes objects, many with one request that has an answer for each object. Thread-safe. */
final class GcsDeletion {
    /** Google's maximum size of a batch. */
    private static final int MAX_CALLS = 100;

    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsErrors errors;
    private final GcsBucket bucket;

    GcsDeletion(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsBucket bucket) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.bucket = bucket;
    }

    void remove(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> left = new ArrayList<>(new LinkedHashSet<>(keys));
        boolean allThere = true;
        for (int begin = 0; begin < left.size(); begin += MAX_CALLS) {
            List<ObjectKey> some = left.subList(begin, Math.min(begin + MAX_CALLS, left.size()));
            allThere &= removeUpToAHundred(some);
        }
        // A missing object is fine, but a missing bucket is an error.
        if (!allThere) {
            bucket.requireExists(Operation.DELETE, "");
        }
    }

    private boolean removeUpToAHundred(List<ObjectKey> keys) throws StorageException {
        if (keys.size() > 1) {
            try {
                return removeSome(keys);
            } catch (StorageDenied e) {
                // The library reports 401 for a batch in which one call got 403, so each object is deleted alone.
            }
        }
        boolean allThere = true;
        for (ObjectKey key : keys) {
            allThere &= removeOne(key);
        }
        return allThere;
    }

    private boolean removeOne(ObjectKey key) throws StorageException {
        return requests.send(
                Operation.DELETE, key.value(), () -> client.storage().delete(id(key), options()));
    }

    private boolean removeSome(List<ObjectKey> keys) throws StorageException {
        Map<ObjectKey, StorageBatchResult<Boolean>> answers = requests.send(Operation.DELETE, "", () -> {
            Storage storage = client.storage();
            StorageBatch batch = storage.batch();
            Map<ObjectKey, StorageBatchResult<Boolean>> results = new LinkedHashMap<>();
            for (ObjectKey key : keys) {
                results.put(key, batch.delete(id(key), options()));
            }
            batch.submit();
            return results;
        });
        boolean allThere = true;
        for (Map.Entry<ObjectKey, StorageBatchResult<Boolean>> answer : answers.entrySet()) {
            allThere &= wasThere(answer.getKey(), answer.getValue());
        }
        return allThere;
    }

    private boolean wasThere(ObjectKey key, StorageBatchResult<Boolean> answer) throws StorageException {
        if (!answer.completed()) {
            throw errors.unavailable(
                    Operation.DELETE, key.value(), "the answer to the batch does not mention this object");
        }
        try {
            return answer.get();
        } catch (RuntimeException e) {
            throw errors.of(Operation.DELETE, key.value(), e);
        }
    }

    private BlobId id(ObjectKey key) {
        return BlobId.of(config.address().bucket(), key.value());
    }

    private BlobSourceOption[] options() {
        return config.userProject().map(BlobSourceOption::userProject).stream().toArray(BlobSourceOption[]::new);
    }
}
