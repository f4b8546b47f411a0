// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.util.Optional;
import org.tidemark.retention.Expirer.Progress;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.StorageException.StorageDenied;

/** How much a run removed, and what it could not. Thread-safe. */
final class RemovalTotals {
    private final Progress progress;
    private long objects;
    private long bytes;
    private long refused;
    private Optional<String> refusal = Optional.empty();

    RemovalTotals(Progress progress) {
        this.progress = progress;
    }

    synchronized void removed(ObjectInfo object) {
        objects++;
        bytes += object.sizeBytes();
    }

    /** Counts an object that was not asked for, since many before it were refused. */
    synchronized void refused() {
        refused++;
    }

    /** Counts an object that the store refused to delete. */
    synchronized void refused(StorageDenied denied) {
        refused++;
        refusal = refusal.or(() -> Optional.of(denied.getMessage()));
    }

    /** Tells the progress. */
    synchronized void report() {
        progress.removed(objects, bytes);
    }

    synchronized long objects() {
        return objects;
    }

    synchronized long bytes() {
        return bytes;
    }

    /** How many objects the store refused to delete. */
    synchronized long allRefused() {
        return refused;
    }

    /** What it said of the first of them. */
    synchronized Optional<String> refusal() {
        return refusal;
    }
}
