// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalRange;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/**
 * Segments of one timeline that expiry removed, or is about to remove: that they are missing is no hole. Immutable.
 *
 * @param first both ends are included
 * @param at when, by the clock of the host
 * @param host that removed them
 */
public record RemovedWal(Segment first, Segment last, Instant at, String host) {
    public RemovedWal {
        new SegmentRange(first, last);
    }

    private SegmentRange range() {
        return new SegmentRange(first, last);
    }

    public Timeline timeline() {
        return first.timeline();
    }

    public boolean contains(Segment segment) {
        return range().contains(segment);
    }

    /** Whether any segment of a range of WAL is among them. */
    public boolean overlaps(WalRange wal, WalSegmentSize size) {
        return overlaps(wal.first(size), wal.last(size));
    }

    /** Whether any segment from one to another of the same timeline is among them. */
    public boolean overlaps(Segment from, Segment to) {
        return range().overlaps(from, to);
    }

    /** Whether both together are one range. */
    boolean touches(RemovedWal other, WalSegmentSize size) {
        return range().touches(other.range(), size);
    }

    /** One range of both, with the time and host of this one. */
    RemovedWal and(RemovedWal other) {
        SegmentRange both = range().and(other.range());
        return new RemovedWal(both.first(), both.last(), at, host);
    }

    /** The document that is stored. */
    byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("first", first.name());
        members.put("last", last.name());
        members.put("removed", at.toString());
        members.put("host", host);
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    static RemovedWal decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new RemovedWal(
                    json.value("first", WalNames::requireSegment),
                    json.value("last", WalNames::requireSegment),
                    json.value("removed", Instant::parse),
                    json.text("host"));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }
}
