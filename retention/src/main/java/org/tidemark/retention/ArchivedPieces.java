// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;

/**
 * Finds the pieces of received segments that nobody needs any more: this repository has the segment, whole or up to
 * where the piece ends, or an expiry removed the WAL around it.
 */
final class ArchivedPieces {
    private ArchivedPieces() {}

    static List<ObjectInfo> of(ClusterArchive archive) throws IOException {
        IncarnationKeys keys = archive.identity().keys();
        ObjectStore store = archive.repository().store();
        Map<Segment, Lsn> needless = new HashMap<>();
        List<RemovedWal> removed = new ArrayList<>();
        List<ObjectInfo> pieces = new ArrayList<>();
        Listing listing = Listing.of(store, keys.pieces());
        for (ObjectInfo object = listing.next(); object != null; object = listing.next()) {
            if (ObjectName.parse(keys, object.key()) instanceof ObjectName.StreamPiece stored) {
                Segment segment = stored.piece().segment();
                Lsn upTo = needless.get(segment);
                if (upTo == null) {
                    if (needless.isEmpty()) {
                        removed.addAll(archive.wal().gaps().removed());
                    }
                    upTo = needlessUpTo(segment, archive, removed);
                    needless.put(segment, upTo);
                }
                if (!stored.piece().end().isAfter(upTo)) {
                    pieces.add(object);
                }
            }
        }
        return pieces;
    }

    /** The position up to which nobody needs the pieces of a segment; its start if all are needed. */
    private static Lsn needlessUpTo(Segment segment, ClusterArchive archive, List<RemovedWal> removed)
            throws IOException {
        WalSegmentSize size = archive.identity().walSegmentSize();
        if (archive.wal().contains(segment) || removed.stream().anyMatch(range -> range.contains(segment))) {
            return segment.end(size);
        }
        // A timeline ends in a partial segment, which is never archived whole.
        List<StoredPartial> partials = archive.wal().listing().partials(segment);
        return partials.isEmpty() ? segment.start(size) : partials.getLast().end();
    }
}
