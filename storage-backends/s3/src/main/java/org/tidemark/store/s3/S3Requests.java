// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.s3.ObjectSettings.Lock;
import software.amazon.awssdk.services.s3.model.ChecksumAlgorithm;
import software.amazon.awssdk.services.s3.model.CompleteMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;
import software.amazon.awssdk.services.s3.model.UploadPartRequest;

/** The requests about single objects, with everything that the configuration adds to them. Immutable. */
record S3Requests(String bucket, ObjectSettings settings) {
    /** The only condition that every server understands the same way: there is no such object. */
    private static final String NOTHING_THERE = "*";

    HeadObjectRequest head(ObjectKey key) {
        Encryption sse = settings.encryption();
        return HeadObjectRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5())
                .build();
    }

    /** @param range as HTTP writes it; null for the whole */
    GetObjectRequest get(ObjectKey key, @Nullable String range) {
        Encryption sse = settings.encryption();
        return GetObjectRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .range(range)
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5())
                .build();
    }

    /** @param until end of the lock; null where nothing is locked */
    PutObjectRequest.Builder put(ObjectKey key, @Nullable Instant until) {
        Encryption sse = settings.encryption();
        return PutObjectRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .ifNoneMatch(NOTHING_THERE)
                .storageClass(settings.storageClass().orElse(null))
                .tagging(settings.tags().orElse(null))
                .objectLockMode(settings.lock().map(Lock::mode).orElse(null))
                .objectLockRetainUntilDate(until)
                .serverSideEncryption(sse.kind())
                .ssekmsKeyId(sse.kmsKeyId())
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5());
    }

    CreateMultipartUploadRequest begin(ObjectKey key, @Nullable Instant until, @Nullable ChecksumAlgorithm checksums) {
        Encryption sse = settings.encryption();
        return CreateMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .checksumAlgorithm(checksums)
                .storageClass(settings.storageClass().orElse(null))
                .tagging(settings.tags().orElse(null))
                .objectLockMode(settings.lock().map(Lock::mode).orElse(null))
                .objectLockRetainUntilDate(until)
                .serverSideEncryption(sse.kind())
                .ssekmsKeyId(sse.kmsKeyId())
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5())
                .build();
    }

    /** @param number from 1 */
    UploadPartRequest.Builder part(ObjectKey key, String upload, int number) {
        Encryption sse = settings.encryption();
        return UploadPartRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .uploadId(upload)
                .partNumber(number)
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5());
    }

    CompleteMultipartUploadRequest complete(ObjectKey key, String upload, List<CompletedPart> parts) {
        Encryption sse = settings.encryption();
        return CompleteMultipartUploadRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .uploadId(upload)
                .ifNoneMatch(NOTHING_THERE)
                .multipartUpload(whole -> whole.parts(parts))
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5())
                .build();
    }
}
