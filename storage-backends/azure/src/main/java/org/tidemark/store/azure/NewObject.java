// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import com.azure.core.http.HttpHeaderName;
import com.azure.core.http.HttpHeaders;
import com.azure.core.util.BinaryData;
import com.azure.core.util.Context;
import com.azure.storage.blob.models.AccessTier;
import com.azure.storage.blob.models.BlobImmutabilityPolicy;
import com.azure.storage.blob.models.BlobImmutabilityPolicyMode;
import com.azure.storage.blob.models.BlobRequestConditions;
import com.azure.storage.blob.models.BlobStorageException;
import com.azure.storage.blob.options.BlockBlobSimpleUploadOptions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StorageException;

/**
 * The request that makes an object appear, with the condition that there is none of its key. It is the service that
 * decides, so of several writers exactly one is told success. Thread-safe.
 */
final class NewObject {
    private static final BlobRequestConditions ABSENT = new BlobRequestConditions().setIfNoneMatch("*");

    private final Container container;
    private final Requests requests;
    private final AzureErrors errors;
    private final ObjectSettings settings;
    private final ServerClock clock = new ServerClock();

    NewObject(Container container, Requests requests, AzureErrors errors, ObjectSettings settings) {
        this.container = container;
        this.requests = requests;
        this.errors = errors;
        this.settings = settings;
    }

    /** All bytes at once. The service compares them with the checksum before it stores them. */
    void put(ObjectKey key, BinaryData bytes, byte[] md5) throws StorageException {
        BlobImmutabilityPolicy lock = lock(key);
        byte[] stored = requests.upload(key.value(), context -> {
            BlockBlobSimpleUploadOptions options = new BlockBlobSimpleUploadOptions(bytes)
                    .setContentMd5(md5)
                    .setRequestConditions(ABSENT)
                    .setTags(settings.tags().isEmpty() ? null : settings.tags())
                    .setTier(tier())
                    .setImmutabilityPolicy(lock);
            return container
                    .blob(key)
                    .uploadWithResponse(options, null, context)
                    .getValue()
                    .getContentMd5();
        });
        checkAnswer(key, md5, stored);
    }

    /** Where the answer has a checksum, which is not promised for every kind of encryption. */
    private void checkAnswer(ObjectKey key, byte[] sent, byte @Nullable [] answered) throws StorageException {
        if (answered != null && !Arrays.equals(sent, answered)) {
            throw errors.unavailable(
                    Operation.WRITE, key.value(), "the checksum in the service's answer does not match the sent bytes");
        }
    }

    private @Nullable AccessTier tier() {
        return settings.storageClass().map(AccessTier::fromString).orElse(null);
    }

    private @Nullable BlobImmutabilityPolicy lock(ObjectKey key) throws StorageException {
        if (settings.lockFor().isEmpty()) {
            return null;
        }
        return new BlobImmutabilityPolicy()
                .setPolicyMode(BlobImmutabilityPolicyMode.LOCKED)
                .setExpiryTime(now(key).plus(settings.lockFor().get()).atOffset(ZoneOffset.UTC));
    }

    /** By the service's clock, which is asked once. */
    private Instant now(ObjectKey key) throws StorageException {
        if (clock.now().isEmpty()) {
            clock.heard(requests.send(Operation.LOOK_UP, key.value(), context -> dateOfAnAnswer(key, context)));
        }
        return clock.now()
                .orElseThrow(() -> errors.unavailable(Operation.LOOK_UP, key.value(), "the answer has no date"));
    }

    /** Whether there is such an object does not matter. */
    private String dateOfAnAnswer(ObjectKey key, Context context) {
        HttpHeaders headers;
        try {
            headers = container
                    .blob(key)
                    .getPropertiesWithResponse(null, null, context)
                    .getHeaders();
        } catch (BlobStorageException e) {
            headers = e.getResponse() == null
                    ? new HttpHeaders()
                    : e.getResponse().getHeaders();
        }
        String date = headers.getValue(HttpHeaderName.DATE);
        return date == null ? "" : date;
    }
}
