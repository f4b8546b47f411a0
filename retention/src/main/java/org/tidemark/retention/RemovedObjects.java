// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Deletes objects a batch at a time, and counts them. The right to delete was proven before, so an object that the
 * store refuses to delete is protected, by a lock or a legal hold: it stays, and the others go. Not thread-safe.
 */
final class RemovedObjects {
    /** What S3 takes in one request. */
    private static final int BATCH = 1_000;

    /** So many refusals in a row are asked for in one batch; what follows in it is taken for protected as well. */
    private static final int MOST_REFUSALS = 20;

    private final ObjectStore store;
    private final RemovalTotals totals;
    private final List<ObjectInfo> batch = new ArrayList<>();
    private boolean hasRefused;

    /** @param totals of this thread and all others */
    RemovedObjects(ObjectStore store, RemovalTotals totals) {
        this.store = store;
        this.totals = totals;
    }

    /** Deletes an object, now or with those that follow. */
    void add(ObjectInfo object) throws IOException {
        batch.add(object);
        if (batch.size() == BATCH) {
            flush();
        }
    }

    /** Returns when everything that was added is deleted, or refused. */
    void flush() throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw new UserFacingException(
                    ExitCode.INTERRUPTED, "the removal was stopped", "Run it again: it goes on where it stopped.");
        }
        if (batch.isEmpty()) {
            return;
        }
        List<ObjectInfo> all = List.copyOf(batch);
        batch.clear();
        try {
            store.delete(all.stream().map(ObjectInfo::key).toList());
            all.forEach(totals::removed);
        } catch (StorageDenied e) {
            deleteEach(all);
        }
        totals.report();
    }

    private void deleteEach(List<ObjectInfo> all) throws IOException {
        int inARow = 0;
        for (ObjectInfo object : all) {
            if (inARow == MOST_REFUSALS) {
                totals.refused();
            } else if (delete(object.key())) {
                totals.removed(object);
                inARow = 0;
            } else {
                inARow++;
            }
        }
    }

    /** Whether the store deleted it. */
    private boolean delete(ObjectKey key) throws IOException {
        try {
            store.delete(List.of(key));
            return true;
        } catch (StorageDenied e) {
            hasRefused = true;
            totals.refused(e);
            return false;
        }
    }

    /** Whether the store refused to delete an object. */
    boolean hasRefused() {
        return hasRefused;
    }
}
