// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.parent;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.tidemark.backup.request.ReferenceAge;
import org.tidemark.backup.source.ClusterSource.ReadAt;
import org.tidemark.backup.source.FileSink.ParentBackup;
import org.tidemark.catalog.backup.BackupCatalog;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BundleRef;
import org.tidemark.catalog.backup.FileTable;
import org.tidemark.catalog.backup.Frame;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.ManifestReader;
import org.tidemark.catalog.backup.PageList;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.PieceTable;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.RelationFile;
import org.tidemark.store.ObjectKey;

/**
 * What the parent of an incremental backup has: each piece of each file, with its checksums, and the bundles that they
 * are in. A part of a file is compared as a whole first, then page by page. Ten terabytes take half a gigabyte of
 * memory outside of Java's heap, a hundred gigabytes five megabytes on it. Immutable, thread-safe.
 */
public final class ParentFrames {
    /**
     * A part of a file is stored whole if more than one of so many of its pages would come from elsewhere than their
     * base: a restore reads the base whole, and each of these pages once more.
     */
    private static final int MAX_OUTSIDE = 4;

    /** Two writes within this time may leave a file with one and the same time. */
    private static final Duration BARRIER = Duration.ofSeconds(2);

    /** A time in whole seconds may be a second too early. */
    private static final Duration BARRIER_OF_SECONDS = BARRIER.plusSeconds(1);

    private final BaseBackup parent;
    private final int pageSize;
    private final ParentManifest manifest;
    private final SortedMap<Integer, BundleRef> bundles;
    private final FileTable files;
    private final PieceTable pieces;
    private final SparsePieces sparse;
    private final ParentPages pages;

    private ParentFrames(
            BackupCatalog catalog,
            BaseBackup parent,
            ParentManifest manifest,
            SortedMap<Integer, BundleRef> bundles,
            FileTable files,
            PieceTable pieces,
            ReferenceAge age,
            Consumer<String> warning) {
        this.parent = parent;
        this.pageSize = parent.origin().pageSize();
        this.manifest = manifest;
        this.bundles = bundles;
        this.files = files;
        this.pieces = pieces;
        this.sparse =
                SparsePieces.of(bundles.values(), pieces, parent.contents().dataSizeBytes(), age);
        this.pages = new ParentPages(
                pieces,
                pageSize,
                parent.objects().fingerprintKey(),
                number -> catalog.bundle(parent, bundle(number)),
                sparse::contains,
                warning);
    }

    /**
     * Reads its manifest and its list of bundles.
     *
     * @param age says what a child stores again
     * @param warning is told of an index that cannot be read, when it is needed
     */
    static ParentFrames read(BackupCatalog catalog, BaseBackup parent, ReferenceAge age, Consumer<String> warning)
            throws IOException {
        FileTable files = new FileTable();
        PieceTable pieces = new PieceTable();
        List<Sha256> texts = new ArrayList<>();
        ManifestReader manifest = catalog.manifest(parent);
        ObjectKey part = parent.keys().backup();
        for (Optional<ManifestEntry> next = manifest.next(); next.isPresent(); next = manifest.next()) {
            if (!manifest.part().equals(part)) {
                part = manifest.part();
                texts.add(manifest.textDigest());
            }
            if (next.get() instanceof FileEntry file) {
                files.add(file, pieces);
            }
        }
        files.find(""); // makes it ready for several threads
        return new ParentFrames(
                catalog,
                parent,
                ParentManifest.of(parent, texts, age),
                catalog.bundles(parent),
                files,
                pieces,
                age,
                warning);
    }

    /** The backup that this increment refers to. */
    public BaseBackup parent() {
        return parent;
    }

    /** The part of the parent's manifest that was read. */
    public ParentManifest manifest() {
        return manifest;
    }

    /** The backups whose objects it refers to, and itself. */
    public List<BackupId> owners() {
        Set<BackupId> owners = new TreeSet<>();
        bundles.values().forEach(each -> owners.add(each.id()));
        manifest.owners().forEach(owners::add);
        owners.add(parent.id());
        return List.copyOf(owners);
    }

    /** How many files the parent has. */
    public int fileCount() {
        return files.size();
    }

    /** The highest number of a bundle: those of the child begin after it. */
    public int lastBundle() {
        return bundles.isEmpty() ? 0 : bundles.lastKey();
    }

    /**
     * A bundle that the child may refer to.
     *
     * @param number in the manifest of the parent
     */
    public BundleRef bundle(int number) {
        BundleRef found = bundles.get(number);
        if (found == null) {
            throw new IllegalArgumentException("the parent has no bundle " + number);
        }
        return found;
    }

    /**
     * Which pages of a part of a file must be stored for a child; all others are as the parent has them, in pieces that
     * are not sparse. Empty if the part is to be stored whole.
     *
     * @param range begins where a frame of the parent does
     * @param data has the bytes of the part from {@code offset} on
     */
    public Optional<BitSet> changed(String path, Range range, PieceChecksums checksums, byte[] data, int offset) {
        int file = files.find(path);
        int base = file < 0 ? -1 : base(file, range.at());
        if (base < 0 || sparse.contains(base)) {
            return Optional.empty();
        }
        boolean sameSize = range.sizeBytes() == Math.min(Frame.MAX_DATA_BYTES, files.size(file) - range.at());
        Optional<PieceChecksums> before = checksums(base, range.sizeBytes());
        boolean isSame = sameSize && before.equals(Optional.of(checksums));
        if (isSame && (pieces.at(base) >= 0 || !sparse.files().get(file))) {
            return Optional.of(new BitSet());
        }
        if (!range.isWholePages(pageSize) || !pieces.piece(base).placement().isWholePages(pageSize)) {
            return Optional.empty();
        }
        int count = range.sizeBytes() / pageSize;
        ParentPages.Changes found = pages.compare(
                new ParentPages.Stretched(
                        file,
                        pieces.firstOf(file),
                        pieces.firstOf(file + 1),
                        base,
                        (int) (range.at() / pageSize),
                        count),
                data,
                offset);
        // That no page differs, but the whole does, must not be: it is stored.
        boolean isContradiction =
                sameSize && !isSame && before.isPresent() && found.changed().isEmpty();
        return isContradiction || found.outsideBase() * MAX_OUTSIDE > count
                ? Optional.empty()
                : Optional.of(found.changed());
    }

    /**
     * The parts of a file that nobody has written since the parent was taken: it has the same size and the same time,
     * and this time was over when the parent began, by the clock of the files. Empty if that is not sure, if the parent
     * has found a damaged page in it, or if one of its pieces is sparse.
     *
     * @param timeline of the cluster now: with another one, the files may be of a restore
     * @param host of the program, if the files are there
     * @param readAt where they are: a standby may have written other bytes in the same moment
     */
    public Optional<List<FramePart>> unwritten(
            String path, long size, Instant modified, Timeline timeline, String host, ReadAt readAt) {
        // Other files are small, and may be copied with their times. Not all file systems have times that differ.
        boolean isTold = !readAt.isThis() || !modified.equals(modified.truncatedTo(ChronoUnit.SECONDS));
        int file = RelationFile.of(path).isPresent() && isTold ? files.find(path) : -1;
        if (file < 0
                || believedBefore(host, readAt).filter(modified::isBefore).isEmpty()
                || files.size(file) != size
                || !files.modified(file).equals(modified)
                || !parent.wal().timeline().equals(timeline)
                || isDamaged(path)
                || sparse.files().get(file)) {
            return Optional.empty();
        }
        List<FramePart> parts = new ArrayList<>();
        for (long at = 0; at < size; at += Frame.MAX_DATA_BYTES) {
            int base = base(file, at);
            int length = (int) Math.min(Frame.MAX_DATA_BYTES, size - at);
            Optional<PieceChecksums> checksums = base < 0 ? Optional.empty() : checksums(base, length);
            if (checksums.isEmpty()) {
                return Optional.empty();
            }
            parts.add(new FramePart(path, new Range(at, length), checksums.get()));
        }
        return Optional.of(parts);
    }

    /** Times of files before this one are believed; empty if the parent's files were read elsewhere. */
    private Optional<Instant> believedBefore(String host, ReadAt readAt) {
        boolean isSamePlace = readAt.isThis()
                ? parent.run().host().equals(host)
                : readAt.machine().isPresent();
        return parent.run()
                .files()
                .filter(files -> isSamePlace && files.machine().equals(readAt.machine()))
                .map(files -> files.from().minus(readAt.isThis() ? BARRIER : BARRIER_OF_SECONDS));
    }

    /**
     * The main forks of which a child needs nothing but the pages that have changed. The others are read whole, so that
     * what is scattered is stored again: a file of which a piece is sparse, or has too many pages elsewhere. Other
     * forks are small, and WAL summaries do not tell rightly what has changed in them: the first minor versions of
     * PostgreSQL 17 take the length of a truncated table for that of its visibility map.
     *
     * @param segmentPages how many pages one file of a relation has at most
     */
    public ParentBackup listed(int segmentPages) {
        return new ParentBackup(parent.wal(), parent.origin().dataChecksums(), segmentPages, visitor -> {
            for (int file = 0; file < files.size(); file++) {
                Optional<RelationFile> relation = listed(file, files.path(file));
                if (relation.isPresent()) {
                    visitor.file(relation.get(), files.size(file), files.modified(file));
                }
            }
        });
    }

    /** Whether {@link #listed(int)} has a file. */
    public boolean isListed(String path) {
        int file = files.find(path);
        return file >= 0 && listed(file, path).isPresent();
    }

    private Optional<RelationFile> listed(int file, String path) {
        return RelationFile.of(path).filter(relation -> relation.isMain() && canStay(file, path));
    }

    private boolean canStay(int file, String path) {
        long size = files.size(file);
        boolean isWhole = size % pageSize == 0 && !sparse.files().get(file) && !isDamaged(path);
        for (long at = 0; at < size && isWhole; at += Frame.MAX_DATA_BYTES) {
            long length = Math.min(Frame.MAX_DATA_BYTES, size - at);
            int base = base(file, at);
            isWhole = base >= 0
                    && pieces.size(base) % pageSize == 0
                    && (length - writtenBytes(base)) * MAX_OUTSIDE <= length;
        }
        return isWhole;
    }

    private int writtenBytes(int piece) {
        return pieces.at(piece) >= 0 ? pieces.size(piece) : pieces.piece(piece).writtenBytes();
    }

    /** What is known of a part of a file of {@link #listed(int)}, if no page of it has changed. */
    public Optional<PieceChecksums> checksums(String path, Range part) {
        int file = files.find(path);
        int base = file < 0 ? -1 : base(file, part.at());
        boolean sameSize =
                base >= 0 && part.sizeBytes() == Math.min(Frame.MAX_DATA_BYTES, files.size(file) - part.at());
        return sameSize ? checksums(base, part.sizeBytes()) : Optional.empty();
    }

    /** How many pages a file of {@link #listed(int)} has. */
    public int pageCount(String path) {
        int file = files.find(path);
        return file < 0 ? 0 : (int) (files.size(file) / pageSize);
    }

    private boolean isDamaged(String path) {
        return parent.contents().damagedPagesCount()
                        > parent.contents().damagedPages().size()
                || parent.contents().damagedPages().stream()
                        .anyMatch(each -> each.path().equals(path));
    }

    /**
     * Of what the file has in the MiB that a piece begins; empty if it was not read as a whole.
     *
     * @param length of the file's part
     */
    private Optional<PieceChecksums> checksums(int base, int length) {
        return pieces.at(base) >= 0 && pieces.size(base) == length
                ? Optional.of(pieces.checksums(base))
                : pieces.piece(base).updated();
    }

    /** The piece that begins a MiB of a file, and has most of it; -1 if there is none. */
    private int base(int file, long at) {
        int from = pieces.firstOf(file);
        int to = pieces.firstOf(file + 1);
        // Ranges come first, each a MiB but for the last one.
        long guess = from + at / Frame.MAX_DATA_BYTES;
        if (guess < to && begins((int) guess, at)) {
            return (int) guess;
        }
        for (int piece = from; piece < to; piece++) {
            if (begins(piece, at)) {
                return piece;
            }
        }
        return -1;
    }

    private boolean begins(int piece, long at) {
        return pieces.at(piece) >= 0
                ? pieces.at(piece) == at
                : pieces.piece(piece).placement() instanceof Range range && range.at() == at;
    }

    /**
     * The pieces of a file that a child refers to.
     *
     * @param size of the file now, in bytes
     * @param kept those parts of which something is kept, by where they begin; with the checksums that are known
     * @param changed the pages in these parts that are stored for the child
     */
    public List<Piece> refer(String path, long size, Map<Long, Optional<PieceChecksums>> kept, BitSet changed) {
        int file = files.find(path);
        List<Piece> referred = new ArrayList<>();
        for (int piece = pieces.firstOf(file); piece < pieces.firstOf(file + 1); piece++) {
            refer(pieces.piece(piece), size, kept, changed).ifPresent(referred::add);
        }
        return referred;
    }

    private Optional<Piece> refer(Piece piece, long size, Map<Long, Optional<PieceChecksums>> kept, BitSet changed) {
        boolean isShorter = false;
        if (piece.placement() instanceof Range range) {
            int next = changed.nextSetBit((int) (range.at() / pageSize));
            long end = range.at() + range.sizeBytes();
            if (!kept.containsKey(range.at())) {
                return Optional.empty();
            }
            isShorter = range.sizeBytes() < Math.min(Frame.MAX_DATA_BYTES, size - range.at());
            if (piece.except().isEmpty() && end <= size && (next < 0 || (long) next * pageSize >= end)) {
                return Optional.of(piece.with(Optional.empty(), isShorter ? kept.get(range.at()) : Optional.empty()));
            }
        }
        BitSet all = piece.placement().pages(pageSize);
        BitSet left = (BitSet) all.clone();
        piece.except().ifPresent(except -> left.andNot(except.bits()));
        left.andNot(changed);
        for (int page = left.nextSetBit(0); page >= 0; page = left.nextSetBit(page + 1)) {
            long at = (long) page * pageSize;
            if (at >= size || !kept.containsKey(at - at % Frame.MAX_DATA_BYTES)) {
                left.clear(page);
            }
        }
        if (left.isEmpty()) {
            return Optional.empty();
        }
        all.andNot(left);
        Optional<PageList> except = all.isEmpty() ? Optional.empty() : Optional.of(PageList.of(pageSize, all));
        return Optional.of(piece.with(
                except,
                (except.isPresent() || isShorter) && piece.placement() instanceof Range(long at, int _)
                        ? kept.getOrDefault(at, Optional.empty())
                        : Optional.empty()));
    }
}
