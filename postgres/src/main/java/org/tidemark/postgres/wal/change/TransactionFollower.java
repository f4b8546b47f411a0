// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.wal.change;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Lsn;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.WalPageHeader.WalMagic;
import org.tidemark.postgres.wal.WalReader;
import org.tidemark.postgres.wal.WalReader.Following;
import org.tidemark.postgres.wal.WalReader.Visitor;
import org.tidemark.postgres.wal.WalReader.WalRecord;
import org.tidemark.postgres.wal.change.OpenTransaction.Budget;
import org.tidemark.postgres.wal.change.OpenTransaction.FileChanges;

/**
 * Follows the transactions of a cluster through the segments of one timeline's path, and shows each at its end. What a
 * transaction did is held until then, within a limit. Nothing in a record makes it fail: what it does not know, or what
 * is damaged, is counted. Not thread-safe.
 */
public final class TransactionFollower {
    /** About 100 MB: enough for a transaction that changes 100,000 relations beside others. */
    public static final int DEFAULT_MOST_ENTRIES = 500_000;

    // src/include/access/rmgrlist.h.
    private static final int XLOG = 0;
    static final int XACT = 1;
    private static final int SMGR = 2;
    private static final int DBASE = 4;
    private static final int TBLSPC = 5;
    private static final int RELMAP = 7;
    private static final int STANDBY = 8;
    private static final int HEAP2 = 9;
    private static final int HEAP = 10;
    private static final int HASH = 12;
    private static final int SEQ = 15;
    private static final int BRIN = 17;
    private static final int GENERIC = 20;
    private static final int LAST_KNOWN = 21;

    // src/include/catalog/pg_control.h.
    private static final int CHECKPOINT_SHUTDOWN = 0x00;
    private static final int FPI = 0xB0;
    // CheckPoint: the low half of nextXid, at the same place in 13 to 18.
    private static final int CHECKPOINT_NEXT_XID = 24;
    // src/include/catalog/storage_xlog.h: xl_smgr_create and xl_smgr_truncate.
    private static final int SMGR_CREATE = 0x10;
    private static final int SMGR_TRUNCATE = 0x20;
    // src/include/storage/standbydefs.h: xl_standby_locks and xl_running_xacts.
    private static final int STANDBY_LOCK = 0x00;
    private static final int RUNNING_XACTS = 0x10;
    private static final int LOCK_BYTES = 12;
    // src/include/access/heapam_xlog.h: operations of the heap without XLOG_HEAP_INIT_PAGE.
    private static final int HEAP_OPERATION = 0x70;
    private static final int INSERT = 0x00;
    private static final int DELETE = 0x10;
    private static final int UPDATE = 0x20;
    private static final int HOT_UPDATE = 0x40;
    private static final int INPLACE = 0x70;
    private static final int MULTI_INSERT = 0x50;
    // src/include/commands/dbcommands_xlog.h and tablespace.h.
    private static final int DBASE_DROP_TO_14 = 0x10;
    private static final int DBASE_DROP_SINCE_15 = 0x20;
    private static final int TBLSPC_DROP = 0x10;

    // A commit that drops 50,000 relations: about 20 invalidation messages of 16 bytes for each.
    static final int MOST_BODY_BYTES = 16 << 20;
    private static final int SMALL_BODY_BYTES = 1024;
    private static final int PAGE_IMAGE_BYTES = 1 << 15;

    private static final int MAIN_FORK = 0;
    private static final int INIT_FORK = 3;

    private static final Watch NOBODY = new Watch() {};

    private final Consumer<EndedTransaction> ended;
    private final Watch watch;
    private final Budget budget;
    private final RecordBody body = new RecordBody();
    private final Catalogs catalogs = new Catalogs();
    private final Map<Integer, OpenTransaction> open = new HashMap<>();
    private final Reading reading = new Reading();
    private @Nullable OpenTransaction last;
    private @Nullable Segment next;
    /** Whether all records of the last segment were read. */
    private boolean isWhole;
    /** Transactions before it may have begun before what was read; only meaningful if {@link #isHorizonKnown}. */
    private int horizon;

    private boolean isHorizonKnown;
    /** Whether a list of what runs was read, before which PostgreSQL writes all locks; a shutdown has no such list. */
    private boolean isSnapshotRead;
    /** Whether all open transactions began in what was read. */
    private boolean isHorizonPassed;
    /** The newest transaction that the limit left no room for; only meaningful if {@link #isOverflown}. */
    private int newestUntracked;

    private boolean isOverflown;
    private long unknownRecords;
    private long damagedRecords;

    /**
     * Creates one that has read nothing.
     *
     * @param mostEntries limits the memory: each open transaction, and each of its files, locks and created relations,
     *     counts as one, and takes about 200 bytes. A transaction takes at most a quarter of them: beyond, its rows are
     *     counted together ({@link EndedTransaction#rest}). If all are taken, of other transactions only the end is
     *     read. Both are said in {@link EndedTransaction#knowledge}
     * @param ended is shown each transaction at its end, in the order of the records
     */
    public TransactionFollower(int mostEntries, Consumer<EndedTransaction> ended) {
        this(mostEntries, ended, NOBODY);
    }

    /** One that is watched. */
    TransactionFollower(int mostEntries, Consumer<EndedTransaction> ended, Watch watch) {
        this.budget = new Budget(mostEntries);
        this.ended = ended;
        this.watch = watch;
    }

    /** Is shown records before they change anything. */
    interface Watch {
        /** One of the records that are looked at. */
        default void before(WalRecord record) {}

        /** The end of a transaction, which is still open. */
        default void ending(WalRecord record, int xid, TransactionRecord end) {}
    }

    /**
     * What was read of a segment.
     *
     * @param isGap whether something is missing between the segment before and this one: then all transactions that
     *     were open are forgotten
     * @param isWhole whether every record that begins in the segment was read; false if it is cut off or damaged, and
     *     then the next one is a gap
     * @param end of the last record that is valid; the segment's start if there is none
     */
    public record SegmentRead(boolean isGap, boolean isWhole, Lsn end) {}

    /**
     * Reads the next segment of the path: of the same timeline, or of the next one of the path, which then holds the
     * beginning of the last segment of the timeline before.
     *
     * @param following opens the segment after it, in which its last record may end
     */
    public SegmentRead read(InputStream segment, Following following, Segment name, WalSegmentSize size)
            throws IOException {
        boolean isGap = next != null
                && !(isWhole
                        && next.start(size).equals(name.start(size))
                        && name.timeline().id() >= next.timeline().id());
        if (isGap) {
            forget();
        }
        WalReader.Extent extent = WalReader.extent(segment, following, name, size, reading);
        isWhole = extent.isWhole();
        next = name.next(size);
        return new SegmentRead(isGap, isWhole, extent.end().orElse(name.start(size)));
    }

    /**
     * Tells where a catalog is, as a backup has it: WAL that is not read may have given it another file than initdb.
     *
     * @param database 0 for a shared catalog
     * @param catalog its OID: pg_class and pg_database matter
     * @param file the number of its file
     */
    public void catalog(long database, long catalog, long file) {
        catalogs.map(database, catalog, file);
    }

    private void forget() {
        open.clear();
        last = null;
        budget.giveAllBack();
        isHorizonKnown = false;
        isSnapshotRead = false;
        isHorizonPassed = false;
        isOverflown = false;
    }

    /** Records of resource managers and versions that are unknown, which were not looked at. */
    public long unknownRecords() {
        return unknownRecords;
    }

    /** Records whose body is not what it should be, though their CRC is right. */
    public long damagedRecords() {
        return damagedRecords;
    }

    static boolean isShutdown(WalRecord record) {
        return record.resourceManager() == XLOG && record.operation() == CHECKPOINT_SHUTDOWN;
    }

    /** The transactions and subtransactions that are open. */
    Collection<OpenTransaction> open() {
        return open.values();
    }

    /** Whether all locks that are held are known: PostgreSQL has written them since what is read began. */
    boolean hasSnapshot() {
        return isSnapshotRead;
    }

    /** The relations that a transaction has locked, and that a query of another session can name. */
    List<Long> visibleLocks(OpenTransaction transaction) {
        Set<Long> made = transaction.files.values().stream()
                .filter(each -> each.isNew)
                .map(each -> each.file.number())
                .collect(Collectors.toSet());
        return transaction.locks.stream()
                .filter(oid -> !made.contains(oid)
                        && !transaction.created.containsKey(oid)
                        && !catalogs.isCreatedWithoutXid(transaction.database, oid)
                        && !catalogs.isTemporary(transaction.database, oid))
                .toList();
    }

    /** How many transactions and subtransactions are open. */
    public int openTransactions() {
        return open.size();
    }

    private final class Reading implements Visitor {
        private int bodyBytes;

        @Override
        public boolean needsWholeSegment() {
            return true;
        }

        @Override
        public int wanted(int resourceManager, int info, int bodyBytes) {
            this.bodyBytes = bodyBytes;
            int operation = info & 0xF0;
            return switch (resourceManager) {
                case HEAP ->
                    // An image is wanted only for the rows of pg_class; whose block it is, is not known here.
                    switch (info & HEAP_OPERATION) {
                        case INSERT -> bodyBytes <= PAGE_IMAGE_BYTES ? bodyBytes : RecordBody.HEAP_HEADER_BYTES;
                        case DELETE, UPDATE, HOT_UPDATE -> RecordBody.HEAP_HEADER_BYTES;
                        // Its main data follows the row, and perhaps an image.
                        case INPLACE -> MOST_BODY_BYTES;
                        default -> 0;
                    };
                case HEAP2 -> (info & HEAP_OPERATION) == MULTI_INSERT ? MOST_BODY_BYTES : 0;
                case XACT, SMGR -> MOST_BODY_BYTES;
                case XLOG -> operation == FPI || operation == CHECKPOINT_SHUTDOWN ? RecordBody.HEAP_HEADER_BYTES : 0;
                case STANDBY ->
                    operation == STANDBY_LOCK
                            ? MOST_BODY_BYTES
                            : operation == RUNNING_XACTS ? RecordBody.HEAP_HEADER_BYTES : 0;
                case DBASE, TBLSPC, RELMAP -> SMALL_BODY_BYTES;
                // The first records of an index, where they are not images of pages, and of a sequence.
                case HASH, BRIN, SEQ -> operation == 0 ? RecordBody.HEAP_HEADER_BYTES : 0;
                case GENERIC -> RecordBody.HEAP_HEADER_BYTES;
                default -> {
                    unknownRecords += resourceManager > LAST_KNOWN ? 1 : 0;
                    yield 0;
                }
            };
        }

        @Override
        public void visit(WalRecord record) {
            OptionalInt major = WalMagic.postgresMajor(record.magic());
            if (major.isEmpty()) {
                unknownRecords++;
            } else if (!TransactionFollower.this.watched(record, bodyBytes, major.getAsInt())) {
                damagedRecords++;
            }
        }
    }

    private boolean watched(WalRecord record, int bodyBytes, int major) {
        watch.before(record);
        return visit(record, bodyBytes, major);
    }

    /** False if the record is not what it should be. */
    boolean visit(WalRecord record, int bodyBytes, int major) {
        boolean isRead = body.read(record.body(), bodyBytes, major);
        return switch (record.resourceManager()) {
            case HEAP, HEAP2 -> row(record, bodyBytes, major);
            case XACT -> transaction(record, major);
            case SMGR -> isRead && file(record);
            case XLOG -> record.operation() == FPI ? page(record, false) : shutdown(record);
            case HASH, BRIN, GENERIC -> page(record, false);
            case SEQ -> page(record, true);
            case STANDBY -> record.operation() == STANDBY_LOCK ? locks(record) : running(record);
            case DBASE, TBLSPC -> directory(record, major);
            case RELMAP -> body.main(0) >= 0 && catalogs.map(record.body(), body.main(0));
            default -> true;
        };
    }

    private boolean row(WalRecord record, int bodyBytes, int major) {
        int block = body.indexOf(0);
        int operation = record.info() & HEAP_OPERATION;
        boolean isMulti = record.resourceManager() == HEAP2;
        if (block < 0) {
            return false;
        }
        if (!isMulti && operation == INPLACE) {
            catalogs.inPlace(body, record);
            return true;
        }
        OpenTransaction transaction = of(record);
        if (transaction == null) {
            return true;
        }
        FileChanges file = transaction.file(body, block);
        file.bytes += bodyBytes;
        if (isMulti) {
            // xl_heap_multi_insert: flags, number of rows.
            int main = body.main(4);
            if (main < 0) {
                return false;
            }
            file.inserted += Short.toUnsignedInt(record.body().getShort(main + 2));
            file.insertedAt = record.start().value();
        } else if (operation == INSERT) {
            file.inserted++;
            file.insertedAt = record.start().value();
            if (catalogs.isPgClass(file.file)) {
                PgClassRow.of(body, record.body(), major)
                        .ifPresentOrElse(transaction::create, () -> transaction.isUnread = true);
            }
        } else if (operation == DELETE) {
            file.deleted++;
            if (catalogs.isPgDatabase(file.file)) {
                transaction.databaseRow = catalogs.beforeDeletion(body, record);
            }
        } else {
            file.updated++;
        }
        return true;
    }

    private boolean page(WalRecord record, boolean isSequence) {
        OpenTransaction transaction = body.count() == 0 ? null : of(record);
        if (transaction != null && (body.fork(0) == MAIN_FORK || body.fork(0) == INIT_FORK)) {
            FileChanges file = transaction.file(body, 0);
            file.hasPages = true;
            file.isSequence |= isSequence;
        }
        return body.count() > 0;
    }

    private boolean file(WalRecord record) {
        boolean isTruncation = record.operation() == SMGR_TRUNCATE;
        int main = body.main(isTruncation ? 20 : 16);
        if (main < 0) {
            return record.operation() != SMGR_CREATE && !isTruncation;
        }
        ByteBuffer from = record.body();
        int locator = isTruncation ? main + Integer.BYTES : main;
        RelFileLocator file =
                new RelFileLocator(from.getInt(locator), from.getInt(locator + 4), from.getInt(locator + 8));
        if (isTruncation) {
            OpenTransaction transaction = of(record);
            if (transaction != null && from.getInt(main) == 0) {
                transaction.file(file).truncatedAt = record.start().value();
            }
            return true;
        }
        int fork = from.getInt(main + 12);
        if (record.operation() == SMGR_CREATE && (fork == MAIN_FORK || fork == INIT_FORK)) {
            if (record.xid() == 0) {
                catalogs.createdWithoutXid(file);
            } else {
                OpenTransaction transaction = of(record);
                if (transaction != null) {
                    transaction.create(file);
                }
            }
        }
        return true;
    }

    private boolean locks(WalRecord record) {
        int main = body.main(Integer.BYTES);
        if (main < 0) {
            return false;
        }
        int room = (body.mainBytes() - Integer.BYTES) / LOCK_BYTES;
        int count = record.body().getInt(main);
        Moment moment = new Moment(record.start(), record.previous());
        for (int i = 0; i < Math.min(count, room); i++) {
            int at = main + Integer.BYTES + i * LOCK_BYTES;
            if (at + LOCK_BYTES > record.body().limit()) {
                return false;
            }
            OpenTransaction transaction = of(record.body().getInt(at), moment);
            if (transaction != null) {
                transaction.lock(
                        Integer.toUnsignedLong(record.body().getInt(at + 8)),
                        Integer.toUnsignedLong(record.body().getInt(at + 4)),
                        moment);
            }
        }
        return count <= room;
    }

    private boolean running(WalRecord record) {
        int main = body.main(20);
        if (main < 0) {
            return record.operation() != RUNNING_XACTS;
        }
        return snapshot(record.body().getInt(main + 12), record.body().getInt(main + 16));
    }

    private boolean shutdown(WalRecord record) {
        int main = body.main(CHECKPOINT_NEXT_XID + Integer.BYTES);
        if (main < 0) {
            return false;
        }
        begin(record.body().getInt(main + CHECKPOINT_NEXT_XID));
        return true;
    }

    /** Transactions from this one on have begun in what was read. */
    private void begin(int nextXid) {
        horizon = isHorizonKnown ? horizon : nextXid;
        isHorizonKnown = true;
    }

    /** Forgets the transactions that ended without a record, in a crash, or on a timeline that was left. */
    private boolean snapshot(int nextXid, int oldest) {
        begin(nextXid);
        isSnapshotRead = true;
        isHorizonPassed |= oldest - horizon >= 0;
        isOverflown &= newestUntracked - oldest >= 0;
        open.values().removeIf(each -> {
            boolean isGone = each.xid - oldest < 0 && !each.isPrepared;
            budget.giveBack(isGone ? each.entries() : 0);
            return isGone;
        });
        last = null;
        return true;
    }

    private boolean directory(WalRecord record, int major) {
        int drop =
                record.resourceManager() == TBLSPC ? TBLSPC_DROP : major < 15 ? DBASE_DROP_TO_14 : DBASE_DROP_SINCE_15;
        int main = body.main(Integer.BYTES);
        OpenTransaction transaction = main < 0 || record.operation() != drop ? null : of(record);
        if (transaction != null) {
            long oid = Integer.toUnsignedLong(record.body().getInt(main));
            Moment before = new Moment(record.start(), record.previous());
            if (record.resourceManager() == TBLSPC) {
                transaction.droppedTablespaces =
                        OpenTransaction.union(transaction.droppedTablespaces, Map.of(oid, before));
            } else {
                Moment row = transaction.databaseRow;
                transaction.droppedDatabases =
                        OpenTransaction.union(transaction.droppedDatabases, Map.of(oid, row == null ? before : row));
            }
        }
        return main >= 0;
    }

    private boolean transaction(WalRecord record, int major) {
        int operation = TransactionRecord.operation(record.info());
        int main = body.main(Long.BYTES);
        if (operation == TransactionRecord.PREPARE) {
            OpenTransaction transaction = of(record);
            if (transaction != null) {
                transaction.isPrepared = true;
            }
            return true;
        }
        if (operation == TransactionRecord.ASSIGNMENT) {
            return assignment(record, main);
        }
        if (!TransactionRecord.isEnd(record.info())) {
            return true;
        }
        if (main < 0) {
            return false;
        }
        TransactionRecord end = new TransactionRecord(record.body(), main, record.info(), major);
        int xid = end.preparedXid != 0 ? end.preparedXid : record.xid();
        if (xid != 0) {
            watch.ending(record, xid, end);
            Moment moment = new Moment(record.start(), record.previous());
            OpenTransaction transaction = remove(xid);
            boolean isLost = transaction == null && isOverflown;
            if (transaction == null) {
                transaction = new OpenTransaction(xid, moment, mayBeOlder(xid), budget);
            }
            transaction.isBegunBefore |= mayBeOlder(xid);
            for (int child : end.subtransactions) {
                OpenTransaction below = remove(child);
                isLost |= below == null && isOverflown;
                if (below != null) {
                    transaction.add(below);
                }
            }
            transaction.isMerged |= isLost;
            ended.accept(new TransactionResult(transaction, end, catalogs, major).result(moment, record.end()));
            catalogs.ended(transaction, end);
        }
        return !end.isCutOff;
    }

    private boolean assignment(WalRecord record, int main) {
        ByteBuffer from = record.body();
        int count = main < 0 ? 0 : Math.min(from.getInt(main + 4), (body.mainBytes() - 8) / Integer.BYTES);
        for (int i = 0; i < count && main + 12 + i * Integer.BYTES <= from.limit(); i++) {
            OpenTransaction child = open.get(from.getInt(main + 8 + i * Integer.BYTES));
            if (child != null) {
                child.parent = Optional.of(from.getInt(main));
            }
        }
        return main >= 0;
    }

    private @Nullable OpenTransaction remove(int xid) {
        OpenTransaction transaction = open.remove(xid);
        budget.giveBack(transaction == null ? 0 : transaction.entries());
        last = null;
        return transaction;
    }

    /** Whether it may have begun before what was read. */
    boolean mayBeOlder(int xid) {
        return !isHorizonPassed && (!isHorizonKnown || xid - horizon < 0);
    }

    private @Nullable OpenTransaction of(WalRecord record) {
        OpenTransaction known = last;
        if (known != null && known.xid == record.xid()) {
            return known;
        }
        OpenTransaction transaction = of(record.xid(), new Moment(record.start(), record.previous()));
        if (transaction != null && body.toplevelXid() != 0) {
            transaction.parent = Optional.of(body.toplevelXid());
        }
        return transaction;
    }

    /** Null if it has no xid, or there is no room for another one. */
    private @Nullable OpenTransaction of(int xid, Moment moment) {
        if (xid == 0) {
            return null;
        }
        OpenTransaction found = open.get(xid);
        if (found == null && budget.take()) {
            found = new OpenTransaction(xid, moment, mayBeOlder(xid), budget);
            open.put(xid, found);
        } else if (found == null) {
            newestUntracked = isOverflown && newestUntracked - xid > 0 ? newestUntracked : xid;
            isOverflown = true;
        }
        last = found;
        return found;
    }
}
