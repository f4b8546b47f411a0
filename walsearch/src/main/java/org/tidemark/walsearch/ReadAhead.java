// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * The contents of segments, in order: while one is looked at, the next ones are fetched, decrypted and decompressed.
 * Their memory is bounded. Not thread-safe.
 */
final class ReadAhead implements AutoCloseable {
    /** Of all segments together that are ahead, unless one alone is larger. */
    private static final long MOST_BYTES = 96L << 20;

    private final SegmentSources sources;
    private final Iterator<Segment> rest;
    private final ExecutorService threads;
    private final int segmentBytes;
    private final int most;
    private final Deque<Future<Optional<byte[]>>> ahead = new ArrayDeque<>();
    /**
     * Each is as long as a segment. Arrays of this size that nobody uses again fill the heap before they are removed.
     */
    private final Queue<byte[]> free = new ConcurrentLinkedQueue<>();

    private Optional<byte[]> lent = Optional.empty();

    /** @param jobs how many are read at the same time, 1 or more */
    ReadAhead(SegmentSources sources, List<Segment> segments, WalSegmentSize size, int jobs) {
        this.sources = sources;
        this.rest = segments.iterator();
        this.segmentBytes = Math.toIntExact(size.bytes());
        this.most = (int) Math.clamp(MOST_BYTES / size.bytes(), 2, jobs + 1L);
        this.threads = Executors.newFixedThreadPool(Math.min(jobs, most));
        fill();
    }

    private void fill() {
        while (ahead.size() < most && rest.hasNext()) {
            Segment segment = rest.next();
            ahead.add(threads.submit(() -> sources.read(segment, (in, _) -> content(in))));
        }
    }

    /** In one array from the start: a growing one would take twice the room. */
    private byte[] content(InputStream in) throws IOException {
        byte[] known = free.poll();
        byte[] bytes = known == null ? new byte[segmentBytes] : known;
        int count = in.readNBytes(bytes, 0, bytes.length);
        if (in.read() >= 0) {
            throw new IOException("a segment is longer than " + segmentBytes + " bytes");
        }
        return count == bytes.length ? bytes : Arrays.copyOf(bytes, count);
    }

    /** The next one, which is valid until the next call; empty if it is damaged, or not archived any more. */
    Optional<byte[]> next() throws IOException {
        lent.filter(each -> each.length == segmentBytes).ifPresent(free::add);
        lent = Optional.empty();
        Optional<byte[]> content = await(ahead.getFirst());
        ahead.removeFirst();
        fill();
        lent = content;
        return content;
    }

    /** The one after the last that was returned, which {@link #next} returns again; empty if there is none. */
    Optional<byte[]> peek() throws IOException {
        return ahead.isEmpty() ? Optional.empty() : await(ahead.getFirst());
    }

    private static Optional<byte[]> await(Future<Optional<byte[]>> content) throws IOException {
        try {
            return content.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof DamagedObjectException) {
                return Optional.empty(); // as one that is missing: what happened there is not known
            }
            if (e.getCause() instanceof IOException read) {
                throw read;
            }
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
