// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelinePath;

/**
 * Where the WAL of a timeline path passes a target time or position: there PostgreSQL ends the recovery. Immutable.
 *
 * @param timeline on which the path ends
 * @param segment the first segment, counted from 0/0, with a transaction that ended later, or in which a record ends
 *     that begins at the position or after it; empty if none was found
 * @param last for a time, when the last archived transaction ended; empty if none was found
 * @param isComplete whether the WAL was searched to its end
 */
public record PassedTarget(Timeline timeline, OptionalLong segment, Optional<Instant> last, boolean isComplete)
        implements SearchedWal {
    @Override
    public OptionalLong end(BackupCandidate backup, TimelinePath path) {
        return isOn(path) ? segment : OptionalLong.empty();
    }

    /** Whether it is this path that was searched. */
    boolean isOn(TimelinePath path) {
        return timeline.equals(path.timeline());
    }
}
