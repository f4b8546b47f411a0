// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;
import org.tidemark.session.reading.CountedBefore;
import org.tidemark.session.reading.WalReading;

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

    /** Which of the WAL was not listed for this. */
    public List<CountedBefore> counted() {
        return archives.stream()
                .flatMap(each -> CountedBefore.of(each.repository(), each.identity(), each.inventory()).stream())
                .toList();
    }

    /** Lists it in each repository of the session: all incarnations of one, or none if that fails. */
    public static WalListing of(Session session, WalReading wal, Instant now) {
        List<Archived> archives = new ArrayList<>();
        RepositoryReadings readings = RepositoryReadings.of(session, settings -> {
            List<Archived> own = new ArrayList<>();
            for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                own.add(new Archived(settings.name(), archive.identity(), wal.of(session, archive, now)));
            }
            archives.addAll(own);
        });
        return new WalListing(archives, readings);
    }
}
