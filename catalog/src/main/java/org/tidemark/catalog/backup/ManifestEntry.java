// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.tidemark.core.PathBytes;

/** A line of the manifest: a file, a directory or a link of the data directory. Immutable. */
public sealed interface ManifestEntry {
    /** The order of the manifest: by the bytes of the path. */
    Comparator<String> PATH_ORDER = (a, b) -> Arrays.compareUnsigned(PathBytes.encode(a), PathBytes.encode(b));

    /** Relative to the data directory, with slashes; never climbs out of it. */
    String path();

    /**
     * A file.
     *
     * @param mode the rights, such as 0600
     * @param size in bytes
     * @param modified when its content was last changed
     * @param crc32c of its bytes, to which those of its pieces combine
     * @param pieces in order of {@link Piece#at}, without a gap; none for an empty file
     */
    record FileEntry(String path, int mode, long size, Instant modified, int crc32c, List<Piece> pieces)
            implements ManifestEntry {
        public FileEntry {
            checkPath(path);
            checkMode(path, mode);
            pieces = List.copyOf(pieces);
            long end = 0;
            int crc = 0; // of no bytes
            for (Piece piece : pieces) {
                crc = Crc32cCombination.combine(crc, piece.checksums().crc32c(), piece.size());
                if (piece.at() != end) {
                    throw new IllegalArgumentException("the pieces of '" + path + "' leave a gap at byte " + end);
                }
                end += piece.size();
            }
            if (end != size) {
                throw new IllegalArgumentException(
                        "the pieces of '" + path + "' end at byte " + end + ", the file at byte " + size);
            }
            if (crc != crc32c) {
                throw new IllegalArgumentException("the pieces of '" + path + "' do not add up to its checksum");
            }
        }

        /** The same entry for a variant of the backup in which each frame lies {@code bytes} later in its bundle. */
        FileEntry shifted(long bytes) {
            return new FileEntry(
                    path,
                    mode,
                    size,
                    modified,
                    crc32c,
                    pieces.stream().map(piece -> piece.shifted(bytes)).toList());
        }
    }

    /**
     * A directory.
     *
     * @param mode the rights, such as 0700
     */
    record DirectoryEntry(String path, int mode) implements ManifestEntry {
        public DirectoryEntry {
            checkPath(path);
            checkMode(path, mode);
        }
    }

    /**
     * A symbolic link: of a tablespace, or one that stood in the data directory.
     *
     * @param target as the link holds it
     */
    record LinkEntry(String path, String target) implements ManifestEntry {
        public LinkEntry {
            checkPath(path);
            if (target.isEmpty() || target.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("not the target of a link: '" + target + "'");
            }
        }
    }

    /**
     * Requires a path below the data directory, without empty names, {@code .} and {@code ..}.
     *
     * @throws IllegalArgumentException if the path has another form
     */
    static void checkPath(String path) {
        if (path.isEmpty() || path.indexOf('\0') >= 0 || !PathBytes.isText(path)) {
            throw new IllegalArgumentException("not a path in a data directory: '" + path + "'");
        }
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw new IllegalArgumentException("not a path in a data directory: '" + path + "'");
            }
        }
    }

    private static void checkMode(String path, int mode) {
        if (mode < 0 || mode > 07777) {
            throw new IllegalArgumentException("not the rights of '" + path + "': " + Integer.toOctalString(mode));
        }
    }

    /**
     * A part of a file, and the frame that it lies in. Immutable.
     *
     * @param bundle its number in the list of bundles
     * @param start of the frame in that bundle, in bytes
     * @param length of the frame's stored bytes
     * @param offset where the part begins in the frame's data, in bytes
     * @param at where the part belongs in the file, in bytes
     * @param size the length of the part in bytes, 1 or more
     */
    record Piece(int bundle, long start, int length, int offset, long at, int size, PieceChecksums checksums) {
        public Piece {
            if (bundle < 1
                    || start < 0
                    || length < 1
                    || at < 0
                    || offset < 0
                    || size < 1
                    || offset > Frame.MAX_DATA_BYTES - size) {
                throw new IllegalArgumentException("not a piece: bundle " + bundle + ", " + length + " bytes from "
                        + start + ", offset " + offset + ", at " + at + ", size " + size);
            }
        }

        private Piece shifted(long bytes) {
            return new Piece(bundle, start + bytes, length, offset, at, size, checksums);
        }
    }
}
