// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * What pg_wal tells of the road that PostgreSQL has come. A standby that is past a switch when a child's history turns
 * up keeps that history in pg_wal all the same, says that the new timeline forked off before its recovery point
 * (rescanLatestTimeLine in src/backend/access/transam/xlogrecovery.c), and goes on along its own. Immutable.
 *
 * @param walDirectory the pg_wal of the data directory in recovery
 */
record ReplayedWal(Path walDirectory, WalSegmentSize size) {
    /** XLogPageHeaderData of src/include/access/xlog_internal.h: magic, info, timeline, then the page's address. */
    private static final int PAGE_ADDRESS_OFFSET = 8;

    private static final int FIRST_BYTES = 16;

    /**
     * Whether PostgreSQL, which asks for {@code asked}, has come along the same timeline past the point where it ended
     * on the path to {@code child}. The segment before the one that is asked for has just been read and is still in
     * pg_wal: if it is the child's, PostgreSQL follows the child; so it does if it is zero after the switch, as we
     * deliver it where no child has a copy.
     */
    boolean isPast(Segment asked, TimelineHistory child) throws IOException {
        Lsn switchPoint = child.endOf(asked.timeline()).orElseThrow();
        if (asked.index(size) == 0) {
            return false;
        }
        Segment before = Segment.of(asked.timeline(), asked.index(size) - 1, size);
        return switchPoint.isBefore(before.end(size))
                && isThere(before)
                && timelinesAfter(asked.timeline(), child).map(before::on).noneMatch(this::isThere)
                && hasContentFrom(switchPoint, before);
    }

    private static Stream<Timeline> timelinesAfter(Timeline parent, TimelineHistory child) {
        return Stream.concat(child.switches().stream().map(Switch::parent), Stream.of(child.timeline()))
                .filter(timeline -> timeline.compareTo(parent) > 0);
    }

    private boolean isThere(Segment segment) {
        return Files.exists(walDirectory.resolve(segment.name()));
    }

    /** A file that PostgreSQL keeps for reuse holds older WAL under this name: its first page says so. */
    private boolean hasContentFrom(Lsn position, Segment segment) throws IOException {
        try (InputStream in = Files.newInputStream(walDirectory.resolve(segment.name()))) {
            byte[] header = in.readNBytes(FIRST_BYTES);
            if (header.length < FIRST_BYTES
                    || ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong(PAGE_ADDRESS_OFFSET)
                            != segment.start(size).value()) {
                return false;
            }
            long skipped = position.minus(segment.start(size)) - FIRST_BYTES;
            in.skipNBytes(Math.max(0, skipped));
            byte[] chunk = new byte[1 << 16];
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                for (int i = 0; i < count; i++) {
                    if (chunk[i] != 0) {
                        return true;
                    }
                }
            }
            return false;
        }
    }
}
