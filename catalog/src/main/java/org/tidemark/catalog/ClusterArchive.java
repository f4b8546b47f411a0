// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.wal.WalArchive;

/** One registered incarnation of a cluster. Thread-safe. */
public final class ClusterArchive {
    private final Repository repository;
    private final ClusterIdentity identity;

    ClusterArchive(Repository repository, ClusterIdentity identity) {
        this.repository = repository;
        this.identity = identity;
    }

    public ClusterIdentity identity() {
        return identity;
    }

    public Repository repository() {
        return repository;
    }

    public WalArchive wal() {
        return new WalArchive(repository, identity);
    }

    public BackupCatalog backups() {
        return new BackupCatalog(repository, identity);
    }
}
