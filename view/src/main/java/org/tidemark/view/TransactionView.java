// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Instant;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.ReplayStop.Ended;

/** The end of a transaction in JSON: its record begins at {@code end}. */
record TransactionView(String xid, Instant time, boolean isCommitted, Lsn end) {
    static TransactionView of(Ended ended) {
        return new TransactionView(Integer.toUnsignedString(ended.xid()), ended.time(), ended.isCommit(), ended.at());
    }

    static TransactionView of(EndedTransaction ended) {
        return new TransactionView(
                Long.toString(ended.unsignedXid()),
                ended.time(),
                ended.outcome() == EndedTransaction.Outcome.COMMITTED,
                ended.end().at());
    }
}
