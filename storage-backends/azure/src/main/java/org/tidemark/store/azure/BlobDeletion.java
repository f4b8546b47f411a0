// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.storage.blob.models.DeleteSnapshotsOptionType;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Deletes objects, each with one request: the service's batches need another library, and permissions that some
 * credentials do not have. Thread-safe.
 */
final class BlobDeletion {
    private static final int MAX_PARALLEL = 8;

    private final AzureContainer container;
    private final AzureRequests requests;
    private final AzureErrors errors;

    BlobDeletion(AzureContainer container, AzureRequests requests, AzureErrors errors) {
        this.container = container;
        this.requests = requests;
        this.errors = errors;
    }

    void delete(Collection<ObjectKey> keys) throws StorageException {
        Set<ObjectKey> distinct = new LinkedHashSet<>(keys);
        runAll(
                distinct.stream()
                        .<Callable<Boolean>>map(key -> () -> delete(key))
                        .toList(),
                errors);
    }

    /** The first failure interrupts the other tasks, and waits for their end. */
    static void runAll(List<Callable<Boolean>> tasks, AzureErrors errors) throws StorageException {
        ExecutorService threads = Executors.newFixedThreadPool(
                MAX_PARALLEL,
                Thread.ofPlatform().daemon().name("azure-delete-", 0).factory());
        try {
            CompletionService<Boolean> ended = new ExecutorCompletionService<>(threads);
            tasks.forEach(ended::submit);
            for (int count = 0; count < tasks.size(); count++) {
                var _ = ended.take().get();
            }
        } catch (InterruptedException e) {
            throw errors.of(Operation.DELETE, "", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw errors.of(Operation.DELETE, "", e.getCause() == null ? e : e.getCause());
        } finally {
            threads.shutdownNow();
            threads.close();
        }
    }

    private boolean delete(ObjectKey key) throws StorageException {
        try {
            requests.send(
                    Operation.DELETE,
                    key.value(),
                    context -> container
                            .blob(key)
                            .deleteWithResponse(DeleteSnapshotsOptionType.INCLUDE, null, null, context)
                            .getStatusCode());
            return true;
        } catch (ObjectMissing e) {
            return false;
        }
    }
}
