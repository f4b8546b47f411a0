// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.util.BinaryData;
import java.security.MessageDigest;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.azure.AzureErrors.Doing;

/**
 * Puts an object in the way that its size and the rights ask for: in one request, in blocks, or in one request that is
 * never in memory as a whole. Thread-safe.
 */
final class ObjectWriter {
    /** The library sends a stream that it can begin anew up to this size, and has all of a larger one in memory. */
    private static final long MOST_STREAMED_BYTES = Integer.MAX_VALUE - 8;

    private static final int PIECE_BYTES = 64 * 1024;

    private final BlockSizes blocks;
    private final AzureErrors errors;
    private final Lookup lookup;
    private final NewObject newObject;
    private final BlockUpload blockUpload;

    ObjectWriter(AzureConfig config, Container container, Requests requests, AzureErrors errors) {
        this.blocks = config.blocks();
        this.errors = errors;
        this.lookup = new Lookup(container, requests);
        this.newObject = new NewObject(container, requests, errors, config.settings());
        this.blockUpload = new BlockUpload(config, container, requests, errors, newObject);
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        try {
            putWhole(key, source);
        } catch (StorageDenied e) {
            // A lock that stands in the way is one of an object that is there.
            throw isKnownToBeThere(key) ? errors.exists(key) : e;
        }
    }

    private void putWhole(ObjectKey key, ObjectSource source) throws StorageException {
        if (blocks.isOneRequest(source.sizeBytes())) {
            try {
                byte[] bytes = read(key, source);
                newObject.put(key, BinaryData.fromBytes(bytes), Checksum.of(bytes));
                return;
            } catch (ObjectExists e) {
                if (isThere(key)) {
                    throw e;
                }
                // What is in the way are blocks that another upload left, which the emulator takes for an object.
            }
        } else if (isKnownToBeThere(key)) {
            // Before much is sent for nothing.
            throw errors.exists(key);
        }
        if (!blockUpload.put(key, source)) {
            putStream(key, source);
        }
    }

    /** Who may not look up is told by the service, when all bytes are there. */
    private boolean isKnownToBeThere(ObjectKey key) throws StorageException {
        try {
            return lookup.find(key).isPresent();
        } catch (StorageDenied e) {
            return false;
        }
    }

    /** After the service said so; who may not look up believes it. */
    private boolean isThere(ObjectKey key) throws StorageException {
        try {
            return lookup.find(key).isPresent();
        } catch (StorageDenied e) {
            return true;
        }
    }

    private static byte[] read(ObjectKey key, ObjectSource source) throws StorageException {
        try (SourceStream stream = SourceStream.open(key, source)) {
            SourceBytes bytes = new SourceBytes(stream);
            byte[] all = new byte[Math.toIntExact(source.sizeBytes())];
            bytes.fill(all);
            bytes.requireEnd();
            return all;
        }
    }

    /**
     * For credentials that may create an object and not send blocks: those could overwrite one. The source is read
     * twice, since the checksum goes before the bytes.
     */
    private void putStream(ObjectKey key, ObjectSource source) throws StorageException {
        if (source.sizeBytes() > MOST_STREAMED_BYTES) {
            throw errors.denied(
                    Doing.WRITE,
                    key.value(),
                    "the credentials may not send blocks, and " + source.sizeBytes()
                            + " bytes are too many for one request: have they the right to write?");
        }
        byte[] md5 = checksum(key, source);
        try (ReopeningStream stream = new ReopeningStream(key, source)) {
            newObject.put(key, BinaryData.fromStream(stream, source.sizeBytes()), md5);
        }
    }

    private static byte[] checksum(ObjectKey key, ObjectSource source) throws StorageException {
        MessageDigest digest = Checksum.start();
        byte[] piece = new byte[PIECE_BYTES];
        try (SourceStream stream = SourceStream.inspect(key, source)) {
            for (int count = stream.read(piece, 0, piece.length);
                    count >= 0;
                    count = stream.read(piece, 0, piece.length)) {
                digest.update(piece, 0, count);
            }
        }
        return digest.digest();
    }
}
