// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelinePath;
import org.tidemark.postgres.wal.RestorePoint;

/**
 * The restore points that were found in the WAL of a timeline path. Immutable.
 *
 * @param name the one that is wanted
 * @param from the position from which on all WAL was read
 * @param found those of every name, in order
 */
public record RestorePoints(String name, Lsn from, List<RestorePoint> found) implements SearchedWal {
    public RestorePoints {
        found = List.copyOf(found);
    }

    @Override
    public OptionalLong end(BackupCandidate backup, TimelinePath path) {
        return reachedFrom(backup).stream()
                .mapToLong(
                        point -> path.size().segmentNumber(new Lsn(point.end().value() - 1)))
                .findFirst();
    }

    /**
     * Where a recovery from the backup to the name ends: PostgreSQL stops at the first restore point of this name that
     * it replays. Empty if there is none, if PostgreSQL would stop before the backup is consistent, or if not all of
     * the backup's WAL was read.
     */
    public Optional<RestorePoint> reachedFrom(BackupCandidate backup) {
        return backup.startLsn().isBefore(from)
                ? Optional.empty()
                : replayedFrom(backup).stream()
                        .findFirst()
                        .filter(point -> point.end().isAfter(backup.stopLsn()));
    }

    /** Those of the name that a recovery from the backup would replay, if it did not stop at the first. */
    List<RestorePoint> replayedFrom(BackupCandidate backup) {
        return found.stream()
                .filter(point -> point.name().equals(name) && point.end().isAfter(backup.startLsn()))
                .toList();
    }
}
