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
 * @param tablespaces where a tablespace is to stand instead of where it stood, by its name, its OID in decimal digits,
 *     or the last part of its old place
 */
public record RestoreRequest(
        Path directory, Role role, TimelineChoice timeline, Optional<String> backupId, Map<String, Path> tablespaces) {
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
                directory,
                new Role.Recovery(target, Optional.empty()),
                TimelineChoice.LATEST,
                Optional.empty(),
                Map.of());
    }

    public RestoreRequest withBackup(String id) {
        return new RestoreRequest(directory, role, timeline, Optional.of(id), tablespaces);
    }

    public RestoreRequest withTimeline(TimelineChoice choice) {
        return new RestoreRequest(directory, role, choice, backupId, tablespaces);
    }

    public RestoreRequest withAction(Action chosen) {
        return withRole(new Role.Recovery(target(), Optional.of(chosen)));
    }

    public RestoreRequest withRole(Role of) {
        return new RestoreRequest(directory, of, timeline, backupId, tablespaces);
    }

    public RestoreRequest withTablespaces(Map<String, Path> places) {
        return new RestoreRequest(directory, role, timeline, backupId, places);
    }

    /** What of it decides which backup is taken. */
    RecoveryRequest recovery() {
        return new RecoveryRequest(target(), timeline, backupId);
    }

    public RecoveryTarget target() {
        return role.target();
    }
}
