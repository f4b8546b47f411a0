// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BlobWriteSession;
import com.google.cloud.storage.Storage.BlobSourceOption;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Makes objects. The library sends the checksum of all bytes along, in the request that makes the object or in the last
 * one of its pieces, and the service makes none whose bytes differ; what it answers is compared once more. Thread-safe.
 */
final class ObjectWriter {
    private static final int PIECE_BYTES = 256 * 1024;

    private final GcsConfig config;
    private final Client client;
    private final Requests requests;
    private final GcsErrors errors;
    private final Lookup lookup;
    private final NewObject newObject;

    ObjectWriter(GcsConfig config, Client client, Requests requests, GcsErrors errors, Lookup lookup) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.lookup = lookup;
        this.newObject = new NewObject(config, errors, client.clock());
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        boolean small = source.sizeBytes() <= config.chunkBytes();
        // The service looks at its condition when the last byte has come: many would have been sent for nothing.
        // Any answer tells the service's time as well, for a lock.
        if ((!small || newObject.needsTime()) && isKnownToBeThere(key)) {
            throw errors.exists(key);
        }
        try (SourceStream bytes = SourceStream.open(key, source)) {
            if (small) {
                putAtOnce(key, bytes, Math.toIntExact(source.sizeBytes()));
            } else {
                putInPieces(key, bytes, source.sizeBytes());
            }
        } catch (StorageDenied e) {
            // To credentials that may create and not replace, the service may say so of an object that is there.
            throw isKnownToBeThere(key) ? errors.exists(key) : e;
        }
    }

    private boolean isKnownToBeThere(ObjectKey key) throws StorageException {
        try {
            return lookup.find(Operation.WRITE, key).isPresent();
        } catch (StorageDenied e) {
            return false;
        }
    }

    private void putAtOnce(ObjectKey key, SourceStream source, int size) throws StorageException {
        byte[] bytes = new byte[size];
        int filled = 0;
        // Until the stream tells its end, by which it has insisted on the announced length.
        for (int count = 0; count >= 0; ) {
            filled += count;
            count = filled < size ? source.read(bytes, filled, size - filled) : source.read(new byte[1], 0, 1);
        }
        CRC32C sum = new CRC32C();
        sum.update(bytes);
        BlobInfo stored = requests.send(
                Operation.WRITE,
                key.value(),
                () -> client.storage().create(newObject.info(key), bytes, newObject.atOnce()));
        checkAnswer(key, stored, size, sum);
    }

    /** Each piece is a request. What was sent of an upload that fails is no object, and is discarded by the service. */
    private void putInPieces(ObjectKey key, SourceStream source, long size) throws StorageException {
        CRC32C sum = new CRC32C();
        BlobWriteSession session = requests.send(
                Operation.WRITE,
                key.value(),
                () -> client.storage().blobWriteSession(newObject.info(key), newObject.inPieces()));
        WritableByteChannel channel = requests.send(Operation.WRITE, key.value(), session::open);
        byte[] piece = new byte[PIECE_BYTES];
        for (int count = 0; count >= 0; count = source.read(piece, 0, piece.length)) {
            sum.update(piece, 0, count);
            ByteBuffer buffer = ByteBuffer.wrap(piece, 0, count);
            requests.send(Operation.WRITE, key.value(), () -> writeAll(channel, buffer));
        }
        // Only now: to close it makes an object of what was sent.
        BlobInfo stored = requests.send(Operation.WRITE, key.value(), () -> {
            channel.close();
            return session.getResult().get(config.limits().read().toMillis(), TimeUnit.MILLISECONDS);
        });
        checkAnswer(key, stored, size, sum);
    }

    private static boolean writeAll(WritableByteChannel channel, ByteBuffer buffer) throws Exception {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
        return true;
    }

    /** The service has made an object by now: one that is not what was sent is removed again, if it lets us. */
    private void checkAnswer(ObjectKey key, BlobInfo stored, long size, CRC32C sum) throws StorageException {
        @Nullable String crc32c = stored.getCrc32c();
        @Nullable Long sizeBytes = stored.getSize();
        boolean sameSum = crc32c == null || crc32c.equals(BodyChecksum.base64(sum));
        if (sameSum && sizeBytes != null && sizeBytes == size) {
            return;
        }
        StorageUnavailable damaged = errors.unavailable(
                Operation.WRITE,
                key.value(),
                "the checksum or the size in the service's answer does not match the sent bytes");
        try {
            requests.send(Operation.DELETE, key.value(), () -> remove(stored));
        } catch (StorageException e) {
            damaged.addSuppressed(e);
        }
        throw damaged;
    }

    private boolean remove(BlobInfo stored) throws StorageException {
        BlobId id = stored.getBlobId();
        @Nullable Long generation = id.getGeneration();
        if (generation == null) {
            // Without one, the request would remove whatever is there by now.
            return false;
        }
        List<BlobSourceOption> options = new ArrayList<>();
        config.userProject().map(BlobSourceOption::userProject).ifPresent(options::add);
        // By its generation, so that nothing else of this key is removed.
        return client.storage().delete(id, options.toArray(BlobSourceOption[]::new));
    }
}
