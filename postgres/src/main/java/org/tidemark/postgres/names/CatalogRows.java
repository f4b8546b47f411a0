// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.names;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.core.Lsn;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.PageCheck.PageChecksum;
import org.tidemark.postgres.names.ClusterFiles.ClusterFile;
import org.tidemark.postgres.names.RelationNames.Gap;
import org.tidemark.postgres.names.RelationNames.TooManyRelationsException;
import org.tidemark.postgres.names.TransactionStates.State;

/**
 * The rows of one catalog, out of the pages of its file. Of the versions of a row the one that is live is taken, by the
 * rules of HeapTupleSatisfiesMVCC() in src/backend/access/heap/heapam_visibility.c, for a snapshot of those
 * transactions that pg_xact, or a hint bit, calls committed. Not thread-safe.
 *
 * <p>The pages may have been copied at different times: then a row may have two live versions, or one that was moved to
 * a page that was copied before. The newest version is taken, and is not certain.
 *
 * @param <T> the parsed row
 */
final class CatalogRows<T> {
    private static final int PAGES_AT_ONCE = 16;
    // src/include/storage/bufpage.h and itemid.h.
    private static final int CHECKSUM = 8;
    private static final int LOWER = 12;
    private static final int UPPER = 14;
    private static final int SPECIAL = 16;
    private static final int SIZE_AND_VERSION = 18;
    private static final int PAGE_HEADER = 24;
    private static final int LAYOUT_VERSION = 4;
    private static final int LP_NORMAL = 1;
    // HeapTupleHeaderData of src/include/access/htup_details.h.
    private static final int XMAX = 4;
    private static final int CTID = 12;
    private static final int INFOMASK = 20;
    private static final int HEADER_SIZE = 22;
    private static final int ROW_HEADER = 23;
    private static final int XMAX_LOCK_MASK = 0x0050;
    private static final int XMAX_EXCLUSIVE_LOCK = 0x0040;
    private static final int XMAX_LOCK_ONLY = 0x0080;
    private static final int XMIN_COMMITTED = 0x0100;
    private static final int XMIN_INVALID = 0x0200;
    private static final int XMAX_COMMITTED = 0x0400;
    private static final int XMAX_INVALID = 0x0800;
    private static final int XMAX_IS_MULTI = 0x1000;

    private final ControlFile control;
    private final TransactionStates transactions;
    private final Lsn replayStart;
    private final Parser<T> parser;
    private final int limit;
    private final Optional<PageChecksum> checksum;
    private final List<Version<T>> versions = new ArrayList<>();
    private long pages;
    private long invalidPages;
    private long invalidRows;

    /** Parses one row; empty if no such row can exist. */
    @FunctionalInterface
    interface Parser<T> {
        Optional<T> parse(Row row);
    }

    /** The columns of a row, by their offset in it; all of them have a fixed size and are not null. */
    record Row(ByteBuffer page, int begin, int length) {
        long oid(int offset) {
            return Integer.toUnsignedLong(page.getInt(begin + offset));
        }

        float real(int offset) {
            return page.getFloat(begin + offset);
        }

        char character(int offset) {
            return (char) (page.get(begin + offset) & 0xFF);
        }

        /** The bytes of a name, without the zeros that fill it up. */
        byte[] name(int offset) {
            // NAMEDATALEN of src/include/pg_config_manual.h.
            byte[] bytes = new byte[64];
            page.get(begin + offset, bytes);
            int length = 0;
            while (length < bytes.length && bytes[length] != 0) {
                length++;
            }
            return Arrays.copyOf(bytes, length);
        }
    }

    /** A row with its OID, of which the file has one live version. */
    record Found<T>(long oid, T value, boolean isCertain) {}

    /** The best first. */
    private enum Fate {
        LIVE,
        /** A transaction that may have created, changed or deleted it has no known end, or its page is torn. */
        UNSURE,
        /** Superseded by a version at another place, on a page that was changed since the start of the backup. */
        MOVED,
        DELETED
    }

    private record Version<T>(long oid, T value, int xmin, Fate fate) {
        boolean isBetterThan(Version<T> other) {
            // Transaction ids are compared on a circle: TransactionIdPrecedes() of transam.c.
            return fate == other.fate ? xmin - other.xmin > 0 : fate.compareTo(other.fate) < 0;
        }
    }

    /**
     * Creates a reading of one catalog.
     *
     * @param limit the maximum number of row versions
     */
    CatalogRows(ControlFile control, TransactionStates transactions, Lsn replayStart, Parser<T> parser, int limit) {
        this.control = control;
        this.transactions = transactions;
        this.replayStart = replayStart;
        this.parser = parser;
        this.limit = limit;
        this.checksum = control.dataChecksumVersion() == 0
                ? Optional.empty()
                : Optional.of(new PageChecksum(control.pageSize()));
    }

    /** The live rows, in the order of their OIDs. */
    List<Found<T>> read(ClusterFiles files, String path, Set<Gap> gaps) throws IOException {
        int segmentPages = control.layout().relationSegmentPages();
        long before = 0;
        for (int segment = 0; pages == before; segment++, before += segmentPages) {
            Optional<ClusterFile> opened = files.open(segment == 0 ? path : path + "." + segment);
            if (opened.isEmpty()) {
                break;
            }
            try (ClusterFile file = opened.get()) {
                readPages(file, segmentPages);
            }
        }
        if (pages == 0) {
            gaps.add(new Gap(path, "the file is missing or empty"));
        }
        if (invalidPages > 0) {
            gaps.add(new Gap(path, invalidPages + " of " + pages + " pages are torn or damaged"));
        }
        if (invalidRows > 0) {
            gaps.add(new Gap(path, invalidRows + " rows are not valid"));
        }
        return live();
    }

    private void readPages(ClusterFile file, int most) throws IOException {
        int pageSize = control.pageSize();
        byte[] bytes = new byte[PAGES_AT_ONCE * pageSize];
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int read = bytes.length;
        for (long page = 0; page < most && read == bytes.length; page += PAGES_AT_ONCE) {
            read = file.read(page * pageSize, bytes, 0, bytes.length);
            for (int offset = 0; offset + pageSize <= read; offset += pageSize) {
                readPage(bytes, buffer.slice(offset, pageSize).order(ByteOrder.LITTLE_ENDIAN), offset);
                pages++;
            }
            invalidPages += read % pageSize == 0 ? 0 : 1;
        }
    }

    private void readPage(byte[] bytes, ByteBuffer page, int offset) throws IOException {
        int lower = unsigned(page, LOWER);
        int upper = unsigned(page, UPPER);
        int special = unsigned(page, SPECIAL);
        if (upper == 0) {
            // A new page; a torn one has its rows in the other half.
            invalidPages += page.equals(ByteBuffer.allocate(page.capacity())) ? 0 : 1;
            return;
        }
        if (lower < PAGE_HEADER
                || lower > upper
                || upper > special
                || special > page.capacity()
                || unsigned(page, SIZE_AND_VERSION) != (page.capacity() | LAYOUT_VERSION)) {
            invalidPages++;
            return;
        }
        boolean isWhole =
                checksum.isEmpty() || checksum.get().compute(bytes, offset, pages) == unsigned(page, CHECKSUM);
        invalidPages += isWhole ? 0 : 1;
        for (int item = PAGE_HEADER; item + Integer.BYTES <= lower; item += Integer.BYTES) {
            int pointer = page.getInt(item);
            if ((pointer >>> 15 & 3) == LP_NORMAL) {
                readRow(page, pointer & 0x7FFF, pointer >>> 17, (item - PAGE_HEADER) / Integer.BYTES + 1, isWhole);
            }
        }
    }

    private void readRow(ByteBuffer page, int begin, int length, int number, boolean isWhole) throws IOException {
        if (length < ROW_HEADER || begin + length > page.capacity()) {
            invalidRows++;
            return;
        }
        int header = page.get(begin + HEADER_SIZE) & 0xFF;
        Row row = new Row(page, begin + header, length - header);
        int xmin = page.getInt(begin);
        Optional<T> value = header < ROW_HEADER || row.length < Integer.BYTES ? Optional.empty() : parser.parse(row);
        if (value.isEmpty() || row.oid(0) == 0 || xmin == 0) {
            invalidRows++;
            return;
        }
        Optional<Fate> fate = fate(page, begin, number);
        if (fate.isEmpty() || (fate.get() == Fate.DELETED && versions.size() >= limit / 2)) {
            return;
        }
        if (versions.size() >= limit) {
            throw new TooManyRelationsException();
        }
        versions.add(new Version<>(
                row.oid(0), value.get(), xmin, fate.get() == Fate.LIVE && !isWhole ? Fate.UNSURE : fate.get()));
    }

    /** Empty for a version that no snapshot since the start of the backup sees. */
    private Optional<Fate> fate(ByteBuffer page, int begin, int number) throws IOException {
        int mask = unsigned(page, begin + INFOMASK);
        // Both bits together are HEAP_XMIN_FROZEN.
        State created = (mask & XMIN_COMMITTED) != 0
                ? State.COMMITTED
                : (mask & XMIN_INVALID) != 0 ? State.ABORTED : transactions.of(page.getInt(begin));
        if (created == State.ABORTED || created == State.RUNNING) {
            return Optional.empty();
        }
        Fate fate = created == State.UNKNOWN ? Fate.UNSURE : Fate.LIVE;
        if ((mask & (XMAX_INVALID | XMAX_LOCK_ONLY)) != 0
                || (mask & (XMAX_IS_MULTI | XMAX_LOCK_MASK)) == XMAX_EXCLUSIVE_LOCK) {
            return Optional.of(fate);
        }
        if ((mask & XMAX_IS_MULTI) != 0) {
            // One of several transactions may have changed it. If so, the new version is live, and better than this.
            // pg_multixact, which names that transaction, is not read.
            return Optional.of(Fate.UNSURE);
        }
        State deleted = (mask & XMAX_COMMITTED) != 0 ? State.COMMITTED : transactions.of(page.getInt(begin + XMAX));
        return switch (deleted) {
            case ABORTED -> Optional.of(fate);
            case RUNNING, UNKNOWN -> Optional.of(Fate.UNSURE);
            case COMMITTED -> afterDeletion(page, begin, number);
        };
    }

    private Optional<Fate> afterDeletion(ByteBuffer page, int begin, int number) {
        long block = (long) unsigned(page, begin + CTID) << 16 | unsigned(page, begin + CTID + 2);
        if (block == pages && unsigned(page, begin + CTID + 4) == number) {
            return Optional.of(Fate.DELETED);
        }
        Lsn changed = new Lsn((long) page.getInt(0) << 32 | Integer.toUnsignedLong(page.getInt(4)));
        return changed.isBefore(replayStart) ? Optional.empty() : Optional.of(Fate.MOVED);
    }

    private List<Found<T>> live() {
        versions.sort(Comparator.comparingLong(Version::oid));
        List<Found<T>> found = new ArrayList<>();
        for (int from = 0; from < versions.size(); ) {
            Version<T> best = versions.get(from);
            int to = from + 1;
            while (to < versions.size() && versions.get(to).oid == best.oid) {
                best = versions.get(to).isBetterThan(best) ? versions.get(to) : best;
                to++;
            }
            add(found, best, versions.subList(from, to));
            from = to;
        }
        return found;
    }

    private static <T> void add(List<Found<T>> found, Version<T> best, List<Version<T>> all) {
        boolean isDeleted = all.stream().anyMatch(each -> each.fate == Fate.DELETED);
        if (isDeleted && best.fate.compareTo(Fate.MOVED) >= 0) {
            return;
        }
        boolean isCertain = best.fate == Fate.LIVE
                && !isDeleted
                && all.stream().allMatch(each -> each.fate != Fate.LIVE || each.value.equals(best.value));
        found.add(new Found<>(best.oid, best.value, isCertain));
    }

    private static int unsigned(ByteBuffer page, int offset) {
        return page.getShort(offset) & 0xFFFF;
    }
}
