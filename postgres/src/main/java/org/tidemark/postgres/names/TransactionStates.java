// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.LastUsed;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.names.ClusterFiles.ClusterFile;
import org.tidemark.postgres.names.RelationNames.Gap;

/**
 * The states of transactions according to the files of {@code pg_xact}, which has two bits for each:
 * src/backend/access/transam/clog.c. Keeps at most 1 MiB of them.
 *
 * <p>A subtransaction is sub-committed only while the commit of its top transaction is being written, and
 * {@code pg_subtrans}, which alone names that one, is not in a backup. So it counts as running, as it does in
 * TransactionIdDidCommit() of src/backend/access/transam/transam.c. Every other subtransaction has the state of its top
 * transaction, or its own rollback.
 */
final class TransactionStates {
    private static final int CACHED_BYTES = 1 << 20;
    // CLOG_XACTS_PER_BYTE of clog.c, SLRU_PAGES_PER_SEGMENT of src/include/access/slru.h.
    private static final int PER_BYTE = 4;
    private static final int PAGES_PER_FILE = 32;
    // src/include/access/transam.h: below it are the bootstrap and the frozen transaction, and 0.
    private static final int FIRST_NORMAL = 3;

    private final ClusterFiles files;
    private final int pageSize;
    private final int nextXid;
    private final Set<Gap> gaps;
    private final LastUsed<Integer, Page> pages = new LastUsed<>(CACHED_BYTES, page -> page.bytes.length + 1);

    enum State {
        RUNNING,
        COMMITTED,
        ABORTED,
        /** The file that has the state is missing. */
        UNKNOWN
    }

    /** A page as far as the file has it. */
    @SuppressWarnings("ArrayRecordComponent") // Never compared.
    private record Page(boolean isThere, byte[] bytes) {}

    TransactionStates(ClusterFiles files, ControlFile control, Set<Gap> gaps) {
        this.files = files;
        this.pageSize = control.pageSize();
        this.nextXid = (int) control.checkpoint().nextXid();
        this.gaps = gaps;
    }

    State of(int xid) throws IOException {
        if (Integer.compareUnsigned(xid, FIRST_NORMAL) < 0) {
            return xid == 0 ? State.ABORTED : State.COMMITTED;
        }
        int number = Integer.divideUnsigned(xid, pageSize * PER_BYTE);
        int place = Integer.remainderUnsigned(xid, pageSize * PER_BYTE);
        Page page = pages.get(number, () -> read(number));
        if (!page.isThere && xid - nextXid < 0) {
            gaps.add(new Gap(path(number), "the file is missing"));
            return State.UNKNOWN;
        }
        // PostgreSQL extends the file some time after the first transaction of a page began.
        int bits =
                place / PER_BYTE < page.bytes.length ? page.bytes[place / PER_BYTE] >> (place % PER_BYTE * 2) & 3 : 0;
        return switch (bits) {
            case 1 -> State.COMMITTED;
            case 2 -> State.ABORTED;
            default -> State.RUNNING;
        };
    }

    private Page read(int number) throws IOException {
        Optional<ClusterFile> opened = files.open(path(number));
        if (opened.isEmpty()) {
            return new Page(false, new byte[0]);
        }
        try (ClusterFile file = opened.get()) {
            byte[] bytes = new byte[pageSize];
            int read = file.read((long) number % PAGES_PER_FILE * pageSize, bytes, 0, pageSize);
            return new Page(true, Arrays.copyOf(bytes, read));
        }
    }

    private static String path(int page) {
        return String.format(Locale.ROOT, "pg_xact/%04X", page / PAGES_PER_FILE);
    }
}
