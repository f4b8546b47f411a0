// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalPageHeader.WalMagic;
import org.tidemark.postgres.wal.WalReader;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;

/**
 * The last commit in the order of the WAL, as PostgreSQL's log has it at the end of a recovery. Its time need not be
 * the newest one: those of several sessions differ from the order by milliseconds. Immutable.
 *
 * @param xid to be read as unsigned; of a prepared transaction its own
 * @param time by the clock of the server that wrote it
 * @param end the position past its record
 */
public record LastCommit(int xid, Instant time, Lsn end) {
    /**
     * The last one of those whose records begin in a segment.
     *
     * @param until commits that end later do not count
     * @param following is opened only if the record of one ends there
     */
    public static Optional<LastCommit> find(
            Lsn until, InputStream segment, Following following, Segment name, WalSegmentSize size) throws IOException {
        Looking looking = new Looking(until);
        WalReader.read(segment, following, name, size, looking);
        return Optional.ofNullable(looking.last);
    }

    private static final class Looking implements Visitor {
        private final Lsn until;
        private @Nullable LastCommit last;

        Looking(Lsn until) {
            this.until = until;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return resourceManager == TransactionFollower.XACT && TransactionRecord.isCommit(info)
                    ? Math.min(bodyBytes, TransactionFollower.MOST_BODY_BYTES)
                    : 0;
        }

        @Override
        public void visit(WalRecord record) {
            OptionalInt major = WalMagic.postgresMajor(record.magic());
            int main = record.mainData();
            if (major.isPresent()
                    && main >= 0
                    && main + Long.BYTES <= record.body().limit()
                    && !record.end().isAfter(until)) {
                TransactionRecord commit = new TransactionRecord(record.body(), main, record.info(), major.getAsInt());
                last = new LastCommit(
                        commit.preparedXid != 0 ? commit.preparedXid : record.xid(), commit.time, record.end());
            }
        }
    }
}
