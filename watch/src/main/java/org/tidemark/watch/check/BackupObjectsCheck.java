// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.operations.sync.CopyAdvice;
import org.tidemark.session.reading.IncarnationReading;

/** Backups that lack objects which their descriptions list: nothing can be restored from them. */
final class BackupObjectsCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.BACKUP;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        List<Finding> findings = new ArrayList<>();
        for (List<IncarnationReading> held : whole.incarnations()) {
            for (IncarnationReading each : held) {
                for (Published backup : each.published()) {
                    backup.lacking()
                            .ifPresent(lacking -> findings.add(subject()
                                    .critical(
                                            "backup " + backup.id() + " in '" + each.repository() + "' "
                                                    + lacking.problem(),
                                            hint(held, each, backup))
                                    .of(each.repository())
                                    .with(Measure.MISSING_OBJECTS, lacking.count())));
                }
            }
        }
        return findings;
    }

    private static String hint(List<IncarnationReading> held, IncarnationReading at, Published backup) {
        return held.stream()
                .filter(other -> other.published().stream()
                        .anyMatch(copy -> copy.id().equals(backup.id())
                                && copy.digest().equals(backup.digest())
                                && copy.lacking().isEmpty()))
                .findFirst()
                .map(other -> CopyAdvice.of(other.repository(), other.archive(), at.repository(), at.archive()))
                .orElse("No repository has all objects of this backup. Put the missing ones back, or take a new backup"
                        + " with: tidemark backup");
    }
}
