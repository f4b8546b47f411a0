// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.s3.ObjectSettings.Lock;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/** The requests for single objects, with all settings of the configuration. Immutable. */
record S3Requests(String bucket, ObjectSettings settings) {
    /** The only condition that every server interprets in the same way: the object does not exist. */
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

    /** @param until the end of the lock; null without a lock */
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
}
