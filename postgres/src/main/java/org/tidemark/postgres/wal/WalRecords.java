// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.Record;
import org.tidemark.postgres.wal.WalReader.Visitor;

/** What is asked of the records of one segment. */
public final class WalRecords {
    private static final Visitor NOTHING = new Visitor() {
        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return 0;
        }

        @Override
        public void visit(Record record) {
            throw new IllegalStateException("no record is wanted");
        }
    };

    private WalRecords() {}

    /**
     * The end of the last record that ends in the segment and is valid, or of the part of a record from the segment
     * before that ends in it. Empty if there is neither, as in bytes that are not WAL of this segment.
     */
    public static Optional<Lsn> end(InputStream segment, Segment name, WalSegmentSize size) throws IOException {
        return WalReader.read(segment, Following.NONE, name, size, NOTHING);
    }

    /**
     * The restore points whose records begin in the segment, in order.
     *
     * @param following is opened only if a record that may be a restore point ends there
     */
    public static List<RestorePoint> restorePoints(
            InputStream segment, Following following, Segment name, WalSegmentSize size) throws IOException {
        List<RestorePoint> found = new ArrayList<>();
        WalReader.read(segment, following, name, size, new Visitor() {
            @Override
            public int wanted(int resourceManager, int info, int bodyBytes) {
                return RestorePoint.isOne(info, resourceManager) && RestorePoint.fits(bodyBytes) ? bodyBytes : 0;
            }

            @Override
            public void visit(Record record) {
                found.add(RestorePoint.parse(record.body(), record.end()));
            }
        });
        return found;
    }

    /**
     * When the last transaction ended of those whose records begin and end in the segment, by the server's clock: the
     * newest time of a commit or an abort, which need not be the last in order. Empty if there is none.
     */
    public static Optional<Instant> lastTransactionEnd(InputStream segment, Segment name, WalSegmentSize size)
            throws IOException {
        List<Instant> ends = new ArrayList<>();
        WalReader.read(segment, Following.NONE, name, size, new Visitor() {
            @Override
            public int wanted(int resourceManager, int info, int bodyBytes) {
                return TransactionEnd.isOne(info, resourceManager) ? TransactionEnd.MOST_BYTES : 0;
            }

            @Override
            public void visit(Record record) {
                TransactionEnd.time(record).ifPresent(ends::add);
            }
        });
        return ends.stream().max(Instant::compareTo);
    }
}
