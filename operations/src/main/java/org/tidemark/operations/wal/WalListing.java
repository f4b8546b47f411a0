// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.WalInventory;
import org.tidemark.operations.RepositoryReadings;
import org.tidemark.operations.Session;

/**
 * The archived WAL of a cluster. Immutable.
 *
 * @param archives one for each incarnation in each repository, in the order of the repositories
 */
public record WalListing(List<Archived> archives, RepositoryReadings repositories) {
    public WalListing {
        archives = List.copyOf(archives);
    }

    /**
     * The WAL of one incarnation in one repository.
     *
     * @param repository its name, or its address if it is not configured
     */
    public record Archived(String repository, ClusterIdentity identity, WalInventory inventory) {}

    /** Lists it in each repository of the session: all incarnations of one, or none if that fails. */
    public static WalListing of(Session session) {
        List<Archived> archives = new ArrayList<>();
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            List<Archived> own = new ArrayList<>();
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                own.add(new Archived(
                        settings.name(), archive.identity(), archive.wal().inventory()));
            }
            archives.addAll(own);
        });
        return new WalListing(archives, readings);
    }
}
