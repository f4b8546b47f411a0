// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BlobInfo.Retention;
import com.google.cloud.storage.BlobWriteSession;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.StorageClass;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/**
 * Creates objects. The library sends the checksum of all bytes in the request that creates the object, or with its last
 * piece, and the service refuses other bytes. The checksum of the answer is compared as well. Thread-safe.
 */
final class GcsObjectWriter {
    private static final int PIECE_BYTES = 256 * 1024;

    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsErrors errors;
    private final GcsLookup lookup;
    private final NewObject newObject;

    GcsObjectWriter(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsLookup lookup) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.errors = errors;
        this.lookup = lookup;
        this.newObject = new NewObject(config, errors, client.clock());
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        boolean small = source.sizeBytes() <= config.chunkBytes();
        // The service checks its condition after the last byte, so a look-up can save a long upload. Its answer also
        // has the service's time, for a lock.
        if ((!small || newObject.needsTime()) && isKnownToExist(key)) {
            throw errors.exists(key);
        }
        try (SourceStream bytes = SourceStream.open(key, source)) {
            if (small) {
                putAtOnce(key, bytes, Math.toIntExact(source.sizeBytes()));
            } else {
                putInPieces(key, bytes, source.sizeBytes());
            }
        } catch (StorageDenied e) {
            // The service may also refuse credentials that may create and not replace, because the object exists.
            throw isKnownToExist(key) ? errors.exists(key) : e;
        }
    }

    private boolean isKnownToExist(ObjectKey key) throws StorageException {
        try {
            return lookup.find(Operation.WRITE, key).isPresent();
        } catch (StorageDenied e) {
            return false;
        }
    }

    private void putAtOnce(ObjectKey key, SourceStream source, int size) throws StorageException {
        byte[] bytes = new byte[size];
        int filled = 0;
        // Reads to the end of the stream, which checks the announced length there.
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

    /** Each piece is a request. A failed upload creates no object, and the service discards its pieces. */
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
        // Only now, because closing the channel creates the object.
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

    /** The service has created the object; if its bytes differ, it is deleted again if that is allowed. */
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
            // Without a generation, the request could delete an object of another writer.
            return false;
        }
        List<BlobSourceOption> options = new ArrayList<>();
        config.userProject().map(BlobSourceOption::userProject).ifPresent(options::add);
        // With the generation, no other object of this key is deleted.
        return client.storage().delete(id, options.toArray(BlobSourceOption[]::new));
    }

    /**
     * The requests that create an object, in one request or in several. Each has the condition that the key does not
     * exist, which the service checks when it creates the object. Thread-safe.
     */
    static final class NewObject {
        private final GcsConfig config;
        private final GcsErrors errors;
        private final ServerClock clock;

        NewObject(GcsConfig config, GcsErrors errors, ServerClock clock) {
            this.config = config;
            this.errors = errors;
            this.clock = clock;
        }

        /** Whether a lock is configured, and the service's time is not known yet. */
        boolean needsTime() {
            return config.settings().lockFor().isPresent() && clock.now().isEmpty();
        }

        /** A lock starts with the upload, by the service's clock. */
        BlobInfo info(ObjectKey key) throws StorageException {
            GcsObjectSettings settings = config.settings();
            BlobInfo.Builder info = BlobInfo.newBuilder(config.address().bucket(), key.value())
                    .setContentType("application/octet-stream");
            settings.storageClass().map(StorageClass::valueOf).ifPresent(info::setStorageClass);
            if (settings.lockFor().isPresent()) {
                Instant now = clock.now()
                        .orElseThrow(() -> errors.unavailable(
                                Operation.WRITE,
                                key.value(),
                                "the answer has no date, which the end of a lock is calculated from"));
                info.setRetention(Retention.newBuilder()
                        .setMode(Retention.Mode.LOCKED)
                        .setRetainUntilTime(now.plus(settings.lockFor().get()).atOffset(ZoneOffset.UTC))
                        .build());
            }
            return info.build();
        }

        /** The options of one request with all bytes, which are already compressed. */
        BlobTargetOption[] atOnce() {
            List<BlobTargetOption> options =
                    new ArrayList<>(List.of(BlobTargetOption.doesNotExist(), BlobTargetOption.disableGzipContent()));
            config.userProject().map(BlobTargetOption::userProject).ifPresent(options::add);
            config.settings().kmsKey().map(BlobTargetOption::kmsKeyName).ifPresent(options::add);
            config.settings()
                    .customerKey()
                    .map(key -> BlobTargetOption.encryptionKey(key.base64()))
                    .ifPresent(options::add);
            return options.toArray(BlobTargetOption[]::new);
        }

        BlobWriteOption[] inPieces() {
            List<BlobWriteOption> options =
                    new ArrayList<>(List.of(BlobWriteOption.doesNotExist(), BlobWriteOption.disableGzipContent()));
            config.userProject().map(BlobWriteOption::userProject).ifPresent(options::add);
            config.settings().kmsKey().map(BlobWriteOption::kmsKeyName).ifPresent(options::add);
            config.settings()
                    .customerKey()
                    .map(key -> BlobWriteOption.encryptionKey(key.base64()))
                    .ifPresent(options::add);
            return options.toArray(BlobWriteOption[]::new);
        }
    }
}
