// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.WalFile.Segment;

/** The segments that a recovery reads. */
public final class ArchivedSegments {
    private final SegmentSources sources;
    private final IncarnationKeys keys;

    /** @param holdings in the order in which they are asked; at least one */
    public ArchivedSegments(List<Holding> holdings) {
        this.keys = holdings.getFirst().archive().identity().keys();
        this.sources = new SegmentSources(
                holdings.stream().map(each -> each.archive().wal()).toList());
    }

    /** See {@link SegmentSources#read}. */
    <T> Optional<T> read(Segment segment, SegmentSources.Reading<T> reading) throws IOException {
        return sources.read(segment, reading);
    }

    /** See {@link SegmentSources#readOnce}. */
    <T> Optional<T> readOnce(Segment segment, SegmentSources.Reading<T> reading) throws IOException {
        return sources.readOnce(segment, reading);
    }

    /** The segment that is damaged wherever it is, by the failure of a reading; empty for another failure. */
    public Optional<Segment> damaged(Exception failure) {
        return failure instanceof DamagedObjectException damage
                        && ObjectName.parse(keys, damage.key()) instanceof ObjectName.Segment found
                ? Optional.of(found.file())
                : Optional.empty();
    }

    /** See {@link SegmentSources#isLeft}. */
    boolean isLeft(Segment segment) throws IOException {
        return sources.isLeft(segment);
    }
}
