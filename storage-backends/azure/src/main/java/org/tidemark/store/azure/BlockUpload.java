// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.util.BinaryData;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.options.BlockBlobStageBlockOptions;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Base64;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.azure.AzureErrors.Doing;

/**
 * An upload in blocks, several at once, of which nothing can be seen before all are there. Each block has its own
 * checksum, and is tried again by itself. What is left of an upload that fails, the service discards after a week.
 * Thread-safe.
 */
final class BlockUpload {
    private static final int TRIES = 4;
    private static final Duration FIRST_PAUSE = Duration.ofMillis(200);

    private final AzureConfig config;
    private final Container container;
    private final Requests requests;
    private final AzureErrors errors;
    private final NewObject newObject;

    BlockUpload(AzureConfig config, Container container, Requests requests, AzureErrors errors, NewObject newObject) {
        this.config = config;
        this.container = container;
        this.requests = requests;
        this.errors = errors;
        this.newObject = newObject;
    }

    /** Whether the object was put; false if the credentials may not send blocks: then nothing was stored. */
    boolean put(ObjectKey key, ObjectSource source) throws StorageException {
        long size = source.sizeBytes();
        BlockSizes sizes = config.blocks().grownFor(size);
        int count = sizes.count(size);
        BlockIds ids = new BlockIds();
        MessageDigest whole = Checksum.start();
        try (SourceStream stream = SourceStream.open(key, source);
                BoundedTasks tasks = new BoundedTasks(sizes.parallel(), errors, Doing.WRITE, key.value())) {
            SourceBytes bytes = new SourceBytes(stream);
            BlockBuffers buffers = new BlockBuffers(sizes.bytesOf(0, size));
            for (int index = 0; index < count; index++) {
                tasks.awaitRoom();
                byte[] block = buffers.take(sizes.bytesOf(index, size));
                bytes.fill(block);
                whole.update(block);
                String id = ids.of(index);
                if (index > 0) {
                    tasks.start(() -> sendAfterOthers(key, id, block, buffers));
                } else if (!send(key, id, block, buffers)) {
                    return false;
                }
            }
            bytes.requireEnd();
            tasks.join();
        }
        newObject.commit(key, ids.first(count), whole.digest());
        return true;
    }

    private void sendAfterOthers(ObjectKey key, String id, byte[] block, BlockBuffers buffers) throws StorageException {
        if (!send(key, id, block, buffers)) {
            throw errors.denied(Doing.WRITE, key.value(), "the credentials may not send blocks any more");
        }
    }

    private boolean send(ObjectKey key, String id, byte[] block, BlockBuffers buffers) throws StorageException {
        byte[] md5 = Checksum.of(block);
        long end = System.nanoTime() + config.limits().request().toNanos();
        for (int tries = 1; ; tries++) {
            try {
                boolean sent = sendOnce(key, id, block, md5);
                if (tries == 1) {
                    buffers.giveBack(block);
                }
                return sent;
            } catch (StorageUnavailable e) {
                if (tries == TRIES || System.nanoTime() - end > 0 || !paused(FIRST_PAUSE.multipliedBy(1L << tries))) {
                    throw e;
                }
            }
        }
    }

    private boolean sendOnce(ObjectKey key, String id, byte[] block, byte[] md5) throws StorageException {
        Optional<String> answered = requests.upload(key.value(), context -> {
            BlockBlobStageBlockOptions options =
                    new BlockBlobStageBlockOptions(id, BinaryData.fromBytes(block)).setContentMd5(md5);
            try {
                HttpHeaders headers = container
                        .blob(key)
                        .stageBlockWithResponse(options, null, context)
                        .getHeaders();
                return Optional.of(Objects.requireNonNullElse(headers.getValue(HttpHeaderName.CONTENT_MD5), ""));
            } catch (BlobStorageException e) {
                if (AzureErrors.lacksRight(e)) {
                    return Optional.empty();
                }
                throw e;
            }
        });
        if (answered.isPresent() && !answered.get().isEmpty()) {
            newObject.checkAnswer(key, md5, Base64.getDecoder().decode(answered.get()));
        }
        return answered.isPresent();
    }

    /** Half of the pause is left to chance, so that many writers do not come back at once. */
    private static boolean paused(Duration longest) {
        try {
            long nanos = longest.toNanos();
            Thread.sleep(
                    Duration.ofNanos(nanos / 2 + ThreadLocalRandom.current().nextLong(nanos / 2)));
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
