// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.verify;

import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.verify.ObjectFinding;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.recoverability.LostInterval;

/**
 * Moments that cannot be reached with one repository, because something in it is damaged or missing. Immutable.
 *
 * @param causes the damaged and missing objects
 * @param holes the missing WAL that was asked for
 * @param isReachedTogether whether all repositories of the cluster together still reach them
 * @param reachedBy the names of the repositories that do so alone
 * @param advice how to copy from one of these
 */
public record Loss(
        IncarnationKeys incarnation,
        LostInterval interval,
        List<ObjectFinding> causes,
        List<WalHole> holes,
        boolean isReachedTogether,
        List<String> reachedBy,
        Optional<String> advice) {
    /** Of each incarnation, so many are told with their times; of the others, only the number. */
    public static final int MAX_TOLD = 100;

    public Loss {
        causes = List.copyOf(causes);
        holes = List.copyOf(holes);
        reachedBy = List.copyOf(reachedBy);
    }
}
