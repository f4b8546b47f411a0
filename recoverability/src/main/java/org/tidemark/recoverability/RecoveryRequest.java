// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.Optional;
import org.tidemark.core.RecoveryTarget;

/**
 * What a recovery is to reach. Immutable.
 *
 * @param backupId the backup to begin with; without one, the best for the target is chosen
 */
public record RecoveryRequest(RecoveryTarget target, TimelineChoice timeline, Optional<String> backupId) {
    /** The end of the archived WAL, from the best backup. */
    public static final RecoveryRequest LATEST =
            new RecoveryRequest(new RecoveryTarget.Latest(), TimelineChoice.LATEST, Optional.empty());
}
