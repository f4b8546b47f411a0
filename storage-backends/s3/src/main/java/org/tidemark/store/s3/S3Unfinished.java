// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.s3.S3Errors.Doing;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsRequest;
import software.amazon.awssdk.services.s3.model.ListMultipartUploadsResponse;
import software.amazon.awssdk.services.s3.model.MultipartUpload;

/** Multipart uploads of a bucket that nobody completed. Thread-safe. */
final class S3Unfinished implements UnfinishedUploads {
    private final String bucket;
    private final S3Clients clients;
    private final BoundedCalls calls;
    private final S3Errors errors;

    S3Unfinished(String bucket, S3Clients clients, BoundedCalls calls, S3Errors errors) {
        this.bucket = bucket;
        this.clients = clients;
        this.calls = calls;
        this.errors = errors;
    }

    @Override
    public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        List<Upload> found = new ArrayList<>();
        ListMultipartUploadsRequest.Builder request =
                ListMultipartUploadsRequest.builder().bucket(bucket).prefix(prefix.isEmpty() ? null : prefix);
        try {
            while (true) {
                ListMultipartUploadsRequest next = request.build();
                ListMultipartUploadsResponse answer =
                        calls.run(null, () -> clients.any().listMultipartUploads(next));
                if (answer.isTruncated() == null) {
                    throw notUnderstood("the answer is no list of uploads");
                }
                for (MultipartUpload upload : answer.uploads()) {
                    if (found.size() < limit
                            && ObjectKey.isKey(upload.key())
                            && upload.initiated().isBefore(time)) {
                        found.add(new Upload(new ObjectKey(upload.key()), upload.uploadId(), upload.initiated()));
                    }
                }
                if (!answer.isTruncated() || found.size() == limit) {
                    return found;
                }
                if (answer.nextKeyMarker() == null
                        || (answer.nextKeyMarker().equals(next.keyMarker())
                                && Objects.equals(answer.nextUploadIdMarker(), next.uploadIdMarker()))) {
                    throw notUnderstood("the server says that more follows, and not where");
                }
                request.keyMarker(answer.nextKeyMarker()).uploadIdMarker(answer.nextUploadIdMarker());
            }
        } catch (Exception e) {
            throw errors.of(Doing.LIST_UPLOADS, prefix, e);
        }
    }

    private StorageUnavailable notUnderstood(String why) {
        return new StorageUnavailable(
                "could not list the unfinished uploads of " + errors.description() + ": " + why, null);
    }

    @Override
    public void abort(Upload upload) throws StorageException {
        try {
            calls.run(
                    null,
                    () -> clients.any()
                            .abortMultipartUpload(one ->
                                    one.bucket(bucket).key(upload.key().value()).uploadId(upload.id())));
        } catch (Exception e) {
            if (!(e instanceof AwsServiceException answer
                    && S3Errors.code(answer).equals("NoSuchUpload"))) {
                throw errors.of(Doing.ABORT, upload.key().value(), e);
            }
        }
    }
}
