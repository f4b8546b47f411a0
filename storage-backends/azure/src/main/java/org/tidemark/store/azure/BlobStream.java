// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.InputStream;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.BlockInputStream;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/**
 * A range of an object, fetched in chunks, of which the next one is on its way while one is read. What is read is one
 * content: should the object be replaced meanwhile, that is an error. Not thread-safe.
 */
final class BlobStream extends BlockInputStream implements ContentTagged {
    private final BlobReader reader;
    private final AzureErrors errors;
    private final ObjectKey key;

    /** Behind the last byte that was asked for and is there. */
    private final long end;

    private final String etag;
    private ChunkBuffer chunk;

    /** Read before, and to be filled anew. */
    private ChunkBuffer spare = new ChunkBuffer();

    /** Within the chunk. */
    private int position;

    /** Within the object, of the first byte behind the chunk. */
    private long next;

    private @Nullable FutureTask<Optional<BlobChunk>> ahead;
    private @Nullable StorageException failure;

    private BlobStream(BlobReader reader, AzureErrors errors, ObjectKey key, ByteRange range, BlobChunk first) {
        this.reader = reader;
        this.errors = errors;
        this.key = key;
        this.chunk = first.buffer();
        this.next = range.offset() + chunk.count();
        this.etag = first.etag();
        long rest = first.objectBytes() - range.offset();
        this.end = range.offset() + (range.length() == ByteRange.TO_END ? rest : Math.min(rest, range.length()));
    }

    /** Fetches the first chunk, so that what is missing is known at once. */
    static InputStream open(BlobReader reader, AzureErrors errors, ObjectKey key, ByteRange range)
            throws StorageException {
        long most = range.length() == ByteRange.TO_END ? BlobReader.MOST_BYTES : range.length();
        Optional<BlobChunk> first =
                reader.read(key, range.offset(), (int) Math.min(most, BlobReader.MOST_BYTES), "", new ChunkBuffer());
        if (first.isEmpty()) {
            return InputStream.nullInputStream();
        }
        return new BlobStream(reader, errors, key, range, first.get());
    }

    @Override
    public Optional<String> contentTag() {
        return Optional.of(etag);
    }

    @Override
    public int read(byte[] into, int offset, int length) throws StorageException {
        if (length == 0) {
            return 0;
        }
        if (position == chunk.count() && !advance()) {
            return -1;
        }
        int count = Math.min(length, chunk.count() - position);
        System.arraycopy(chunk.bytes(), position, into, offset, count);
        position += count;
        // Not before half of it is read: who looks at a header and closes has fetched no more than that.
        if (ahead == null && next < end && position >= chunk.count() / 2) {
            ahead = fetch();
        }
        return count;
    }

    private boolean advance() throws StorageException {
        if (failure != null) {
            throw failure;
        }
        if (next == end) {
            return false;
        }
        try {
            FutureTask<Optional<BlobChunk>> fetched = ahead == null ? fetch() : ahead;
            ahead = null;
            ChunkBuffer read = chunk;
            chunk = await(fetched).buffer();
            spare = read;
            position = 0;
            next += chunk.count();
            return true;
        } catch (StorageException e) {
            // Some callers swallow an error and read on: they must meet it again, not an end of the stream.
            failure = e;
            throw e;
        }
    }

    private FutureTask<Optional<BlobChunk>> fetch() {
        long from = next;
        ChunkBuffer into = spare;
        int wanted = (int) Math.min(end - from, BlobReader.MOST_BYTES);
        FutureTask<Optional<BlobChunk>> task = new FutureTask<>(() -> reader.read(key, from, wanted, etag, into));
        Thread.ofVirtual().name("azure-ahead").start(task);
        return task;
    }

    private BlobChunk await(FutureTask<Optional<BlobChunk>> fetched) throws StorageException {
        try {
            return fetched.get()
                    .orElseThrow(() -> errors.unavailable(
                            Operation.READ, key.value(), "the object became shorter while it was read"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            fetched.cancel(true);
            throw errors.interrupted(Operation.READ, key.value());
        } catch (ExecutionException e) {
            throw errors.of(Operation.READ, key.value(), e.getCause() == null ? e : e.getCause());
        }
    }

    /** What is on its way is not waited for. */
    @Override
    public void close() {
        if (ahead != null) {
            ahead.cancel(true);
        }
    }
}
