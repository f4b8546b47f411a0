// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;

/**
 * The streams of one source while it is sent, whole or in parts. A stream that has given its part is kept for a later
 * part, since to open another and go there can mean to read everything before. Nothing is held in memory. Thread-safe.
 */
final class SourceStreams implements AutoCloseable {
    private static final int MAX_KEPT = 32;

    private final ObjectKey key;
    private final ObjectSource source;
    private final List<At> sending = new ArrayList<>();
    private final List<At> looking = new ArrayList<>();

    SourceStreams(ObjectKey key, ObjectSource source) {
        this.key = key;
        this.source = source;
    }

    /** A stream, and the position of its next byte. */
    private record At(SourceStream stream, long position) {}

    /** The bytes of a part, to be sent; the caller closes the stream. */
    InputStream part(long offset, long length) throws StorageException {
        At nearest = takeNearest(sending, offset);
        return part(
                sending, nearest == null ? SourceStream.open(key, source) : nearest.stream, nearest, offset, length);
    }

    /** As {@link #part}, for a look that sends nothing: see {@link ObjectSource#inspect}. */
    InputStream look(long offset, long length) throws StorageException {
        At nearest = takeNearest(looking, offset);
        return part(
                looking, nearest == null ? SourceStream.inspect(key, source) : nearest.stream, nearest, offset, length);
    }

    private InputStream part(List<At> kept, SourceStream stream, @Nullable At from, long offset, long length)
            throws StorageException {
        try {
            stream.skipNBytes(offset - (from == null ? 0 : from.position));
        } catch (IOException e) {
            close(stream);
            throw storage(e);
        }
        return new Part(kept, stream, offset, length);
    }

    private synchronized @Nullable At takeNearest(List<At> kept, long offset) {
        At nearest = null;
        for (At at : kept) {
            if (at.position <= offset && (nearest == null || at.position > nearest.position)) {
                nearest = at;
            }
        }
        kept.remove(nearest);
        return nearest;
    }

    private synchronized boolean keep(List<At> kept, At at) {
        return kept.size() < MAX_KEPT && kept.add(at);
    }

    @Override
    public void close() throws StorageException {
        List<At> all;
        synchronized (this) {
            all = new ArrayList<>(sending);
            all.addAll(looking);
            sending.clear();
            looking.clear();
        }
        for (At at : all) {
            at.stream.close();
        }
    }

    private StorageException storage(IOException e) {
        return e instanceof StorageException classified
                ? classified
                : new StorageException.StorageUnavailable(
                        "the bytes to be stored as '" + key + "' could not be read: " + e.getMessage(), e);
    }

    private static void close(SourceStream stream) {
        try {
            stream.close();
        } catch (StorageException e) {
            // What is thrown says more.
        }
    }

    /** Not thread-safe. */
    private final class Part extends InputStream {
        private final List<At> kept;
        private final SourceStream stream;
        private final long end;
        private long position;
        private boolean usable = true;
        private boolean endIsSeen;
        private boolean closed;

        Part(List<At> kept, SourceStream stream, long offset, long length) {
            this.kept = kept;
            this.stream = stream;
            this.position = offset;
            this.end = offset + length;
        }

        @Override
        public int read() throws StorageException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws StorageException {
            if (length == 0) {
                return 0;
            }
            usable = false;
            int count = position < end ? stream.read(into, offset, (int) Math.min(length, end - position)) : -1;
            position += Math.max(count, 0);
            // Whether more follows than was announced must be known before the last byte is sent.
            if (position == end && end == source.sizeBytes() && !endIsSeen) {
                stream.read(new byte[1], 0, 1);
                endIsSeen = true;
            }
            usable = true;
            return count;
        }

        /** Closed again, it does nothing: the stream may serve another part by then. */
        @Override
        public void close() throws StorageException {
            if (closed) {
                return;
            }
            closed = true;
            if (!usable || !keep(kept, new At(stream, position))) {
                stream.close();
            }
        }
    }
}
