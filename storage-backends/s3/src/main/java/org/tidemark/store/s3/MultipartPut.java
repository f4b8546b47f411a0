// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.Attempts;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.s3.BodySender.SentObject;
import org.tidemark.store.s3.BodySender.SentPart;
import org.tidemark.store.s3.S3Config.Checksums;
import org.tidemark.store.s3.S3Errors.Doing;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadResponse;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** Puts one object in parts, several at a time. Nothing can be seen of it before the last request. Thread-safe. */
final class MultipartPut {
    /** Of one part: with many parts, one of them fails sooner or later, and the others need not go again. */
    private static final RetryLimits PART_RETRIES =
            new RetryLimits(4, Duration.ofMinutes(2), Duration.ofMillis(200), Duration.ofSeconds(5));

    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCalls calls;
    private final S3Requests requests;
    private final BodySender sender;
    private final S3Errors errors;

    MultipartPut(S3Config config, S3Clients clients, BoundedCalls calls, S3Requests requests, BodySender sender) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.requests = requests;
        this.sender = sender;
        this.errors = new S3Errors(config);
    }

    SentObject put(ObjectKey key, SourceStreams streams, PartPlan plan, @Nullable Instant lockedUntil, Checksums way)
            throws Exception {
        ChecksumAlgorithm checksums = way == Checksums.TRAILER ? ChecksumAlgorithm.CRC32 : null;
        String upload = calls.run(
                null,
                () -> clients.of(way)
                        .createMultipartUpload(requests.begin(key, lockedUntil, checksums))
                        .uploadId());
        if (upload == null || upload.isEmpty()) {
            throw nothingNamed(key, "upload");
        }
        boolean complete = false;
        try {
            List<SentPart> sent = new Parts(key, upload, streams, plan, way).send();
            List<CompletedPart> parts = sent.stream().map(SentPart::part).toList();
            CompleteMultipartUploadRequest request = requests.complete(key, upload, parts);
            CompleteMultipartUploadResponse answer =
                    calls.run(null, () -> clients.patient(way).completeMultipartUpload(request));
            if (answer.eTag() == null || answer.eTag().isEmpty()) {
                throw nothingNamed(key, "object");
            }
            complete = true;
            return new SentObject(sent.stream().allMatch(SentPart::proven), answer.eTag());
        } finally {
            if (!complete) {
                abort(key, upload);
            }
        }
    }

    /** The answer of a portal on the way, or cut off: nobody knows whether there is what was asked for. */
    private StorageUnavailable nothingNamed(ObjectKey key, String what) {
        return new StorageUnavailable(
                "could not store '" + key + "' in " + config.description() + ": the answer names no " + what, null);
    }

    /** What was sent is billed as long as it is kept. The reason why all this failed matters more than this does. */
    private void abort(ObjectKey key, String upload) {
        boolean interrupted = Thread.interrupted();
        try {
            calls.run(
                    null,
                    () -> clients.any()
                            .abortMultipartUpload(one ->
                                    one.bucket(config.bucket()).key(key.value()).uploadId(upload)));
        } catch (InterruptedException e) {
            interrupted = true;
        } catch (Exception e) {
            // It stays in the list of unfinished uploads, which is cleaned up by age.
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** The parts of one upload. Used once. */
    private final class Parts {
        private final ObjectKey key;
        private final String upload;
        private final SourceStreams streams;
        private final PartPlan plan;
        private final Checksums way;
        private final AtomicInteger next = new AtomicInteger();
        private final AtomicReferenceArray<SentPart> sent;

        Parts(ObjectKey key, String upload, SourceStreams streams, PartPlan plan, Checksums way) {
            this.key = key;
            this.upload = upload;
            this.streams = streams;
            this.plan = plan;
            this.way = way;
            this.sent = new AtomicReferenceArray<>(plan.count());
        }

        List<SentPart> send() throws Exception {
            int workers = Math.min(config.parts().parallel(), plan.count());
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                CompletionService<Boolean> done = new ExecutorCompletionService<>(threads);
                for (int i = 0; i < workers; i++) {
                    done.submit(this::sendUntilNoneIsLeft);
                }
                try {
                    for (int i = 0; i < workers; i++) {
                        done.take().get();
                    }
                } catch (ExecutionException e) {
                    threads.shutdownNow();
                    throw e.getCause() instanceof Exception cause ? cause : e;
                } catch (InterruptedException e) {
                    threads.shutdownNow();
                    throw e;
                }
            }
            List<SentPart> all = new ArrayList<>();
            for (int i = 0; i < plan.count(); i++) {
                all.add(sent.get(i));
            }
            return all;
        }

        private boolean sendUntilNoneIsLeft() throws Exception {
            for (int index = next.getAndIncrement(); index < plan.count(); index = next.getAndIncrement()) {
                sent.set(index, sendOne(index));
            }
            return true;
        }

        private SentPart sendOne(int index) throws Exception {
            Attempts attempts = new Attempts(PART_RETRIES, ElapsedTime.SYSTEM, new Random());
            while (true) {
                try (SourceBody body = sender.body(streams, plan.offset(index), plan.length(index), way)) {
                    return sender.uploadPart(key, upload, index + 1, body, way);
                } catch (InterruptedException e) {
                    throw e;
                } catch (Exception e) {
                    if (clients.isOpen()
                            && e instanceof AwsServiceException answer
                            && S3Errors.canBeForTrailers(answer)) {
                        // Not of this one try: all parts have to go the other way.
                        throw e;
                    }
                    StorageException meaning = errors.of(Doing.PUT, key.value(), e);
                    if (!(meaning instanceof StorageUnavailable again)) {
                        throw e;
                    }
                    attempts.pauseAfter(again);
                }
            }
        }
    }
}
