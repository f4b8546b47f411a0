// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** Which WAL segment {@code pg_switch_wal()} has closed. */
public final class ClosedSegment {
    /** An SQL expression that closes the current segment; its text is for {@link #parse}. */
    public static final String CLOSE = "(SELECT concat_ws(' ', lsn, pg_walfile_name(lsn),"
            + " pg_size_bytes(current_setting('wal_segment_size'))) FROM pg_switch_wal() AS lsn)";

    /** Of the page that begins a segment. A record that fills its segment is said to end after it. */
    private static final int LONG_PAGE_HEADER_BYTES = 40;

    private ClosedSegment() {}

    /**
     * The segment that holds the switch. Where another session closed it a moment before, the position is the beginning
     * of the next segment, and {@code pg_walfile_name} names that one from PostgreSQL 17 on, which nobody closes.
     */
    public static Segment parse(String answer) {
        String[] words = answer.split(" ", 3);
        Lsn position = Lsn.parse(words[0]);
        WalFile named = WalFile.parse(words[1]);
        WalSegmentSize size = new WalSegmentSize(Integer.parseInt(words[2]));
        if (!(named instanceof Segment segment)) {
            throw new IllegalArgumentException("pg_walfile_name() gave '" + words[1] + "'");
        }
        return Segment.containing(segment.timeline(), position.plus(-LONG_PAGE_HEADER_BYTES - 1), size);
    }
}
