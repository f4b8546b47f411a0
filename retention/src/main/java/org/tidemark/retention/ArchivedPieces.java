// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.RemovedWal;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/**
 * Finds the pieces of received segments that nobody needs any more: this repository has the whole segment, or an expiry
 * removed the WAL around it.
 */
final class ArchivedPieces {
    private ArchivedPieces() {}

    static List<ObjectInfo> of(ClusterArchive archive) throws IOException {
        IncarnationKeys keys = archive.identity().keys();
        ObjectStore store = archive.repository().store();
        Map<Segment, Boolean> needless = new HashMap<>();
        List<RemovedWal> removed = new ArrayList<>();
        List<ObjectInfo> pieces = new ArrayList<>();
        Listing listing = Listing.of(store, keys.pieces());
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(keys, object.key()) instanceof ObjectName.StreamPiece stored) {
                Segment segment = stored.piece().segment();
                Boolean known = needless.get(segment);
                if (known == null) {
                    if (needless.isEmpty()) {
                        removed.addAll(archive.wal().removed());
                    }
                    known = archive.wal().contains(segment)
                            || removed.stream().anyMatch(range -> range.contains(segment));
                    needless.put(segment, known);
                }
                if (known) {
                    pieces.add(object);
                }
            }
        }
        return pieces;
    }
}
