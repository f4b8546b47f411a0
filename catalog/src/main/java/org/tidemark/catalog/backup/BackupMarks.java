// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;

/**
 * The marks of one incarnation in one repository. Immutable.
 *
 * @param byOwner of each backup's id, and of {@value #WAL}, in the order in which they were set
 * @param damaged the problems of marks that are damaged themselves
 */
public record BackupMarks(Map<String, List<Mark>> byOwner, List<String> damaged) {
    /** In the place of a backup's id: the WAL and the histories that no backup needs by itself. */
    static final String WAL = "wal";

    public static final BackupMarks NONE = new BackupMarks(Map.of(), List.of());

    public BackupMarks {
        byOwner = Map.copyOf(byOwner);
        damaged = List.copyOf(damaged);
    }

    /** Damage of a backup that was found, and not found repaired since. */
    public Optional<Mark.Verified> damage(BackupId id) {
        return Mark.damage(byOwner.getOrDefault(id.value(), List.of()));
    }

    /** The same of the WAL that no backup needs by itself. */
    public Optional<Mark.Verified> walDamage() {
        return Mark.damage(byOwner.getOrDefault(WAL, List.of()));
    }

    /** When each timeline began whose history was copied to this repository: the earliest that is known. */
    public Map<Timeline, Instant> begun() {
        Map<Timeline, Instant> begun = new TreeMap<>();
        for (Mark mark : byOwner.getOrDefault(WAL, List.of())) {
            if (mark instanceof Mark.Begun each) {
                begun.merge(each.timeline(), each.at(), (one, other) -> other.isBefore(one) ? other : one);
            }
        }
        return begun;
    }

    /** The latest verification of a backup. */
    public Optional<Mark.Verified> verified(BackupId id) {
        return byOwner.getOrDefault(id.value(), List.of()).stream()
                .filter(Mark.Verified.class::isInstance)
                .map(Mark.Verified.class::cast)
                .reduce((first, second) -> second);
    }
}
