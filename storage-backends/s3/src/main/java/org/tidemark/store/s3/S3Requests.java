// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.s3.ObjectSettings.Lock;
import software.amazon.awssdk.services.s3.model.CopyObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** The requests for single objects, with all settings of the configuration. Immutable. */
record S3Requests(String bucket, ObjectSettings settings) {
    /** The only condition that every server interprets in the same way: the object does not exist. */
    private static final String NOTHING_THERE = "*";

    /** The version id of objects from the time before versioning. */
    private static final String NO_VERSION = "null";

    /** Whether an object with this version id is kept when it is deleted. */
    static boolean isVersion(@Nullable String id) {
        return id != null && !id.equals(NO_VERSION);
    }

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

    /** @param range as in HTTP; null for the whole object */
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

    /** @param until the end of the lock; null for an object without a lock */
    PutObjectRequest.Builder put(ObjectKey key, @Nullable Instant until) {
        Encryption sse = settings.encryption();
        return PutObjectRequest.builder()
                .bucket(bucket)
                .key(key.value())
                .ifNoneMatch(NOTHING_THERE)
                .storageClass(settings.storageClass().orElse(null))
                .tagging(settings.tags().orElse(null))
                .objectLockMode(
                        until == null ? null : settings.lock().map(Lock::mode).orElse(null))
                .objectLockRetainUntilDate(until)
                .serverSideEncryption(sse.kind())
                .ssekmsKeyId(sse.kmsKeyId())
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5());
    }

    /**
     * A copy of a version of an object as its newest one.
     *
     * @param until as in {@link #put}
     */
    CopyObjectRequest copy(ObjectKey key, String version, @Nullable Instant until) {
        Encryption sse = settings.encryption();
        return CopyObjectRequest.builder()
                .sourceBucket(bucket)
                .sourceKey(key.value())
                .sourceVersionId(version)
                .destinationBucket(bucket)
                .destinationKey(key.value())
                .storageClass(settings.storageClass().orElse(null))
                .objectLockMode(
                        until == null ? null : settings.lock().map(Lock::mode).orElse(null))
                .objectLockRetainUntilDate(until)
                .serverSideEncryption(sse.kind())
                .ssekmsKeyId(sse.kmsKeyId())
                .sseCustomerAlgorithm(sse.customerAlgorithm())
                .sseCustomerKey(sse.customerKeyText())
                .sseCustomerKeyMD5(sse.customerKeyMd5())
                .copySourceSSECustomerAlgorithm(sse.customerAlgorithm())
                .copySourceSSECustomerKey(sse.customerKeyText())
                .copySourceSSECustomerKeyMD5(sse.customerKeyMd5())
                .build();
    }
}
