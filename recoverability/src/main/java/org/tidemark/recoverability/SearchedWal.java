// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.OptionalLong;
import org.tidemark.core.TimelinePath;

/** What the archived WAL of a timeline path says of a recovery target, as far as it was read. Immutable. */
public sealed interface SearchedWal permits RestorePoints, PassedTarget, FoundTransaction {
    /**
     * The segment, counted from 0/0, with the record at which a recovery from the backup ends. Empty if no such record
     * was found on this path.
     */
    OptionalLong end(BackupCandidate backup, TimelinePath path);
}
