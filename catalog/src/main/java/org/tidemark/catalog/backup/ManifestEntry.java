// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.tidemark.catalog.Sha256;

/** A line of the manifest: a file, a directory or a link of the data directory. Immutable. */
public sealed interface ManifestEntry {
    /** The order of the manifest: by the bytes of the path in UTF-8. */
    Comparator<String> PATH_ORDER =
            (a, b) -> Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));

    /** Relative to the data directory, with slashes; never climbs out of it. */
    String path();

    /**
     * A file.
     *
     * @param mode the rights, such as 0600
     * @param size in bytes
     * @param modified when its content was changed last
     * @param crc32c of its bytes
     * @param sha256 of the concatenated digests of its pieces
     * @param pieces in order of {@link Piece#at}, without a gap; none for an empty file
     */
    record FileEntry(String path, int mode, long size, Instant modified, int crc32c, Sha256 sha256, List<Piece> pieces)
            implements ManifestEntry {
        public FileEntry {
            checkPath(path);
            checkMode(path, mode);
            pieces = List.copyOf(pieces);
            long end = 0;
            for (Piece piece : pieces) {
                if (piece.at() != end) {
                    throw new IllegalArgumentException("the pieces of '" + path + "' leave a gap at byte " + end);
                }
                end += piece.size();
            }
            if (end != size) {
                throw new IllegalArgumentException(
                        "the pieces of '" + path + "' end at byte " + end + ", the file at byte " + size);
            }
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
     * Lets only a path pass that lies below the data directory, in its plain form.
     *
     * @throws IllegalArgumentException if it does not
     */
    static void checkPath(String path) {
        if (path.isEmpty()
                || path.indexOf('\0') >= 0
                || !StandardCharsets.UTF_8.newEncoder().canEncode(path)) {
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
     * Where a part of a file lies. Immutable.
     *
     * @param bundle which line of the list of bundles, from 1
     * @param frame which frame of that bundle, from 0
     * @param at where the part belongs in the file, in bytes
     * @param offset where the part begins in the frame's data, in bytes
     * @param size the length of the part in bytes, 1 or more
     */
    record Piece(int bundle, int frame, long at, int offset, int size) {
        public Piece {
            if (bundle < 1 || frame < 0 || at < 0 || offset < 0 || size < 1 || offset > Frame.MAX_DATA_BYTES - size) {
                throw new IllegalArgumentException("not a piece: bundle " + bundle + ", frame " + frame + ", at " + at
                        + ", offset " + offset + ", size " + size);
            }
        }
    }
}
