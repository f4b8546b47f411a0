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
 * Where one transaction ended. Immutable.
 *
 * @param at where the record of its end begins
 * @param end the position past it
 * @param parent the transaction with which it was committed, if it is a subtransaction: PostgreSQL does not end a
 *     recovery there. Empty if it ended itself
 */
public record EndOfTransaction(Lsn at, Lsn end, Instant time, boolean isCommit, OptionalInt parent) {
    /**
     * Looks for it in a segment.
     *
     * @param xid the low 32 bits, as PostgreSQL compares them
     * @param from records that begin before it do not count
     * @return the first end of this transaction, or of the one that it is a part of
     */
    public static Optional<EndOfTransaction> find(
            int xid, Lsn from, InputStream segment, Following following, Segment name, WalSegmentSize size)
            throws IOException {
        Looking looking = new Looking(xid, from);
        WalReader.read(segment, following, name, size, looking);
        return Optional.ofNullable(looking.found);
    }

    private static final class Looking implements Visitor {
        private final int xid;
        private final Lsn from;
        private @Nullable EndOfTransaction found;

        Looking(int xid, Lsn from) {
            this.xid = xid;
            this.from = from;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            return resourceManager == TransactionFollower.XACT && found == null && TransactionRecord.isEnd(info)
                    ? Math.min(bodyBytes, TransactionFollower.MOST_BODY_BYTES)
                    : 0;
        }

        @Override
        public void visit(WalRecord record) {
            OptionalInt major = WalMagic.postgresMajor(record.magic());
            int main = record.mainData();
            if (found != null
                    || major.isEmpty()
                    || record.start().isBefore(from)
                    || main < 0
                    || main + Long.BYTES > record.body().limit()) {
                return;
            }
            TransactionRecord end = new TransactionRecord(record.body(), main, record.info(), major.getAsInt());
            int ended = end.preparedXid != 0 ? end.preparedXid : record.xid();
            boolean isPart = end.isCommit && end.subtransactions.contains(xid);
            if (ended == xid || isPart) {
                found = new EndOfTransaction(
                        record.start(),
                        record.end(),
                        end.time,
                        end.isCommit,
                        ended == xid ? OptionalInt.empty() : OptionalInt.of(ended));
            }
        }
    }
}
