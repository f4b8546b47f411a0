// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Finding;

/** Compares repositories with the same recipients: a backup of one belongs in the others too. */
final class SameBackupsCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.BACKUPS;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        Map<Set<String>, List<CheckedRepository>> sameKeys = new LinkedHashMap<>();
        whole.repositories().stream()
                .filter(each -> each.held().isPresent())
                .forEach(each -> sameKeys.computeIfAbsent(each.settings().keys().recipients(), any -> new ArrayList<>())
                        .add(each));
        return sameKeys.values().stream().flatMap(each -> look(each).stream()).toList();
    }

    private List<Finding> look(List<CheckedRepository> held) {
        List<Finding> found = new ArrayList<>();
        Set<BackupId> all = new TreeSet<>();
        held.forEach(each -> all.addAll(each.published()));
        for (CheckedRepository each : held) {
            Set<BackupId> missing = new TreeSet<>(all);
            missing.removeAll(each.published());
            missing.removeAll(each.removed());
            missing.removeAll(withoutWalIn(each, held));
            if (!missing.isEmpty()) {
                BackupId newest = List.copyOf(missing).getLast();
                found.addAll(each.findings(subject()
                        .warning(
                                "'" + each.name() + "' lacks "
                                        + (missing.size() == 1
                                                ? "backup " + newest
                                                : missing.size() + " backups, " + newest + " the newest,")
                                        + " that another repository has",
                                "Copy what is missing with: tidemark sync --quick")));
            }
        }
        return found;
    }

    /**
     * The backups whose WAL an expiry removed from a repository: its policy needs none of them, and sync copies none.
     */
    private static Set<BackupId> withoutWalIn(CheckedRepository here, List<CheckedRepository> all) {
        return all.stream()
                .flatMap(each -> each.held().stream())
                .flatMap(held -> held.backups().stream())
                .filter(backup -> here.held()
                        .filter(held -> held.inventory()
                                .hasRemoved(backup.wal(), backup.origin().walSegmentSize()))
                        .isPresent())
                .map(BaseBackup::id)
                .collect(Collectors.toSet());
    }
}
