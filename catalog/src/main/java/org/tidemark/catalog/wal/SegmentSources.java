// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.StoredPartial;
import org.tidemark.core.WalFile.Segment;

/**
 * Segments of any of the archives that hold one cluster. What is made of a segment counts only after all of it was read
 * and found intact: a damaged byte ends the records of a segment as the end of the WAL does. A copy that was found
 * damaged is not read again. Thread-safe.
 */
public final class SegmentSources {
    private static final int BUFFER_BYTES = 1 << 20;

    private final List<WalArchive> archives;
    private final Map<Copy, DamagedObjectException> damaged = new ConcurrentHashMap<>();

    /** @param archives in the order in which they are asked */
    public SegmentSources(List<WalArchive> archives) {
        this.archives = List.copyOf(archives);
    }

    private record Copy(int archive, Segment segment) {}

    /** Makes something of a segment; is called again if an archive fails meanwhile. */
    @FunctionalInterface
    public interface Reading<T> {
        /**
         * Reads it, or a part of it.
         *
         * @param rest what a record needs that goes on in the next segment
         */
        T read(InputStream in, Rest rest) throws IOException;
    }

    /** What is read after a segment. */
    @FunctionalInterface
    public interface Rest {
        /**
         * Opens it.
         *
         * @return nothing if the segment that continues it is not known, or not there
         * @throws DamagedObjectException if no copy of it is intact
         */
        InputStream open(Optional<Segment> next) throws IOException;

        /** The same, and nothing where it is damaged: what ends in it is not known, but all of the segment is. */
        default InputStream openIntact(Optional<Segment> next) throws IOException {
            try {
                return open(next);
            } catch (DamagedObjectException e) {
                return InputStream.nullInputStream();
            }
        }
    }

    /** Notes that a copy is damaged, when that is met. */
    private final class Noting extends FilterInputStream {
        private final Copy copy;

        Noting(InputStream in, Copy copy) {
            super(in);
            this.copy = copy;
        }

        @Override
        public int read() throws IOException {
            try {
                return super.read();
            } catch (DamagedObjectException e) {
                damaged.putIfAbsent(copy, e);
                throw e;
            }
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            try {
                return super.read(buffer, offset, length);
            } catch (DamagedObjectException e) {
                damaged.putIfAbsent(copy, e);
                throw e;
            }
        }
    }

    /**
     * Reads a segment from the first archive that has an intact copy.
     *
     * @return empty if none has it
     * @throws DamagedObjectException if a copy of it is there, or of what follows, and none of that is intact
     * @throws IOException if one has it, and none can be read
     */
    public <T> Optional<T> read(Segment segment, Reading<T> reading) throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (int archive = 0; archive < archives.size(); archive++) {
            Copy copy = new Copy(archive, segment);
            int known;
            do {
                known = damaged.size();
                try {
                    Optional<InputStream> content = open(copy);
                    if (content.isPresent()) {
                        return Optional.of(read(content.get(), copy, reading));
                    }
                } catch (IOException e) {
                    failure = Optional.of(answer(failure, e));
                }
                // What follows was damaged in one archive: there may be another copy of it.
            } while (damaged.size() > known && !damaged.containsKey(copy));
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        return Optional.empty();
    }

    /**
     * The same for a reading that cannot begin again: once it has begun, it ends with what it meets. Who wants to may
     * begin with all of it again if {@link #isLeft} says that there is another copy. What it reads is buffered.
     */
    public <T> Optional<T> readOnce(Segment segment, Reading<T> reading) throws IOException {
        Optional<IOException> failure = Optional.empty();
        for (int archive = 0; archive < archives.size(); archive++) {
            Copy copy = new Copy(archive, segment);
            Optional<InputStream> content;
            try {
                content = open(copy);
            } catch (IOException e) {
                failure = Optional.of(answer(failure, e));
                continue;
            }
            if (content.isPresent()) {
                return Optional.of(read(new BufferedInputStream(content.get(), BUFFER_BYTES), copy, reading));
            }
        }
        if (failure.isPresent()) {
            throw failure.get();
        }
        return Optional.empty();
    }

    /**
     * Of two failures the answer: damage only if no other archive may have a good copy. An interrupt ends the reading.
     */
    private static IOException answer(Optional<IOException> before, IOException now) throws IOException {
        if (Thread.currentThread().isInterrupted()) {
            throw now;
        }
        return before.filter(each -> !(each instanceof DamagedObjectException)).orElse(now);
    }

    /** Whether a copy of a segment is there that was not found damaged. */
    public boolean isLeft(Segment segment) throws IOException {
        for (int archive = 0; archive < archives.size(); archive++) {
            try (InputStream found = open(new Copy(archive, segment)).orElseGet(SegmentSources::nothing)) {
                if (found instanceof Noting) {
                    return true;
                }
            } catch (DamagedObjectException e) {
                // Another one may be left.
            }
        }
        return false;
    }

    /** How many copies were found damaged until now. */
    public int damagedCopies() {
        return damaged.size();
    }

    private <T> T read(InputStream content, Copy copy, Reading<T> reading) throws IOException {
        try (InputStream in = content) {
            T result = reading.read(in, next -> following(next, copy.archive()));
            in.transferTo(OutputStream.nullOutputStream());
            return result;
        }
    }

    /** From the archive that the segment is read from, else from another one. */
    private InputStream following(Optional<Segment> next, int beside) throws IOException {
        if (next.isEmpty()) {
            return nothing();
        }
        Optional<DamagedObjectException> damage = Optional.empty();
        List<Integer> order = Stream.concat(
                        Stream.of(beside),
                        IntStream.range(0, archives.size())
                                .filter(other -> other != beside)
                                .boxed())
                .toList();
        for (int archive : order) {
            try {
                Optional<InputStream> found = open(new Copy(archive, next.get()));
                if (found.isPresent()) {
                    return found.get();
                }
            } catch (DamagedObjectException e) {
                damage = damage.or(() -> Optional.of(e));
            } catch (IOException e) {
                // Another archive need not answer: whether it has more is not known, as before it was asked.
                if (archive == beside || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
            }
        }
        if (damage.isPresent()) {
            throw damage.get();
        }
        return nothing();
    }

    private static InputStream nothing() {
        return InputStream.nullInputStream();
    }

    private Optional<InputStream> open(Copy copy) throws IOException {
        DamagedObjectException known = damaged.get(copy);
        if (known != null) {
            throw known;
        }
        try {
            return open(copy.segment(), archives.get(copy.archive())).map(in -> new Noting(in, copy));
        } catch (DamagedObjectException e) {
            damaged.putIfAbsent(copy, e);
            throw e;
        }
    }

    /** The whole segment, else the longest partial one, verified when all of it has been read. */
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
