// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
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
        if (!first.timeline().equals(last.timeline()) || first.compareTo(last) > 0) {
            throw new IllegalArgumentException("no range of one timeline: " + first + " to " + last);
        }
    }

    public Timeline timeline() {
        return first.timeline();
    }

    public boolean contains(Segment segment) {
        return segment.timeline().equals(timeline()) && first.compareTo(segment) <= 0 && segment.compareTo(last) <= 0;
    }

    /** Whether any segment of a range of WAL is among them. */
    public boolean overlaps(WalRange range, WalSegmentSize size) {
        return overlaps(range.first(size), range.last(size));
    }

    /** Whether any segment from one to another of the same timeline is among them. */
    public boolean overlaps(Segment from, Segment to) {
        return from.timeline().equals(timeline()) && first.compareTo(to) <= 0 && from.compareTo(last) <= 0;
    }

    /** Whether both together are one range. */
    boolean touches(RemovedWal other, WalSegmentSize size) {
        return timeline().equals(other.timeline())
                && first.index(size) <= other.last.index(size) + 1
                && other.first.index(size) <= last.index(size) + 1;
    }

    /** One range of both, with the time and host of this one. */
    RemovedWal and(RemovedWal other) {
        return new RemovedWal(
                first.compareTo(other.first) <= 0 ? first : other.first,
                last.compareTo(other.last) >= 0 ? last : other.last,
                at,
                host);
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
                    json.value("first", RemovedWal::segment),
                    json.value("last", RemovedWal::segment),
                    json.value("removed", Instant::parse),
                    json.text("host"));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }

    private static Segment segment(String name) {
        if (WalFile.parse(name) instanceof Segment segment) {
            return segment;
        }
        throw new IllegalArgumentException("not the name of a segment: '" + name + "'");
    }
}
