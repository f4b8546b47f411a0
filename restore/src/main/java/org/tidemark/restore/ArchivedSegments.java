// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.restore.RestorePreparation.Holding;

/**
 * Segments of any of these repositories, verified while they are read.
 *
 * @param holdings in the order in which they are asked
 */
record ArchivedSegments(List<Holding> holdings) {
    ArchivedSegments {
        holdings = List.copyOf(holdings);
    }

    /** Makes something of a segment. */
    @FunctionalInterface
    interface Reading<T> {
        T read(InputStream in, WalArchive archive) throws IOException;
    }

    /**
     * Reads a segment from the first repository that has an intact copy.
     *
     * @return empty if none has it
     * @throws IOException if one has it, and none can be read
     */
    <T> Optional<T> read(Segment segment, Reading<T> reading) throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (Holding each : holdings) {
            WalArchive archive = each.archive().wal();
            try {
                Optional<InputStream> content = open(segment, archive);
                if (content.isPresent()) {
                    try (InputStream in = content.get()) {
                        return Optional.of(reading.read(in, archive));
                    }
                }
            } catch (IOException e) {
                if (Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                failure = Optional.of(e);
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        return Optional.empty();
    }

    /** The whole segment, else the longest partial one. */
    static Optional<InputStream> open(Segment segment, WalArchive archive) throws IOException {
        Optional<? extends InputStream> whole = archive.open(segment);
        if (whole.isPresent()) {
            return Optional.of(whole.get());
        }
        Optional<StoredPartial> partial =
                archive.listing().partials(segment).stream().max(Comparator.comparing(StoredPartial::end));
        return partial.isEmpty()
                ? Optional.empty()
                : archive.open(partial.get()).map(in -> in);
    }

    /** What is read after a segment; nothing if that is not there. */
    static InputStream after(Segment segment, RequiredWal wal, WalSegmentSize size, WalArchive archive)
            throws IOException {
        Optional<Segment> next = wal.after(segment, size);
        return next.isEmpty()
                ? InputStream.nullInputStream()
                : open(next.get(), archive).orElseGet(InputStream::nullInputStream);
    }
}
