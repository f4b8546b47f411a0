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
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/** What is asked of the records of one segment. */
public final class WalRecords {
    private static final Visitor NOTHING = new Visitor() {
        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return 0;
        }

        @Override
        public void visit(WalRecord record) {
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
     * Restore points.
     *
     * @param points whose records begin in a segment, in order
     * @param isWhole whether every record that begins in it was read
     */
    public record Points(List<RestorePoint> points, boolean isWhole) {
        public Points {
            points = List.copyOf(points);
        }
    }

    /**
     * The restore points whose records begin in the segment, in order.
     *
     * @param following is opened only if a record that may be a restore point ends there
     */
    public static List<RestorePoint> restorePoints(
            InputStream segment, Following following, Segment name, WalSegmentSize size) throws IOException {
        PointVisitor visitor = new PointVisitor(false);
        WalReader.read(segment, following, name, size, visitor);
        return visitor.found;
    }

    /**
     * The same, and whether they are all.
     *
     * @param following is opened if the last record of the segment ends there
     */
    public static Points allRestorePoints(InputStream segment, Following following, Segment name, WalSegmentSize size)
            throws IOException {
        PointVisitor visitor = new PointVisitor(true);
        boolean isWhole =
                WalReader.extent(segment, following, name, size, visitor).isWhole();
        return new Points(visitor.found, isWhole);
    }

    private static final class PointVisitor implements Visitor {
        private final List<RestorePoint> found = new ArrayList<>();
        private final boolean needsAll;

        PointVisitor(boolean needsAll) {
            this.needsAll = needsAll;
        }

        @Override
        public boolean needsWholeSegment() {
            return needsAll;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return RestorePoint.isOne(info, resourceManager) && RestorePoint.fits(bodyBytes) ? bodyBytes : 0;
        }

        @Override
        public void visit(WalRecord record) {
            found.add(RestorePoint.parse(record.body(), record.end()));
        }
    }

    /**
     * When the last transaction ended of those whose records begin in the segment, by the server's clock: the newest
     * time of a commit or an abort, which need not be the last in order. Empty if there is none.
     *
     * @param following is opened only if the end of a transaction may end there
     */
    public static Optional<Instant> lastTransactionEnd(
            InputStream segment, Following following, Segment name, WalSegmentSize size) throws IOException {
        List<Instant> ends = new ArrayList<>();
        WalReader.read(segment, following, name, size, new Visitor() {
            @Override
            public int wanted(int resourceManager, int info, int bodyBytes) {
                return TransactionEnd.isOne(info, resourceManager) ? TransactionEnd.MOST_BYTES : 0;
            }

            @Override
            public void visit(WalRecord record) {
                TransactionEnd.time(record).ifPresent(ends::add);
            }
        });
        return ends.stream().max(Instant::compareTo);
    }

    /**
     * The newest time that a record of the segment has, by the clock of the server that wrote it, of those records that
     * begin and end in it: ends of transactions, restore points, checkpoints, and ends of recoveries.
     */
    public static Optional<Instant> newestTime(InputStream segment, Segment name, WalSegmentSize size)
            throws IOException {
        List<Instant> times = new ArrayList<>();
        WalReader.read(segment, Following.NONE, name, size, new Times() {
            @Override
            public void visit(WalRecord record) {
                time(record).ifPresent(times::add);
            }
        });
        return times.stream().max(Instant::compareTo);
    }

    /** Where the segment's own timeline begins; empty if that is not recorded in this segment. */
    public static Optional<TimelineBeginning> beginning(InputStream segment, Segment name, WalSegmentSize size)
            throws IOException {
        List<Instant> before = new ArrayList<>();
        List<TimelineBeginning> found = new ArrayList<>();
        WalReader.read(segment, Following.NONE, name, size, new Times() {
            @Override
            public void visit(WalRecord record) {
                Optional<ServerTime> begun = ServerTime.of(record).filter(each -> each.begins(name.timeline()));
                if (begun.isPresent()) {
                    found.add(new TimelineBeginning(
                            begun.get().at(),
                            begun.get().latest(),
                            before.stream().max(Instant::compareTo)));
                } else {
                    time(record).ifPresent(before::add);
                }
            }
        });
        return found.stream().findFirst();
    }

    /** Whether a record that begins at a position, or after it, begins and ends in the segment. */
    public static boolean hasRecordFrom(Lsn from, InputStream segment, Segment name, WalSegmentSize size)
            throws IOException {
        return WalReader.lastRecord(segment, name, size, NOTHING)
                .filter(each -> !each.isBefore(from))
                .isPresent();
    }

    /** Wants all records that have a time. */
    private abstract static class Times implements Visitor {
        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            if (RestorePoint.isOne(info, resourceManager)) {
                return RestorePoint.fits(bodyBytes) ? bodyBytes : 0;
            }
            return TransactionEnd.isOne(info, resourceManager)
                    ? TransactionEnd.MOST_BYTES
                    : ServerTime.isOne(info, resourceManager) ? ServerTime.MOST_BYTES : 0;
        }

        static Optional<Instant> time(WalRecord record) {
            if (RestorePoint.isOne(record.info(), record.resourceManager())) {
                return Optional.of(
                        RestorePoint.parse(record.body(), record.end()).created());
            }
            return TransactionEnd.isOne(record.info(), record.resourceManager())
                    ? TransactionEnd.time(record)
                    : ServerTime.of(record).map(ServerTime::at);
        }
    }
}
