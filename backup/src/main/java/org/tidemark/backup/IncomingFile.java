// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.source.FileSink.FileFacts;
import org.tidemark.catalog.backup.Crc32cCombination;
import org.tidemark.catalog.backup.Frame.FramePart;
import org.tidemark.catalog.backup.ManifestEntry.FileEntry;
import org.tidemark.catalog.backup.Piece;
import org.tidemark.core.HostFiles.OpenFile;

/**
 * A file whose parts are put into bundles, in order. Not thread-safe, with one exception: the thread that reads a file
 * of one part may set its size before it returns the frame.
 */
final class IncomingFile implements AutoCloseable {
    private final FileFacts facts;
    /** Of each variant of the backup. */
    private final List<List<Piece>> pieces = new ArrayList<>();

    private int crc32c;
    private Optional<OpenFile> open = Optional.empty();
    private long size;
    private long placed;

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

    /** The next part, in order, is in a bundle of a variant. */
    void place(int variant, Piece piece) {
        while (pieces.size() <= variant) {
            pieces.add(new ArrayList<>());
        }
        pieces.get(variant).add(piece);
    }

    /** The next part, in order, is in a bundle of each variant that is left. */
    void placed(FramePart part) throws IOException {
        crc32c = Crc32cCombination.combine(crc32c, part.checksums().crc32c(), part.size());
        placed += part.size();
        if (isComplete()) {
            close();
        }
    }

    boolean isComplete() {
        return placed == size;
    }

    Instant modified() {
        return facts.modified();
    }

    /** Of all its bytes, when the file {@link #isComplete}. */
    int crc32c() {
        return crc32c;
    }

    /**
     * The line of a variant's manifest, when the file {@link #isComplete}; empty if all repositories of the variant
     * failed before.
     */
    Optional<FileEntry> entry(int variant) {
        List<Piece> placedThere = variant < pieces.size() ? pieces.get(variant) : List.of();
        if (placedThere.stream().mapToLong(Piece::size).sum() < size) {
            return Optional.empty();
        }
        return Optional.of(new FileEntry(facts.path(), facts.mode(), size, facts.modified(), crc32c, placedThere));
    }

    @Override
    public void close() throws IOException {
        if (open.isPresent()) {
            open.get().close();
            open = Optional.empty();
        }
    }
}
