// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** The WAL segment that {@code pg_switch_wal()} closed. */
public final class ClosedSegment {
    /** An SQL expression that closes the current segment; {@link #parse} reads its result. */
    public static final String CLOSE = "(SELECT concat_ws(' ', lsn, pg_walfile_name(lsn),"
            + " pg_size_bytes(current_setting('wal_segment_size'))) FROM pg_switch_wal() AS lsn)";

    /** The page header at the start of a segment. PostgreSQL puts the end of a record that fills a segment after it. */
    private static final int LONG_PAGE_HEADER_BYTES = 40;

    private ClosedSegment() {}

    /**
     * The segment that contains the switch. If another session has just closed it, the position is the start of the
     * next segment. PostgreSQL 17 and later then return the name of that next segment, which has not been closed.
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
