// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Clock;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.Finding;

/**
 * A repository that answered, with what it holds of the cluster. Immutable.
 *
 * @param held empty if the cluster is not registered in it
 * @param published the backups in it
 * @param removed the backups that expiry removed from it
 */
record CheckedRepository(
        CheckRequest request,
        ClusterSettings cluster,
        RepositorySettings settings,
        Repository repository,
        Optional<WalCheck.RepositoryWal> held,
        Set<BackupId> published,
        Set<BackupId> removed,
        Clock clock) {
    CheckedRepository {
        published = Set.copyOf(published);
        removed = Set.copyOf(removed);
    }

    String name() {
        return settings.name();
    }

    List<Finding> findings(Finding... findings) {
        return Arrays.stream(findings).map(each -> each.of(name())).toList();
    }
}
