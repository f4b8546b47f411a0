// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.WalFile.Segment;

/**
 * Segments of any of the archives that hold one cluster, verified while they are read.
 *
 * @param archives in the order in which they are asked
 */
public record SegmentSources(List<WalArchive> archives) {
    public SegmentSources {
        archives = List.copyOf(archives);
    }

    /** Makes something of a segment; is called again if an archive fails meanwhile. */
    @FunctionalInterface
    public interface Reading<T> {
        T read(InputStream in, WalArchive archive) throws IOException;
    }

    /**
     * Reads a segment from the first archive that has an intact copy.
     *
     * @return empty if none has it
     * @throws IOException if one has it, and none can be read
     */
    public <T> Optional<T> read(Segment segment, Reading<T> reading) throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (WalArchive each : archives) {
            try {
                Optional<InputStream> content = open(segment, each);
                if (content.isPresent()) {
                    try (InputStream in = content.get()) {
                        return Optional.of(reading.read(in, each));
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
    public static Optional<InputStream> open(Segment segment, WalArchive archive) throws IOException {
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
}
