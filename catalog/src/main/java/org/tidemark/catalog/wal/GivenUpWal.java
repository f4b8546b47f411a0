// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.JsonObject;
import org.tidemark.core.UtcTime;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;

/**
 * Segments of one timeline that a host told PostgreSQL to drop before they were archived, since pg_wal was about to
 * fill its disk ({@code host.pg-wal-full}). It says why there is a hole, and changes nothing about it: a segment of the
 * range that is archived anyway counts like every other. Immutable.
 *
 * @param first both ends are included
 * @param at when the last of them was dropped, by the clock of the host
 * @param host that gave them up
 * @param why what kept them from the repositories, and how much space was left
 */
public record GivenUpWal(Segment first, Segment last, Instant at, String host, String why) {
    public GivenUpWal {
        new SegmentRange(first, last);
    }

    private SegmentRange range() {
        return new SegmentRange(first, last);
    }

    /** Whether any segment from one to another of the same timeline is among them. */
    public boolean overlaps(Segment from, Segment to) {
        return range().overlaps(from, to);
    }

    /** Whether both together are one range. */
    public boolean touches(GivenUpWal other, WalSegmentSize size) {
        return range().touches(other.range(), size);
    }

    /** One range of both, with the time, host and reason of this one. */
    public GivenUpWal and(GivenUpWal other) {
        SegmentRange both = range().and(other.range());
        return new GivenUpWal(both.first(), both.last(), at, host, why);
    }

    /** Who gave it up, when and why, as the end of a sentence. */
    public String story() {
        return "host '" + host + "' dropped " + (first.equals(last) ? "it" : "them") + " at " + UtcTime.seconds(at)
                + ": " + why;
    }

    /** The document that is stored. */
    public byte[] encode() {
        Map<String, Object> members = new LinkedHashMap<>();
        members.put("first", first.name());
        members.put("last", last.name());
        members.put("givenUp", at.toString());
        members.put("host", host);
        members.put("why", why);
        return ChecksummedJson.write(members);
    }

    /** Reads a document. */
    public static GivenUpWal decode(byte[] document, ObjectKey key) throws DamagedObjectException {
        JsonObject json = ChecksummedJson.read(document, key);
        try {
            return new GivenUpWal(
                    json.value("first", WalNames::requireSegment),
                    json.value("last", WalNames::requireSegment),
                    json.value("givenUp", Instant::parse),
                    json.text("host"),
                    json.text("why"));
        } catch (IllegalArgumentException e) {
            throw new DamagedObjectException(key, String.valueOf(e.getMessage()), e);
        }
    }
}
