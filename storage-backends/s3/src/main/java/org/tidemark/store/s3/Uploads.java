// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.InputStream;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/**
 * Puts objects: finds out how the server wants its checksums, and does not believe in an object that it cannot prove.
 * Thread-safe.
 */
final class Uploads {
    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCalls calls;
    private final ObjectReader reader;
    private final Listing listing;
    private final StoreTime time;
    private final BodySender sender;
    private final MultipartPut multipart;

    Uploads(
            S3Config config,
            S3Clients clients,
            BoundedCalls calls,
            S3Requests requests,
            ObjectReader reader,
            Listing listing) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.reader = reader;
        this.listing = listing;
        this.time = new StoreTime(listing);
        this.sender = new BodySender(
                clients, calls, requests, config.endpoint().address().isEmpty());
        this.multipart = new MultipartPut(config, clients, calls, requests, sender);
    }

    /** One way of putting, whole or in parts. */
    private interface Way {
        /** Whether the answers prove that the server has the very bytes. */
        boolean put(Checksums checksums) throws Exception;
    }

    void putWhole(ObjectKey key, SourceStreams streams, long sizeBytes) throws Exception {
        Instant until = lockedUntil();
        put(key, streams, sizeBytes, checksums -> {
            try (SourceBody body = sender.body(streams, 0, sizeBytes, checksums)) {
                return sender.putObject(key, body, until, checksums);
            }
        });
    }

    void putInParts(ObjectKey key, SourceStreams streams, long sizeBytes) throws Exception {
        Instant until = lockedUntil();
        PartPlan plan = PartPlan.of(sizeBytes, config.parts().partBytes());
        put(key, streams, sizeBytes, checksums -> multipart.put(key, streams, plan, until, checksums));
    }

    private @Nullable Instant lockedUntil() throws Exception {
        return config.objects().lock().isEmpty()
                ? null
                : time.now().plus(config.objects().lock().get().period());
    }

    private void put(ObjectKey key, SourceStreams streams, long sizeBytes, Way way) throws Exception {
        boolean proven;
        try {
            proven = putAsTheServerWants(way);
        } catch (AwsServiceException e) {
            if (S3Errors.code(e).equals("SignatureDoesNotMatch") && isKeyAccepted()) {
                throw new StorageUnavailable(
                        "could not store '" + key + "' in " + config.description()
                                + ": the bytes were changed on their way",
                        e);
            }
            throw e;
        }
        if (!proven) {
            readBack(key, streams, sizeBytes);
        }
    }

    /** Whether the server takes trailers is found out by the first upload, and then remembered. */
    private boolean putAsTheServerWants(Way way) throws Exception {
        if (!clients.isOpen()) {
            return way.put(clients.checksums());
        }
        try {
            boolean proven = way.put(Checksums.TRAILER);
            clients.found(Checksums.TRAILER);
            return proven;
        } catch (AwsServiceException e) {
            if (!S3Errors.canBeForTrailers(e)) {
                throw e;
            }
        }
        boolean proven = way.put(Checksums.HEADER);
        clients.found(Checksums.HEADER);
        return proven;
    }

    /** A signature covers the bytes as well: that of a request without any says whose fault it is. */
    private boolean isKeyAccepted() throws InterruptedException {
        try {
            listing.first();
            return true;
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            return false;
        }
    }

    /** Nobody else can have put it, so what is wrong with it is ours to remove. */
    private void readBack(ObjectKey key, SourceStreams streams, long sizeBytes) throws Exception {
        try (InputStream own = streams.look(0, sizeBytes)) {
            if (reader.holds(key, own)) {
                return;
            }
        } catch (StorageException e) {
            throw new StorageUnavailable(
                    "'" + key + "' was stored in " + config.description() + " without a proof that its bytes are right,"
                            + " and could not be read back: " + e.getMessage(),
                    e);
        }
        String fate = "and was removed again";
        try {
            calls.run(
                    null,
                    () -> clients.any()
                            .deleteObject(one -> one.bucket(config.bucket()).key(key.value())));
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            fate = "and could not be removed: remove it by hand";
        }
        throw new StorageUnavailable(
                "'" + key + "' was stored in " + config.description() + " with other bytes than were sent, " + fate
                        + "; if this happens always, set " + S3Options.CHECKSUMS + " = \"when-required\"",
                null);
    }
}
