// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.backup.CatalogEntry;
import org.tidemark.catalog.backup.CatalogEntry.Published;
import org.tidemark.core.Finding;
import org.tidemark.operations.check.WalCheck.RepositoryWal;
import org.tidemark.operations.sync.CopyAdvice;

/** Backups that lack objects which their descriptions list: nothing can be restored from them. */
final class BackupObjectsCheck {
    private BackupObjectsCheck() {}

    /** @param held the repositories of one incarnation */
    static List<Finding> of(List<RepositoryWal> held) {
        List<Finding> findings = new ArrayList<>();
        for (RepositoryWal each : held) {
            for (CatalogEntry entry : each.entries()) {
                if (entry instanceof Published backup) {
                    backup.lacking()
                            .ifPresent(lacking -> findings.add(Subject.BACKUP
                                    .critical(
                                            "backup " + backup.id() + " in '" + each.repository() + "' "
                                                    + lacking.problem(),
                                            hint(held, each, backup))
                                    .of(each.repository())
                                    .with("missingObjects", lacking.count())));
                }
            }
        }
        return findings;
    }

    private static String hint(List<RepositoryWal> held, RepositoryWal at, Published backup) {
        return held.stream()
                .filter(other -> other.entries().stream()
                        .anyMatch(entry -> entry instanceof Published copy
                                && copy.id().equals(backup.id())
                                && copy.digest().equals(backup.digest())
                                && copy.lacking().isEmpty()))
                .findFirst()
                .map(other -> CopyAdvice.of(other.repository(), other.archive(), at.repository(), at.archive()))
                .orElse("No repository has all objects of this backup. Put the missing ones back, or take a new backup"
                        + " with: tidemark backup");
    }
}
