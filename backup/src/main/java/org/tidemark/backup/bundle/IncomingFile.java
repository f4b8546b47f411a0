// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.Checksum;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.backup.Crc32cCombination;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.catalog.backup.PieceChecksums;
import org.tidemark.catalog.backup.Placement.Pages;
import org.tidemark.catalog.backup.Placement.Range;
import org.tidemark.core.HostFiles.OpenFile;

/**
 * A file whose parts are put into bundles, in order. Not thread-safe, with one exception: the thread that reads a file
 * of one part may set its size before it returns the frame.
 */
final class IncomingFile implements AutoCloseable {
    private final FileFacts facts;
    /** Of each variant of the backup, what was stored for it. */
    private final List<List<Piece>> pieces = new ArrayList<>();

    /** The parts of which the parents have something, by where they begin; with the checksums if they are known. */
    private final Map<Long, Optional<PieceChecksums>> kept = new HashMap<>();

    /** The pages in these parts that are stored for this backup. */
    private final BitSet changed = new BitSet();

    /** How many of them are in no bundle yet. */
    private int missingPages;

    /** Present if PostgreSQL sends something else: what has changed. */
    private Optional<OtherFile> other = Optional.empty();

    /** Of the bytes placed so far; empty once a part was not read as a whole. */
    private OptionalInt crc32c = OptionalInt.of(0);

    private Optional<OpenFile> open = Optional.empty();
    private long size;
    private long placed;

    /** A file as PostgreSQL lists it. */
    record SentFile(String path, long size, int crc32c) {}

    /** @param read of what was read so far */
    private record OtherFile(FileFacts facts, Checksum read) {}

    IncomingFile(FileFacts facts) {
        this.facts = facts;
        this.size = facts.size();
    }

    String path() {
        return facts.path();
    }

    long size() {
        return size;
    }

    /** Sets the actual size of a file that changed. */
    void hasSize(long found) {
        size = found;
    }

    /** {@code file} is closed after the last part, or by {@link #close}. */
    void keepOpen(OpenFile file) {
        open = Optional.of(file);
    }

    /** A part is in a bundle of a variant. */
    void place(int variant, Piece piece) {
        while (pieces.size() <= variant) {
            pieces.add(new ArrayList<>());
        }
        pieces.get(variant).add(piece);
    }

    /**
     * A part is in a bundle of each variant that is left: the next one of the file, in order, or pages that
     * {@link #keep} has named.
     */
    void placed(FramePart part) throws IOException {
        switch (part.placement()) {
            case Range _ -> isThere(part.size(), Optional.of(part.checksums()));
            case Pages pages -> missingPages -= pages.pages().bits().cardinality();
        }
    }

    /**
     * The next part, in order, is as the parents have it, but for some pages.
     *
     * @param checksums that it has now; empty if it was not read as a whole
     * @param pages of the file
     */
    void keep(Range part, Optional<PieceChecksums> checksums, BitSet pages) throws IOException {
        kept.put(part.at(), checksums);
        changed.or(pages);
        missingPages += pages.cardinality();
        isThere(part.sizeBytes(), checksums);
    }

    private void isThere(int partSize, Optional<PieceChecksums> checksums) throws IOException {
        crc32c = checksums.isPresent() && crc32c.isPresent()
                ? OptionalInt.of(Crc32cCombination.combine(
                        crc32c.getAsInt(), checksums.get().crc32c(), partSize))
                : OptionalInt.empty();
        placed += partSize;
        if (placed == size) {
            close();
        }
    }

    boolean isComplete() {
        return placed == size && missingPages == 0;
    }

    Instant modified() {
        return facts.modified();
    }

    /** Of all its bytes, when the file {@link #isComplete}; empty if they were not read as a whole. */
    OptionalInt crc32c() {
        return crc32c;
    }

    /**
     * PostgreSQL sends something else instead of it.
     *
     * @param read the CRC-32C of what was read of that so far
     */
    void setSent(FileFacts sent, Checksum read) {
        other = Optional.of(new OtherFile(sent, read));
    }

    /** What PostgreSQL has sent, when the file {@link #isComplete}. */
    SentFile sent() {
        return other.map(each -> new SentFile(each.facts().path(), each.facts().size(), (int)
                        each.read().getValue()))
                .orElseGet(() -> new SentFile(facts.path(), size, crc32c.orElseThrow()));
    }

    /**
     * The line of a variant's manifest, when the file {@link #isComplete}; empty if all repositories of the variant
     * failed before.
     *
     * @param parent of the variant
     */
    Optional<FileEntry> entry(int variant, Optional<ParentFrames> parent) {
        List<Piece> all = new ArrayList<>(variant < pieces.size() ? pieces.get(variant) : List.of());
        if (!kept.isEmpty()) {
            all.addAll(parent.orElseThrow().refer(facts.path(), size, kept, changed));
        }
        if (all.stream().mapToLong(Piece::writtenBytes).sum() < size) {
            return Optional.empty();
        }
        boolean isOfRanges = all.stream()
                .allMatch(each ->
                        each.placement() instanceof Range && each.except().isEmpty());
        // Ranges first: so the next backup finds them by their number.
        all.sort(Comparator.comparingLong(IncomingFile::order));
        return Optional.of(new FileEntry(
                facts.path(), facts.mode(), size, facts.modified(), isOfRanges ? crc32c : OptionalInt.empty(), all));
    }

    private static long order(Piece piece) {
        return piece.placement() instanceof Range range ? range.at() : Long.MAX_VALUE;
    }

    @Override
    public void close() throws IOException {
        if (open.isPresent()) {
            open.get().close();
            open = Optional.empty();
        }
    }
}
