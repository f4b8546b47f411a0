// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.util.BitSet;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/** A published backup, and which of the WAL that it needs has been seen. Not thread-safe. */
final class BackupToVerify {
    private final BaseBackup backup;
    private final boolean marked;
    private final BitSet seen = new BitSet();
    private boolean historySeen;
    private boolean bundlesListed;

    /** @param marked whether all of it was read before */
    BackupToVerify(BaseBackup backup, boolean marked) {
        this.backup = backup;
        this.marked = marked;
    }

    BaseBackup backup() {
        return backup;
    }

    BackupId id() {
        return backup.id();
    }

    boolean isMarked() {
        return marked;
    }

    /** Takes down that the list of its bundles could be read, and is right. */
    void listBundles() {
        bundlesListed = true;
    }

    boolean hasBundlesListed() {
        return bundlesListed;
    }

    /** Takes down that a segment is there; whether the backup needs it. */
    boolean sees(Segment segment) {
        WalSegmentSize size = backup.origin().walSegmentSize();
        boolean needed = segment.timeline().equals(backup.wal().timeline())
                && segment.fits(size)
                && segment.compareTo(backup.walFirst()) >= 0
                && segment.compareTo(backup.walLast()) <= 0;
        if (needed) {
            seen.set(Math.toIntExact(segment.index(size) - backup.walFirst().index(size)));
        }
        return needed;
    }

    /** Takes down that a history is there; whether the backup needs it. */
    boolean sees(Timeline history) {
        boolean needed = needsHistory() && history.equals(backup.wal().timeline());
        historySeen |= needed;
        return needed;
    }

    private boolean needsHistory() {
        return backup.wal().timeline().id() > Timeline.FIRST.id();
    }

    boolean lacksHistory() {
        return needsHistory() && !historySeen;
    }

    /** How many segments are missing. */
    long missingSegments() {
        return backup.wal().count(backup.origin().walSegmentSize()) - seen.cardinality();
    }

    /** The first one that is missing, where there is any. */
    Segment firstMissing() {
        WalSegmentSize size = backup.origin().walSegmentSize();
        return Segment.of(backup.wal().timeline(), backup.walFirst().index(size) + seen.nextClearBit(0), size);
    }
}
