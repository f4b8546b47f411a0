// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.Sorted;

/**
 * The pieces of a backup, numbered from 0: ten terabytes have ten million of them, each 50 bytes here, outside of
 * Java's heap. A piece that is not one range of its file, or not written whole, takes some bytes more for each run of
 * pages. Filled by one thread, then only read.
 */
public final class PieceTable {
    private final Columns.Ints files = new Columns.Ints();
    private final Columns.Ints bundles = new Columns.Ints();
    private final Columns.Longs starts = new Columns.Longs();
    private final Columns.Ints lengths = new Columns.Ints();
    private final Columns.Ints offsets = new Columns.Ints();
    private final Columns.Ints sizes = new Columns.Ints();
    /** Where a range belongs in its file; of any other piece, what its row in {@link #others} is below 0. */
    private final Columns.Longs positions = new Columns.Longs();

    /** The placement and the excepted pages of the other pieces. */
    private final Columns.Bytes others = new Columns.Bytes();

    private int countOfOthers;
    private final Columns.Ints crcs = new Columns.Ints();
    private final Columns.Longs fingerprints = new Columns.Longs();

    /**
     * Adds a piece, whose number is the count of those before it.
     *
     * @param file the number of its file in the {@link FileTable}
     */
    public void add(Piece piece, int file) {
        files.add(file);
        bundles.add(piece.bundle());
        starts.add(piece.start());
        lengths.add(piece.length());
        offsets.add(piece.offset());
        sizes.add(piece.size());
        if (piece.placement() instanceof Range(long at, int _)
                && piece.except().isEmpty()
                && piece.updated().isEmpty()) {
            positions.add(at);
        } else {
            countOfOthers++;
            positions.add(-countOfOthers);
            others.add(encode(piece));
        }
        crcs.add(piece.checksums().crc32c());
        fingerprints.add(piece.checksums().fingerprint());
    }

    public int size() {
        return files.size();
    }

    /** All pieces by bundle and, in a bundle, by the place of their frame. */
    public int[] inStoredOrder() {
        long[] byBundle = new long[size()];
        for (int piece = 0; piece < byBundle.length; piece++) {
            byBundle[piece] = (long) bundles.get(piece) << Integer.SIZE | piece;
        }
        Arrays.sort(byBundle);
        int[] order = new int[byBundle.length];
        for (int from = 0, to; from < order.length; from = to) {
            long bundle = byBundle[from] >>> Integer.SIZE;
            to = from + 1;
            while (to < order.length && byBundle[to] >>> Integer.SIZE == bundle) {
                to++;
            }
            sortByStart(byBundle, from, to, order);
        }
        return order;
    }

    /** The order of the frames, and in a frame that of the manifest. */
    private void sortByStart(long[] byBundle, int from, int to, int[] order) {
        boolean sorted = true;
        for (int i = from; i < to; i++) {
            order[i] = (int) byBundle[i];
            sorted &= i == from || starts.get(order[i - 1]) <= starts.get(order[i]);
        }
        if (sorted) {
            return;
        }
        long[] distinct = new long[to - from];
        for (int i = from; i < to; i++) {
            distinct[i - from] = starts.get(order[i]);
        }
        Arrays.sort(distinct);
        long[] byRank = new long[to - from];
        for (int i = from; i < to; i++) {
            // Of equal numbers the search finds any, and always the same one.
            long rank = Arrays.binarySearch(distinct, starts.get(order[i]));
            byRank[i - from] = rank << Integer.SIZE | order[i];
        }
        Arrays.sort(byRank);
        for (int i = from; i < to; i++) {
            order[i] = (int) byRank[i - from];
        }
    }

    /** The number of its file in the {@link FileTable}. */
    public int file(int piece) {
        return files.get(piece);
    }

    /**
     * The number of the first piece of a file, or where it would be: those of a file follow each other if files were
     * added one after the other.
     *
     * @param file its number; the count of all files for where the last one ends
     */
    public int firstOf(int file) {
        return Sorted.first(size(), piece -> files.get(piece) >= file);
    }

    /** The number of its bundle in the manifest. */
    public int bundle(int piece) {
        return bundles.get(piece);
    }

    /** Where its frame begins in the bundle. */
    public long start(int piece) {
        return starts.get(piece);
    }

    /** The length of its frame's stored bytes. */
    public int length(int piece) {
        return lengths.get(piece);
    }

    /** Where it begins in the frame's data. */
    public int offset(int piece) {
        return offsets.get(piece);
    }

    /** Where it begins in its file; -1 if it is not one range, not written whole, or updated. */
    public long at(int piece) {
        return Math.max(-1, positions.get(piece));
    }

    /** In bytes. */
    public int size(int piece) {
        return sizes.get(piece);
    }

    /** What is written of it, and where that belongs in the file. */
    public List<Stretch> written(int piece) {
        return isWholeRange(piece)
                ? List.of(new Stretch(0, positions.get(piece), sizes.get(piece)))
                : piece(piece).written();
    }

    /** Whether the bytes that its checksums were taken of are in the file, once it is written. */
    public boolean isWrittenWhole(int piece) {
        return isWholeRange(piece) || piece(piece).except().isEmpty();
    }

    private boolean isWholeRange(int piece) {
        return positions.get(piece) >= 0;
    }

    /** The piece as it was added. */
    public Piece piece(int piece) {
        Placement placement;
        Optional<PageList> except = Optional.empty();
        Optional<PieceChecksums> updated = Optional.empty();
        if (isWholeRange(piece)) {
            placement = new Range(positions.get(piece), sizes.get(piece));
        } else {
            ByteBuffer in = ByteBuffer.wrap(others.get((int) (-positions.get(piece) - 1)));
            int pageSize = (int) next(in);
            placement =
                    in.get() == 0 ? new Range(next(in), sizes.get(piece)) : new Pages(new PageList(pageSize, runs(in)));
            List<PageList.Run> excepted = runs(in);
            except = excepted.isEmpty() ? Optional.empty() : Optional.of(new PageList(pageSize, excepted));
            updated = in.hasRemaining() ? Optional.of(new PieceChecksums(in.getInt(), in.getLong())) : Optional.empty();
        }
        return new Piece(
                bundles.get(piece),
                starts.get(piece),
                lengths.get(piece),
                offsets.get(piece),
                placement,
                checksums(piece),
                except,
                updated);
    }

    private static byte[] encode(Piece piece) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        switch (piece.placement()) {
            case Range range -> {
                put(bytes, piece.except().map(PageList::pageSize).orElse(1));
                bytes.write(0);
                put(bytes, range.at());
            }
            case Pages pages -> {
                put(bytes, pages.pages().pageSize());
                bytes.write(1);
                put(bytes, pages.pages().runs());
            }
        }
        put(bytes, piece.except().map(PageList::runs).orElse(List.of()));
        piece.updated()
                .ifPresent(updated -> bytes.writeBytes(ByteBuffer.allocate(Integer.BYTES + Long.BYTES)
                        .putInt(updated.crc32c())
                        .putLong(updated.fingerprint())
                        .array()));
        return bytes.toByteArray();
    }

    /** Each as the difference to where the run before ended, and its length. */
    private static void put(ByteArrayOutputStream bytes, List<PageList.Run> runs) {
        put(bytes, runs.size());
        int end = 0;
        for (PageList.Run run : runs) {
            put(bytes, run.first() - end);
            put(bytes, run.count());
            end = run.first() + run.count();
        }
    }

    private static List<PageList.Run> runs(ByteBuffer in) {
        int count = (int) next(in);
        List<PageList.Run> runs = new ArrayList<>(count);
        int end = 0;
        for (int i = 0; i < count; i++) {
            PageList.Run run = new PageList.Run(end + (int) next(in), (int) next(in));
            runs.add(run);
            end = run.first() + run.count();
        }
        return runs;
    }

    /** In groups of seven bits. */
    private static void put(ByteArrayOutputStream bytes, long number) {
        long left = number;
        for (; left > 0x7f; left >>>= 7) {
            bytes.write(((int) left & 0x7f) | 0x80);
        }
        bytes.write((int) left);
    }

    private static long next(ByteBuffer in) {
        long number = 0;
        for (int bits = 0; ; bits += 7) {
            byte group = in.get();
            number |= (group & 0x7fL) << bits;
            if (group >= 0) {
                return number;
            }
        }
    }

    public PieceChecksums checksums(int piece) {
        return new PieceChecksums(crcs.get(piece), fingerprints.get(piece));
    }
}
