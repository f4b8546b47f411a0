// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.wal.RestorePoint;

/** The backup and the WAL with which a recovery reaches its target, wherever the cluster will stand. Immutable. */
public sealed interface RecoveryPlan {
    List<PlanFinding> findings();

    /** Why the target cannot be reached. */
    default List<PlanFinding> problems() {
        return findings().stream().filter(PlanFinding::isProblem).toList();
    }

    /** No backup leads to the target; the findings say why, and what is possible. */
    record NothingFits(List<PlanFinding> findings) implements RecoveryPlan {
        public NothingFits {
            findings = List.copyOf(findings);
        }
    }

    /**
     * A backup, and the WAL that leads from it to the target.
     *
     * @param reason why this backup, for people
     * @param timeline on which the recovery ends
     * @param wal what PostgreSQL will ask for, in order
     * @param archived all WAL of the path from the backup on
     * @param restorePoint where the recovery ends; empty if no restore point is the target, or the WAL was not read
     * @param isEndKnown whether the WAL was read, and has the record at which the recovery ends
     */
    record Chosen(
            BackupCandidate backup,
            String reason,
            Timeline timeline,
            RequiredWal wal,
            RequiredWal archived,
            Optional<RestorePoint> restorePoint,
            boolean isEndKnown,
            List<PlanFinding> findings)
            implements RecoveryPlan {
        public Chosen {
            findings = List.copyOf(findings);
        }

        /** The same plan, with these findings first. */
        Chosen after(List<PlanFinding> first) {
            List<PlanFinding> all = new ArrayList<>(first);
            all.addAll(findings);
            return new Chosen(backup, reason, timeline, wal, archived, restorePoint, isEndKnown, all);
        }
    }
}
