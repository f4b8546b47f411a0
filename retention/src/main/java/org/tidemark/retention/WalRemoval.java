// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RemovedWal;
import org.tidemark.catalog.RepairedStore;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/** Deletes ranges of WAL: segments, partial segments and backup history files, in rising order. */
record WalRemoval(ClusterArchive archive, ObjectStore store, RemovedObjects removal) {
    void remove(RemovedWal range) throws IOException {
        IncarnationKeys keys = archive.identity().keys();
        // What was rejected goes as well, and no other listing shows it.
        Listing listing =
                Listing.from(keys.of(range.first()), RepairedStore.objects(store), keys.timeline(range.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(keys, object.key()) instanceof ObjectName.Wal wal) {
                if (wal.segment().compareTo(range.last()) > 0) {
                    break;
                }
                if (range.contains(wal.segment())) {
                    removal.add(object);
                }
            }
        }
        removal.flush();
    }
}
