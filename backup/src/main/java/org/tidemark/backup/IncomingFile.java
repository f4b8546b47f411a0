// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.io.IOException;
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
    private final List<Piece> pieces = new ArrayList<>();
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

    /**
     * The next part, in order, is in a bundle: in the {@code length} bytes from {@code start}, a frame whose data has
     * it at {@code offset}.
     */
    void place(int bundle, long start, int length, int offset, FramePart part) throws IOException {
        pieces.add(new Piece(bundle, start, length, offset, part.placement(), part.checksums(), Optional.empty()));
        crc32c = Crc32cCombination.combine(crc32c, part.checksums().crc32c(), part.size());
        placed += part.size();
        if (isComplete()) {
            close();
        }
    }

    boolean isComplete() {
        return placed == size;
    }

    /** Called once, when the file {@link #isComplete}. */
    FileEntry entry() {
        return new FileEntry(facts.path(), facts.mode(), size, facts.modified(), crc32c, pieces);
    }

    @Override
    public void close() throws IOException {
        if (open.isPresent()) {
            open.get().close();
            open = Optional.empty();
        }
    }
}
