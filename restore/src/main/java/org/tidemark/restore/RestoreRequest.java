// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.recoverability.RecoveryRequest;
import org.tidemark.recoverability.TimelineChoice;

/**
 * What an operator asks of a restore. Immutable.
 *
 * @param directory where the data directory is to stand; absolute
 * @param backupId the backup to take; without one, the best for the target is chosen
 * @param action what PostgreSQL does at the target; see {@link #effectiveAction}
 * @param tablespaces where a tablespace is to stand instead of where it stood, by its name, its OID in decimal digits,
 *     or the last part of its old place
 */
public record RestoreRequest(
        Path directory,
        RecoveryTarget target,
        TimelineChoice timeline,
        Optional<String> backupId,
        Optional<Action> action,
        Map<String, Path> tablespaces) {
    public RestoreRequest {
        if (!directory.isAbsolute()) {
            throw new IllegalArgumentException("not an absolute directory: '" + directory + "'");
        }
        directory = directory.normalize();
        tablespaces = Map.copyOf(tablespaces);
    }

    /** Everything that there is, from the best backup, with nothing put elsewhere. */
    public static RestoreRequest of(Path directory, RecoveryTarget target) {
        return new RestoreRequest(
                directory, target, TimelineChoice.LATEST, Optional.empty(), Optional.empty(), Map.of());
    }

    public RestoreRequest withBackup(String id) {
        return new RestoreRequest(directory, target, timeline, Optional.of(id), action, tablespaces);
    }

    public RestoreRequest withTimeline(TimelineChoice choice) {
        return new RestoreRequest(directory, target, choice, backupId, action, tablespaces);
    }

    public RestoreRequest withAction(Action chosen) {
        return new RestoreRequest(directory, target, timeline, backupId, Optional.of(chosen), tablespaces);
    }

    public RestoreRequest withTablespaces(Map<String, Path> places) {
        return new RestoreRequest(directory, target, timeline, backupId, action, places);
    }

    /** What of it decides which backup is taken. */
    RecoveryRequest recovery() {
        return new RecoveryRequest(target, timeline, backupId);
    }

    /** The action asked for, else pause; without a target PostgreSQL looks at none, and promotes. */
    public Action effectiveAction() {
        return target instanceof RecoveryTarget.Latest ? Action.PROMOTE : action.orElse(Action.PAUSE);
    }
}
