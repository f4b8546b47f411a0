// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.request;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;

/**
 * The repositories in which a backup is complete, and those in which it is not. Immutable.
 *
 * @param published at most one repository for each encryption; empty if all failed
 * @param unfinished all other repositories, in their order
 */
public record BackupResult(List<Published> published, List<Unfinished> unfinished) {
    public BackupResult {
        published = List.copyOf(published);
        unfinished = List.copyOf(unfinished);
    }

    /** A repository that has the backup. */
    public record Published(BackupTarget target, BaseBackup backup) {}

    /**
     * A repository that has not got the backup, though perhaps many of its objects: those with the encryption of a
     * repository that has it are the same ones.
     *
     * @param id of the backup whose objects it has; empty if it failed before the first one
     * @param failure an IOException of the store or a UserFacingException; empty if nothing failed, or if it was only
     *     so slow that the others did not wait for it
     */
    public record Unfinished(BackupTarget target, Optional<BackupId> id, Optional<Exception> failure) {}

    /**
     * The backup in the first repository that has it.
     *
     * @throws IOException the failure of the first repository, or a RuntimeException, if none has it
     */
    public BaseBackup first() throws IOException {
        if (!published.isEmpty()) {
            return published.getFirst().backup();
        }
        for (Unfinished each : unfinished) {
            if (each.failure().orElse(null) instanceof IOException failure) {
                throw failure;
            }
            if (each.failure().orElse(null) instanceof RuntimeException failure) {
                throw failure;
            }
        }
        throw new IllegalStateException("a backup failed without a reason: " + unfinished);
    }
}
