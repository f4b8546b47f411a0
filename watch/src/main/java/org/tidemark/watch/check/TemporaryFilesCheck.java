// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.UnfinishedUploads;

/** Temporary files that killed pushes and backups have left in a store: they take room, and no listing shows them. */
final class TemporaryFilesCheck implements Check<CheckedRepository> {
    /** A running writer changes its temporary file more often than this. */
    private static final Duration ABANDONED = Duration.ofDays(1);

    @Override
    public Subject subject() {
        return Subject.TEMPORARY_FILES;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        Optional<UnfinishedUploads> uploads = at.repository().store().unfinishedUploads();
        if (uploads.isEmpty()) {
            return List.of();
        }
        int found;
        try {
            found = uploads.get()
                    .begunBefore("", at.clock().instant().minus(ABANDONED), ObjectStore.MAX_PAGE)
                    .size();
        } catch (StorageDenied e) {
            return List.of(); // init --test reports a missing right to list them
        }
        return found == 0
                ? List.of()
                : at.findings(subject()
                        .warning(
                                "'" + at.name() + "' holds "
                                        + Amounts.count(found, "temporary file", "temporary files")
                                        + " older than a day, of writers that were killed",
                                "Remove them with the store's own tools: their file names begin with a dot, such as"
                                        + " .tmp-. No backup needs them.")
                        .with(Measure.COUNT, found));
    }
}
