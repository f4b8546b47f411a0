// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.target;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.backup.Placement.Stretch;

/**
 * Which pieces of a backup a directory has already. The checksums of a piece say it, or, where some of its pages are
 * not written, those of each MiB of the file that it has a part of. Thread-safe.
 */
public final class PiecesInPlace {
    private final FileTable files;
    private final PieceTable pieces;
    private final Optional<FingerprintKey> key;
    private final Reader reader;
    /** Of each file that is put together from pages, the MiBs that are as in the backup. */
    private final Map<Integer, BitSet> updated = new ConcurrentHashMap<>();

    /** Reads what is there. */
    @FunctionalInterface
    public interface Reader {
        /** False if the file does not have all of these bytes. */
        boolean read(int file, List<Stretch> stretches, byte[] to) throws IOException;
    }

    /** @param reader reads what the directory has now */
    public PiecesInPlace(FileTable files, PieceTable pieces, FingerprintKey key, Reader reader) {
        this.files = files;
        this.pieces = pieces;
        this.key = Optional.of(key);
        this.reader = reader;
    }

    /**
     * Whether a piece is there.
     *
     * @param buffer of {@link Frame#MAX_DATA_BYTES}, whose content is lost
     */
    public boolean contains(int piece, byte[] buffer) throws IOException {
        int file = pieces.file(piece);
        List<Stretch> written = pieces.written(piece);
        if (pieces.isWrittenWhole(piece)) {
            return reader.read(file, written, buffer)
                    && pieces.checksums(piece).match(key, buffer, 0, pieces.size(piece));
        }
        BitSet inPlace;
        try {
            inPlace = updated.computeIfAbsent(file, _ -> updated(file, piece));
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        return written.stream().allMatch(each -> {
            int first = (int) (each.at() / Frame.MAX_DATA_BYTES);
            int last = (int) ((each.end() - 1) / Frame.MAX_DATA_BYTES);
            return inPlace.nextClearBit(first) > last;
        });
    }

    /**
     * The MiBs of a file that are as in the backup.
     *
     * @param piece any of the file: they follow each other
     */
    private BitSet updated(int file, int piece) {
        byte[] buffer = new byte[Frame.MAX_DATA_BYTES];
        BitSet inPlace = new BitSet();
        int first = piece;
        while (first > 0 && pieces.file(first - 1) == file) {
            first--;
        }
        for (int each = first; each < pieces.size() && pieces.file(each) == file; each++) {
            if (pieces.at(each) < 0 && isUpdated(pieces.piece(each), file, buffer)) {
                inPlace.set((int) (begin(pieces.piece(each)) / Frame.MAX_DATA_BYTES));
            }
        }
        return inPlace;
    }

    private boolean isUpdated(Piece piece, int file, byte[] buffer) {
        if (piece.updated().isEmpty() || begin(piece) % Frame.MAX_DATA_BYTES != 0) {
            return false;
        }
        int size = (int) Math.min(Frame.MAX_DATA_BYTES, files.size(file) - begin(piece));
        try {
            return reader.read(file, List.of(new Stretch(0, begin(piece), size)), buffer)
                    && piece.updated().get().match(key, buffer, 0, size);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static long begin(Piece piece) {
        return piece.placement() instanceof Range(long at, int _) ? at : 0;
    }
}
