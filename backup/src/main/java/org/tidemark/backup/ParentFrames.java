// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.layout.BackupId;

/**
 * What the parent of an incremental backup has: each piece of each file, with its checksums, and the bundles that they
 * are in. Ten terabytes take half a gigabyte of memory, a hundred gigabytes five megabytes. Immutable, thread-safe.
 */
final class ParentFrames {
    private final BaseBackup parent;
    private final SortedMap<Integer, BundleRef> bundles;
    private final FileTable files = new FileTable();
    private final PieceTable pieces = new PieceTable();
    /** Of each file the number of its first piece; the pieces of a file follow each other. */
    private final List<Integer> first = new ArrayList<>();

    private ParentFrames(BaseBackup parent, SortedMap<Integer, BundleRef> bundles) {
        this.parent = parent;
        this.bundles = bundles;
    }

    /** Reads its manifest and its list of bundles. */
    static ParentFrames read(BackupCatalog catalog, BaseBackup parent) throws IOException {
        ParentFrames frames = new ParentFrames(parent, catalog.bundles(parent));
        ManifestReader manifest = catalog.manifest(parent);
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            if (next.get() instanceof FileEntry file) {
                int number = frames.files.add(file);
                frames.first.add(frames.pieces.size());
                for (Piece piece : file.pieces()) {
                    frames.pieces.add(piece, number);
                }
            }
        }
        frames.first.add(frames.pieces.size());
        frames.files.find(""); // makes it ready for several threads
        return frames;
    }

    BaseBackup parent() {
        return parent;
    }

    /** The backups whose objects it refers to, and itself. */
    List<BackupId> owners() {
        Set<BackupId> owners = new TreeSet<>();
        bundles.values().forEach(each -> owners.add(each.id()));
        owners.add(parent.id());
        return List.copyOf(owners);
    }

    /** The highest number of a bundle: those of the child begin after it. */
    int lastBundle() {
        return bundles.isEmpty() ? 0 : bundles.lastKey();
    }

    /** @param number in the manifest of the parent */
    BundleRef bundle(int number) {
        BundleRef found = bundles.get(number);
        if (found == null) {
            throw new IllegalArgumentException("the parent has no bundle " + number);
        }
        return found;
    }

    /** The piece of the parent that has the same bytes at the same place of the same file; empty if they changed. */
    Optional<Piece> find(String path, Range range, PieceChecksums checksums) {
        int file = files.find(path);
        if (file < 0) {
            return Optional.empty();
        }
        int from = first.get(file);
        int to = first.get(file + 1);
        // Almost always the pieces before it are whole frames.
        long guess = from + range.at() / Frame.MAX_DATA_BYTES;
        if (guess < to && isSame((int) guess, range, checksums)) {
            return Optional.of(piece((int) guess, range, checksums));
        }
        for (int piece = from; piece < to; piece++) {
            if (isSame(piece, range, checksums)) {
                return Optional.of(piece(piece, range, checksums));
            }
        }
        return Optional.empty();
    }

    private boolean isSame(int piece, Range range, PieceChecksums checksums) {
        return pieces.at(piece) == range.at()
                && pieces.size(piece) == range.sizeBytes()
                && pieces.checksums(piece).equals(checksums);
    }

    private Piece piece(int piece, Range range, PieceChecksums checksums) {
        return new Piece(
                pieces.bundle(piece),
                pieces.start(piece),
                pieces.length(piece),
                pieces.offset(piece),
                range,
                checksums,
                Optional.empty());
    }
}
