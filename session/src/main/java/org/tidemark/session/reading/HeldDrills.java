// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillChain;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.layout.BackupId;

/**
 * The drills of an incarnation, by the evidence of its repositories. Immutable.
 *
 * @param newestFirst each once, however many repositories have evidence of it
 */
public record HeldDrills(List<DrillEvidence> newestFirst) {
    public HeldDrills {
        newestFirst = List.copyOf(newestFirst);
    }

    /** Joins the evidence of several chains by the id of the drill. */
    public static HeldDrills of(Collection<DrillChain> chains) {
        Map<String, DrillEvidence> byId = new LinkedHashMap<>();
        chains.forEach(chain -> chain.evidence().forEach(each -> byId.putIfAbsent(each.id(), each.alone())));
        return new HeldDrills(byId.values().stream()
                .sorted(Comparator.comparing(DrillEvidence::ended).reversed())
                .toList());
    }

    /** The drill that ended last. */
    public Optional<DrillEvidence> last() {
        return newestFirst.stream().findFirst();
    }

    /** The proven drill that ended last. */
    public Optional<DrillEvidence> lastProven() {
        return newestFirst.stream().filter(DrillEvidence::isProven).findFirst();
    }

    /** The drill that restored a backup, and ended last. */
    public Optional<DrillEvidence> lastOf(BackupId backup) {
        return newestFirst.stream()
                .filter(each -> each.restored()
                        .filter(restored -> restored.backup().equals(backup))
                        .isPresent())
                .findFirst();
    }

    /** The newest moment that a drill has proven. */
    public Optional<Instant> provenTo() {
        return newestFirst.stream().flatMap(each -> each.provenTo().stream()).max(Comparator.naturalOrder());
    }

    /** The last drill that failed by the backup or the WAL, if none has passed since. */
    public Optional<DrillEvidence> failureOfData() {
        return newestFirst.stream()
                .takeWhile(each -> !each.isProven())
                .filter(DrillEvidence::isFailureOfData)
                .findFirst();
    }
}
