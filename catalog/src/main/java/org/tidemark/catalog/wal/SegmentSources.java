// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.WalFile.Segment;

/**
 * Segments of any of the archives that hold one cluster, verified while they are read.
 *
 * @param archives in the order in which they are asked
 */
public record SegmentSources(List<WalArchive> archives) {
    private static final int BUFFER_BYTES = 1 << 20;

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
                // Damage is the answer only if no other archive may have a good copy.
                failure = failure.filter(known -> !(known instanceof DamagedObjectException))
                        .or(() -> Optional.of(e));
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        return Optional.empty();
    }

    /**
     * The same for a reading that cannot begin again: of an archive that fails after it began, no other one takes the
     * place. What it reads is buffered.
     */
    public <T> Optional<T> readOnce(Segment segment, Reading<T> reading) throws IOException {
        AtomicBoolean isBegun = new AtomicBoolean();
        return read(segment, (in, archive) -> {
            if (isBegun.getAndSet(true)) {
                throw new IOException("'" + segment.name() + "' broke off while it was read");
            }
            return reading.read(new BufferedInputStream(in, BUFFER_BYTES), archive);
        });
    }

    /** What is read after a segment, from the archive that the segment is read from; nothing if that lacks it. */
    public static InputStream following(Optional<Segment> next, WalArchive archive) throws IOException {
        return next.isEmpty()
                ? InputStream.nullInputStream()
                : open(next.get(), archive).orElseGet(InputStream::nullInputStream);
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
