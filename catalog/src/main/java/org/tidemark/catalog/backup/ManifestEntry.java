// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.tidemark.catalog.backup.Placement.Stretch;
import org.tidemark.core.PathBytes;

/** A line of the manifest: a file, a directory or a link of the data directory. Immutable. */
public sealed interface ManifestEntry {
    /** The order of the manifest: by the bytes of the path. */
    Comparator<String> PATH_ORDER = (a, b) -> Arrays.compareUnsigned(PathBytes.encode(a), PathBytes.encode(b));

    /** Relative to the data directory, with slashes; never climbs out of it. */
    String path();

    /**
     * A file. Each of its bytes is in exactly one piece, but for excepted pages.
     *
     * @param mode the rights, such as 0600
     * @param size in bytes
     * @param modified when its content was last changed
     * @param crc32c of its bytes, to which those of its pieces combine; empty for a file that is put together from
     *     pages
     * @param pieces none for an empty file; in the order of the file, unless it is put together from pages
     */
    record FileEntry(String path, int mode, long size, Instant modified, OptionalInt crc32c, List<Piece> pieces)
            implements ManifestEntry {
        public FileEntry {
            checkPath(path);
            checkMode(path, mode);
            pieces = List.copyOf(pieces);
            if (pieces.stream()
                    .allMatch(each -> each.placement() instanceof Placement.Range
                            && each.except().isEmpty())) {
                requireRanges(path, size, crc32c, pieces);
            } else {
                requireAllPages(path, size, crc32c, pieces);
            }
        }

        /** A file that whole ranges make up. */
        public FileEntry(String path, int mode, long size, Instant modified, int crc32c, List<Piece> pieces) {
            this(path, mode, size, modified, OptionalInt.of(crc32c), pieces);
        }

        private static void requireRanges(String path, long size, OptionalInt crc32c, List<Piece> pieces) {
            long end = 0;
            int crc = 0; // of no bytes
            for (Piece piece : pieces) {
                crc = Crc32cCombination.combine(crc, piece.checksums().crc32c(), piece.size());
                requireNext(path, piece.written().getFirst(), end);
                end += piece.size();
            }
            requireEnd(path, end, size);
            if (crc32c.isEmpty() || crc != crc32c.getAsInt()) {
                throw new IllegalArgumentException("the pieces of '" + path + "' do not add up to its checksum");
            }
        }

        private static void requireAllPages(String path, long size, OptionalInt crc32c, List<Piece> pieces) {
            if (crc32c.isPresent()) {
                throw new IllegalArgumentException("'" + path + "' is put together from pages, and has a checksum");
            }
            Set<List<Long>> frames = new HashSet<>();
            List<Stretch> written = new ArrayList<>();
            for (Piece piece : pieces) {
                if (piece.placement() instanceof Placement.Pages
                        && !frames.add(List.of((long) piece.bundle(), piece.start()))) {
                    throw new IllegalArgumentException("two pieces of '" + path + "' are pages in the frame at byte "
                            + piece.start() + " of bundle " + piece.bundle());
                }
                written.addAll(piece.written());
            }
            written.sort(Comparator.comparingLong(Stretch::at));
            long end = 0;
            for (Stretch stretch : written) {
                requireNext(path, stretch, end);
                end = stretch.end();
            }
            requireEnd(path, end, size);
        }

        private static void requireNext(String path, Stretch next, long end) {
            if (next.at() > end) {
                throw new IllegalArgumentException("the pieces of '" + path + "' leave a gap at byte " + end);
            }
            if (next.at() < end) {
                throw new IllegalArgumentException("two pieces of '" + path + "' have byte " + next.at());
            }
        }

        private static void requireEnd(String path, long end, long size) {
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
}
