// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;
import org.tidemark.postgres.wal.change.EndOfTransaction;

/**
 * What the WAL of a timeline path says of the transaction that is a target: PostgreSQL ends the recovery at its end.
 * Immutable.
 *
 * @param timeline on which the path ends
 * @param end the first end of this transaction, or of the one that it is a part of; empty if none was found
 * @param isComplete whether the WAL was searched to the end of what is archived, without a hole
 */
public record FoundTransaction(Timeline timeline, Optional<EndOfTransaction> end, boolean isComplete)
        implements SearchedWal {
    @Override
    public OptionalLong end(BackupCandidate backup, TimelinePath path) {
        return (isOn(path) ? end : Optional.<EndOfTransaction>empty())
                .stream()
                        .filter(each -> each.parent().isEmpty())
                        .mapToLong(each ->
                                path.size().segmentNumber(new Lsn(each.end().value() - 1)))
                        .findFirst();
    }

    /** Whether it is this path that was searched. */
    boolean isOn(TimelinePath path) {
        return timeline.equals(path.timeline());
    }
}
