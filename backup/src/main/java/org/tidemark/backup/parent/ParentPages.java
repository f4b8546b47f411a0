// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.parent;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.tidemark.catalog.backup.BundleReader;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.PageFingerprints;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.LastUsed;
import org.tidemark.core.UserFacingException;

/**
 * Which pages of a file differ from what the parent has of them, by the fingerprints in the indexes of its bundles. An
 * index is read when it is needed, and those that were needed last are kept. Thread-safe.
 */
final class ParentPages {
    /** An index of a bundle has some 64 KiB of fingerprints. */
    private static final int MAX_INDEXES = 64;

    /** A file of one GiB takes 1 MiB. */
    private static final int MAX_FILES = 8;

    private final PieceTable pieces;
    private final int pageSize;
    private final FingerprintKey key;
    private final IndexSource source;
    private final IntPredicate leaves;
    private final Consumer<String> warning;
    private final LastUsed<Integer, Map<Long, PageFingerprints>> indexes = new LastUsed<>(MAX_INDEXES, _ -> 1);
    private final LastUsed<Integer, Owners> files = new LastUsed<>(MAX_FILES, _ -> 1);

    /** Reads the index of a bundle. */
    @FunctionalInterface
    interface IndexSource {
        /**
         * Reads header and index.
         *
         * @param bundle its number in the manifest of the parent
         */
        BundleReader open(int bundle) throws IOException;
    }

    /**
     * The pieces of a file, and some neighbouring pages of it.
     *
     * @param file its number
     * @param from the number of its first piece
     * @param to the number after that of its last piece
     * @param base the piece that most of the pages are expected in
     * @param first the number of the first page in the file
     * @param count of pages
     */
    record Stretched(int file, int from, int to, int base, int first, int count) {}

    /**
     * What a comparison found.
     *
     * @param changed the pages of the file that differ, those that the parent lacks or nothing is known of, and those
     *     that are to be stored again
     * @param outsideBase how many pages must be read from elsewhere than their base
     */
    record Changes(BitSet changed, int outsideBase) {}

    /**
     * Which piece writes each page of a file.
     *
     * @param piece by the number of the page; -1 where none has the whole page
     * @param place the number of the page among those of the piece
     */
    @SuppressWarnings("ArrayRecordComponent") // Looked up, never compared.
    private record Owners(int[] piece, int[] place) {
        int pieceOf(int page) {
            return page < piece.length ? piece[page] : -1;
        }
    }

    /**
     * The pages of a parent.
     *
     * @param pieces of the parent, all of them
     * @param warning is told of an index that cannot be read
     * @param leaves whether what a piece writes is to be stored again, by its number
     */
    ParentPages(
            PieceTable pieces,
            int pageSize,
            FingerprintKey key,
            IndexSource source,
            IntPredicate leaves,
            Consumer<String> warning) {
        this.pieces = pieces;
        this.pageSize = pageSize;
        this.key = key;
        this.source = source;
        this.leaves = leaves;
        this.warning = warning;
    }

    /** Compares pages with those in {@code data} from {@code offset} on. */
    Changes compare(Stretched pages, byte[] data, int offset) {
        Owners owners = files.get(pages.file(), () -> owners(pages.from(), pages.to()));
        BitSet changed = new BitSet();
        int outsideBase = 0;
        for (int i = 0; i < pages.count(); i++) {
            int page = pages.first() + i;
            int piece = owners.pieceOf(page);
            boolean same = piece >= 0
                    && isSame(piece, owners.place()[page], key.fingerprint(data, offset + i * pageSize, pageSize));
            if (!same) {
                changed.set(page);
            }
            if (!same || piece != pages.base()) {
                outsideBase++;
            }
        }
        return new Changes(changed, outsideBase);
    }

    private Owners owners(int from, int to) {
        List<List<Stretch>> written = new ArrayList<>(to - from);
        long end = 0;
        for (int piece = from; piece < to; piece++) {
            written.add(pieces.written(piece));
            end = Math.max(end, written.getLast().getLast().end());
        }
        int pages = (int) (end / pageSize);
        Owners owners = new Owners(new int[pages], new int[pages]);
        Arrays.fill(owners.piece(), -1);
        for (int piece = from; piece < to; piece++) {
            for (Stretch each : written.get(piece - from)) {
                int first = (int) (each.at() / pageSize);
                for (int i = 0; i < each.sizeBytes() / pageSize; i++) {
                    owners.piece()[first + i] = piece;
                    owners.place()[first + i] = each.offset() / pageSize + i;
                }
            }
        }
        return owners;
    }

    private boolean isSame(int piece, int place, long fingerprint) {
        if (leaves.test(piece)) {
            return false;
        }
        if (pieces.size(piece) == pageSize) {
            return pieces.checksums(piece).fingerprint() == fingerprint;
        }
        PageFingerprints known = indexes.get(pieces.bundle(piece), () -> index(pieces.bundle(piece)))
                .get(part(pieces.start(piece), pieces.offset(piece)));
        return known != null
                && (long) known.count() * pageSize == pieces.size(piece)
                && known.fingerprint(place) == fingerprint;
    }

    /** The fingerprints in a bundle, by {@link #part}; none if its index cannot be read. */
    private Map<Long, PageFingerprints> index(int bundle) {
        Map<Long, PageFingerprints> found = new HashMap<>();
        try {
            for (Frame frame : source.open(bundle).frames()) {
                int offset = 0;
                for (FramePart part : frame.parts()) {
                    if (part.pages().isPresent()) {
                        found.put(part(frame.offset(), offset), part.pages().get());
                    }
                    offset += part.size();
                }
            }
            return found;
        } catch (IOException | UserFacingException e) {
            warning.accept("what has changed is stored in whole pieces, since the index of a bundle cannot be read: "
                    + e.getMessage());
            return Map.of();
        }
    }

    /** One number for a part of a frame: no bundle has 2^43 bytes. */
    private static long part(long start, int offset) {
        return start * (Frame.MAX_DATA_BYTES + 1L) + offset;
    }
}
