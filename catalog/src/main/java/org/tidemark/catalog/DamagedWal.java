// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.IOException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;

/**
 * The segments that verify found damaged, and that were not replaced since: no recovery gets past them, so they count
 * as missing. Immutable.
 *
 * @param found when each was found
 */
public record DamagedWal(SortedMap<Segment, Instant> found) {
    public static final DamagedWal NONE = new DamagedWal(new TreeMap<>());

    /** So many are asked for at the most: each is a request. */
    private static final int MOST = 1_000;

    public DamagedWal {
        found = Collections.unmodifiableSortedMap(new TreeMap<>(found));
    }

    /** Asks the store whether what verify noted is still there: sync replaces damaged objects. */
    public static DamagedWal of(ClusterArchive archive, BackupMarks marks) throws IOException {
        SortedMap<Segment, Instant> found = new TreeMap<>();
        String prefix = archive.identity().keys().prefix();
        int asked = 0;
        for (Map.Entry<String, Instant> each : marks.damagedKeys().entrySet()) {
            ObjectKey key = new ObjectKey(prefix + each.getKey());
            if (ObjectName.parse(archive.identity().keys(), key) instanceof ObjectName.Segment segment
                    && asked++ < MOST) {
                Optional<ObjectInfo> there = archive.repository().store().stat(key);
                if (there.filter(object -> !object.stored().isAfter(each.getValue()))
                        .isPresent()) {
                    found.put(segment.file(), each.getValue());
                }
            }
        }
        return new DamagedWal(found);
    }

    public Set<Segment> segments() {
        return found.keySet();
    }
}
