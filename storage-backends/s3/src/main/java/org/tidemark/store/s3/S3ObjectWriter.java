// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.InputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStream;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.s3.BodySender.SentObject;
import org.tidemark.store.s3.ObjectSettings.Lock;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpResponse;

/**
 * Creates objects. Detects the kind of checksum that the server accepts, and reports success only if an answer proves
 * the content of the object. Thread-safe.
 */
final class S3ObjectWriter {
    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final ObjectReader reader;
    private final S3Listing listing;
    private final ServerClock clock = new ServerClock();
    private final S3Errors errors;
    private final BodySender sender;
    private final SingleVersion single;

    S3ObjectWriter(
            S3Config config,
            S3Clients clients,
            BoundedCall calls,
            S3Requests requests,
            ObjectReader reader,
            S3Listing listing,
            S3Errors errors) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.reader = reader;
        this.errors = errors;
        this.listing = listing;
        this.single = new SingleVersion(config, clients, calls, reader, requests, errors);
        this.sender = new BodySender(
                clients, calls, requests, config.endpoint().address().isEmpty());
    }

    /** Uses one request, so the server alone decides whether the object exists. */
    void put(ObjectKey key, ObjectSource source) throws Exception {
        Optional<Lock> lock = config.objects().lock().filter(_ -> !source.isShortLived());
        put(key, source, lock.isPresent() ? lockedUntil(key, lock.get().period()) : null);
    }

    /** Stores an object with a lock of this length instead of the configured one. */
    void putLocked(ObjectKey key, ObjectSource source, Duration period) throws Exception {
        put(key, source, lockedUntil(key, period));
    }

    private void put(ObjectKey key, ObjectSource source, @Nullable Instant until) throws Exception {
        SentObject sent;
        single.requireAbsent(key);
        try {
            sent = putAsTheServerWants(key, source, until);
        } catch (AwsServiceException e) {
            if (S3Errors.code(e).equals("SignatureDoesNotMatch") && isKeyAccepted()) {
                throw errors.unavailable(
                        Operation.WRITE, key.value(), "the received bytes do not match the sent bytes", e);
            }
            if (until != null && S3Errors.canBeForLock(e)) {
                throw errors.ofLock(key.value(), e);
            }
            if (trailersAreDemanded() && S3Errors.canBeForTrailers(e)) {
                throw errors.ofTrailers(key.value(), e);
            }
            throw e;
        }
        single.requireOldest(key, sent.version(), until);
        if (!sent.proven()) {
            readBack(key, source, sent);
        }
    }

    private Instant lockedUntil(ObjectKey key, Duration period) throws Exception {
        if (clock.now().isEmpty()) {
            clock.heard(dateOfAnAnswer());
        }
        Instant now = clock.now()
                .orElseThrow(() -> errors.unavailable(
                        Operation.WRITE,
                        key.value(),
                        "the answer has no date, which the end of a lock is calculated from"));
        return now.plus(period);
    }

    /** A refusal has a date as well: an access key that may only write cannot list. */
    private String dateOfAnAnswer() throws Exception {
        SdkHttpResponse answer;
        try {
            answer = listing.first().sdkHttpResponse();
        } catch (AwsServiceException e) {
            if (e.statusCode() != 403 || e.awsErrorDetails() == null) {
                throw e;
            }
            answer = e.awsErrorDetails().sdkHttpResponse();
        }
        return answer == null ? "" : answer.firstMatchingHeader("Date").orElse("");
    }

    private boolean trailersAreDemanded() {
        return config.checksums().filter(Checksums.TRAILER::equals).isPresent();
    }

    /** The first upload detects whether the server accepts trailers. */
    private SentObject putAsTheServerWants(ObjectKey key, ObjectSource source, @Nullable Instant until)
            throws Exception {
        if (!clients.isOpen()) {
            return send(key, source, until, clients.checksums());
        }
        try {
            SentObject sent = send(key, source, until, Checksums.TRAILER);
            clients.found(Checksums.TRAILER);
            return sent;
        } catch (AwsServiceException e) {
            if (!S3Errors.canBeForTrailers(e)) {
                throw e;
            }
        }
        SentObject sent = send(key, source, until, Checksums.HEADER);
        clients.found(Checksums.HEADER);
        return sent;
    }

    private SentObject send(ObjectKey key, ObjectSource source, @Nullable Instant until, Checksums way)
            throws Exception {
        try (SourceBody body = sender.body(key, source, way)) {
            return sender.putObject(key, body, until, way);
        }
    }

    /**
     * The signature covers the trailer; a request without bytes shows whether the key is wrong or the trailer is
     * refused.
     */
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

    /**
     * Removes a damaged object, which only this upload can have created; but not if the ETag has changed, because
     * another writer has overwritten it.
     */
    private void readBack(ObjectKey key, ObjectSource source, SentObject sent) throws Exception {
        try (InputStream own = SourceStream.inspect(key, source);
                ObjectStream stored = reader.open(key, ByteRange.ALL)) {
            if (ObjectReader.isSame(stored, own)) {
                return;
            }
            if (sent.eTag() != null && !stored.contentTag().equals(Optional.of(sent.eTag()))) {
                throw errors.unavailable(
                        Operation.WRITE, key.value(), "another object has this key, and was left unchanged");
            }
        } catch (StorageException e) {
            throw new StorageUnavailable(
                    "'" + key + "' was stored in " + config.description() + " without a checksum in the answer,"
                            + " and could not be read back: " + e.getMessage(),
                    e);
        }
        String fate = "and was removed again";
        try {
            calls.run(() -> clients.any()
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
