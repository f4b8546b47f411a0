// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectInfo;

/** Deletes ranges of WAL: segments, partial segments and backup history files, in rising order. */
record WalRemoval(ClusterArchive archive, RemovedObjects removal) {
    void remove(RemovedWal range) throws IOException {
        visit(archive, range.first(), range.last(), removal::add);
        removal.flush();
    }

    /** How many bytes {@link #remove} deletes of a stretch of one timeline. */
    static long bytes(ClusterArchive archive, Segment first, Segment last) throws IOException {
        long[] sum = new long[1];
        visit(archive, first, last, object -> sum[0] += object.sizeBytes());
        return sum[0];
    }

    private interface Visitor {
        void visit(ObjectInfo object) throws IOException;
    }

    private static void visit(ClusterArchive archive, Segment first, Segment last, Visitor visitor) throws IOException {
        IncarnationKeys keys = archive.identity().keys();
        // What was rejected goes as well, and no other listing shows it.
        Listing listing = Listing.from(keys.of(first), archive.repository().objects(), keys.timeline(first.timeline()));
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(keys, object.key()) instanceof ObjectName.Wal wal) {
                if (wal.segment().compareTo(last) > 0) {
                    break;
                }
                if (wal.segment().compareTo(first) >= 0) {
                    visitor.visit(object);
                }
            }
        }
    }
}
