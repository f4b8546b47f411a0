// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.DeleteObjectsResponse;
import software.amazon.awssdk.services.s3.model.ObjectIdentifier;
import software.amazon.awssdk.services.s3.model.S3Error;

/** Deletes objects, many with one request if the server supports that. Thread-safe. */
final class S3Deletion {
    private static final int MAX_BATCH = 1000;

    private final String bucket;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Errors errors;
    private volatile boolean batchesAreRefused;

    S3Deletion(String bucket, S3Clients clients, BoundedCall calls, S3Errors errors) {
        this.bucket = bucket;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> all = new ArrayList<>(new LinkedHashSet<>(keys));
        for (int from = 0; from < all.size(); from += MAX_BATCH) {
            List<ObjectKey> batch = all.subList(from, Math.min(from + MAX_BATCH, all.size()));
            if (batch.size() == 1 || batchesAreRefused) {
                deleteEach(batch);
            } else {
                deleteTogether(batch);
            }
        }
    }

    private void deleteTogether(List<ObjectKey> batch) throws StorageException {
        List<ObjectIdentifier> names = batch.stream()
                .map(key -> ObjectIdentifier.builder().key(key.value()).build())
                .toList();
        DeleteObjectsResponse answer;
        try {
            answer = calls.run(() -> clients.any()
                    .deleteObjects(all -> all.bucket(bucket)
                            .delete(delete -> delete.objects(names).quiet(true))));
        } catch (Exception e) {
            if (isRefusal(e)) {
                deleteEach(batch);
                batchesAreRefused = true;
                return;
            }
            throw errors.of(Operation.DELETE, batch.getFirst().value(), e);
        }
        // The status is 200 even if some objects could not be deleted.
        for (S3Error error : answer.errors()) {
            throwUnlessGone(error);
        }
    }

    /**
     * Whether the server refuses this kind of request: Google does not support it, and old servers require another
     * checksum.
     */
    private static boolean isRefusal(Exception e) {
        return e instanceof AwsServiceException answer
                && switch (answer.statusCode()) {
                    case 400, 405, 411, 415, 501 -> true;
                    default -> false;
                };
    }

    private void throwUnlessGone(S3Error error) throws StorageException {
        String detail = error.code() + " (" + error.message() + ")";
        switch (String.valueOf(error.code())) {
            case "NoSuchKey" -> {}
            case "AccessDenied", "InvalidObjectState", "MethodNotAllowed" ->
                throw errors.denied(Operation.DELETE, error.key(), detail);
            default -> throw errors.unavailable(Operation.DELETE, error.key(), detail);
        }
    }

    private void deleteEach(List<ObjectKey> keys) throws StorageException {
        for (ObjectKey key : keys) {
            try {
                calls.run(() ->
                        clients.any().deleteObject(one -> one.bucket(bucket).key(key.value())));
            } catch (Exception e) {
                if (!(e instanceof AwsServiceException answer
                        && S3Errors.code(answer).equals("NoSuchKey"))) {
                    throw errors.of(Operation.DELETE, key.value(), e);
                }
            }
        }
    }
}
