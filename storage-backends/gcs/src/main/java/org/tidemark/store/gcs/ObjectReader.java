// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.ReadChannel;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.Storage.BlobSourceOption;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStream;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.gcs.GcsLookup.Found;

/** Reads objects: looks up the size first, and then reads bytes of that generation. Thread-safe. */
final class ObjectReader {
    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsErrors errors;
    private final GcsLookup lookup;

    ObjectReader(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsLookup lookup) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.lookup = lookup;
    }

    InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Found found = lookup.find(Operation.READ, key).orElseThrow(() -> errors.missing(key));
        long size = found.info().sizeBytes();
        if (range.offset() >= size) {
            return InputStream.nullInputStream();
        }
        return new GenerationStream(found, range);
    }

    private BlobSourceOption[] options() {
        List<BlobSourceOption> options = new ArrayList<>(List.of(BlobSourceOption.shouldReturnRawInputStream(true)));
        config.userProject().map(BlobSourceOption::userProject).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(key -> BlobSourceOption.decryptionKey(key.base64()))
                .ifPresent(options::add);
        return options.toArray(BlobSourceOption[]::new);
    }

    /** A range of one generation of an object. */
    private final class GenerationStream extends ObjectStream {
        private static final int BUFFER_BYTES = 256 * 1024;

        private final Found found;
        private final boolean whole;
        private final long end;

        /** The request, which may outlive a call that gave it up, never gets the reader's own bytes to fill. */
        private final byte[] buffer = new byte[BUFFER_BYTES];

        private final CRC32C crc32c = new CRC32C();

        /** The position in the object of the first byte after the buffer. */
        private long next;

        private int position;
        private int filled;
        private @Nullable ReadChannel channel;

        GenerationStream(Found found, ByteRange range) {
            super(
                    errors,
                    found.info().key(),
                    range.sizeIn(found.info().sizeBytes()),
                    Optional.of(Long.toString(found.generation())),
                    requests.limits().request());
            this.found = found;
            this.next = range.offset();
            this.end = range.offset() + range.sizeIn(found.info().sizeBytes());
            this.whole = range.offset() == 0 && end == found.info().sizeBytes();
        }

        @Override
        protected int next(byte[] into, int offset, int length) throws StorageException {
            if (position == filled) {
                filled = requests.send(Operation.READ, found.info().key().value(), timeLeft(), this::fill);
                position = 0;
                next += filled;
                crc32c.update(buffer, 0, filled);
            }
            int count = Math.min(length, filled - position);
            System.arraycopy(buffer, position, into, offset, count);
            position += count;
            return count;
        }

        /**
         * Reads as much as fits into the buffer; less only at the end of the answer. Runs on the thread of a request.
         */
        private int fill() throws Exception {
            ReadChannel from = channel;
            if (from == null) {
                from = open();
                channel = from;
            }
            ByteBuffer into = ByteBuffer.wrap(buffer, 0, (int) Math.min(buffer.length, end - next));
            while (into.hasRemaining() && from.read(into) >= 0) {
                // The library gives as much as has come.
            }
            return into.position();
        }

        private ReadChannel open() throws Exception {
            BlobId id = BlobId.of(config.address().bucket(), found.info().key().value(), found.generation());
            ReadChannel opened = client.storage().reader(id, options());
            // Disables the library's own read-ahead buffer.
            opened.setChunkSize(0);
            opened.seek(next);
            return opened.limit(end);
        }

        @Override
        protected void checkWhole() throws StorageException {
            if (whole && found.crc32c().isPresent() && !found.crc32c().get().equals(BodyChecksum.base64(crc32c))) {
                throw errors.checksumMismatch(Operation.READ, found.info().key().value());
            }
        }

        @Override
        protected void release(boolean complete) {
            if (channel != null) {
                requests.release(channel);
            }
        }
    }
}
