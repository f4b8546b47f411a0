// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.core.Timeline;

/** Why no recovery can begin with a backup, although it is published. Immutable. */
public sealed interface BackupProblem {
    /**
     * Every copy is damaged.
     *
     * @param copies at least one
     */
    record Damaged(List<BackupCandidate.Copy> copies) implements BackupProblem {
        public Damaged {
            copies = List.copyOf(copies);
        }

        /** The objects that the first copy lacks, by a listing. */
        public Optional<BackupObjects.Lacking> lacking() {
            return copies.getFirst().lacking();
        }

        /** What verify found in the first copy. */
        public Optional<Mark.Verified> found() {
            return copies.getFirst().damage();
        }
    }

    /** The history of its timeline is archived nowhere, or can be read nowhere: its path is unknown. */
    record NoHistory(Timeline timeline) implements BackupProblem {}

    /**
     * WAL is missing without which the backup is not consistent.
     *
     * @param problem what is missing, for people
     */
    record MissingWal(String problem) implements BackupProblem {}
}
