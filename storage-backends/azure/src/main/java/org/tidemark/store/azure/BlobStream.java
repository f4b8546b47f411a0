// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStream;
import org.tidemark.store.Operation;
import org.tidemark.store.RequestThreads;
import org.tidemark.store.StorageException;

/**
 * A range of an object, fetched in chunks, because the service makes checksums of no more; the next ones are on their
 * way while one is read: the more, the longer the reader goes on. All are of one content: if the object is replaced
 * meanwhile, that is an error. Not thread-safe.
 */
final class BlobStream extends ObjectStream {
    /** With the one that is read, the memory of a stream: 16 MiB. */
    private static final int MAX_AHEAD = 3;

    private final BlobReader reader;
    private final AzureErrors errors;
    private final ObjectKey key;
    private final long end;
    private final String etag;
    private final Deque<FutureTask<Optional<ChunkBuffer>>> ahead = new ArrayDeque<>();

    /** Read before, and to be filled again. */
    private final Deque<ChunkBuffer> spare = new ArrayDeque<>();

    private ChunkBuffer chunk;

    /** Within the chunk. */
    private int position;

    /** Within the object, after the last byte that was requested. */
    private long requested;

    private int most = 1;

    private BlobStream(BlobReader reader, AzureErrors errors, ObjectKey key, ByteRange range, ChunkBuffer first) {
        // Each request has its limits.
        super(errors, key, range.sizeIn(first.objectBytes()), Optional.of(first.etag()), NO_LIMIT);
        this.reader = reader;
        this.errors = errors;
        this.key = key;
        this.chunk = first;
        this.etag = first.etag();
        this.requested = range.offset() + first.count();
        this.end = range.offset() + range.sizeIn(first.objectBytes());
    }

    /** Fetches the first chunk, so that a missing object is known at once. */
    static InputStream open(BlobReader reader, AzureErrors errors, ObjectKey key, ByteRange range)
            throws StorageException {
        long most = range.length() == ByteRange.TO_END ? BlobReader.MAX_BYTES : range.length();
        Optional<ChunkBuffer> first =
                reader.read(key, range.offset(), (int) Math.min(most, BlobReader.MAX_BYTES), "", new ChunkBuffer());
        return first.isEmpty()
                ? InputStream.nullInputStream()
                : new BlobStream(reader, errors, key, range, first.get());
    }

    @Override
    protected int next(byte[] into, int offset, int length) throws Exception {
        if (position == chunk.count()) {
            advance();
        }
        int count = Math.min(length, chunk.count() - position);
        System.arraycopy(chunk.bytes(), position, into, offset, count);
        position += count;
        // Not before half of the first is read: who looks at a header and closes has fetched no more than that.
        if (most > 1 || position >= chunk.count() / 2) {
            fetchAhead();
        }
        return count;
    }

    private void advance() throws Exception {
        fetchAhead();
        ChunkBuffer read = chunk;
        try {
            chunk = ahead.removeFirst()
                    .get()
                    .orElseThrow(() -> errors.unavailable(
                            Operation.READ, key.value(), "the object became shorter while it was read"));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
        spare.add(read);
        position = 0;
        most = Math.min(most + 1, MAX_AHEAD);
    }

    private void fetchAhead() {
        while (requested < end && ahead.size() < most) {
            long from = requested;
            int wanted = (int) Math.min(end - from, BlobReader.MAX_BYTES);
            ChunkBuffer into = spare.isEmpty() ? new ChunkBuffer() : spare.remove();
            FutureTask<Optional<ChunkBuffer>> task = new FutureTask<>(() -> reader.read(key, from, wanted, etag, into));
            RequestThreads.startOfSystem("azure-ahead", task);
            ahead.add(task);
            requested += wanted;
        }
    }

    /** Does not wait for what is on its way. */
    @Override
    protected void release(boolean complete) {
        ahead.forEach(task -> task.cancel(true));
    }
}
