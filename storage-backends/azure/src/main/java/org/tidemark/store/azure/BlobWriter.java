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
import org.tidemark.store.BodyChecksum;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;

/**
 * Creates an object with one request, which is not held in memory. The source is read twice, because the checksum is
 * sent before the bytes. Thread-safe.
 */
final class BlobWriter {
    private final AzureErrors errors;
    private final BlobLookup lookup;
    private final NewObject newObject;

    BlobWriter(AzureConfig config, AzureContainer container, AzureRequests requests, AzureErrors errors) {
        this.errors = errors;
        this.lookup = new BlobLookup(container, requests);
        this.newObject = new NewObject(container, requests, errors, config.settings());
    }

    void put(ObjectKey key, ObjectSource source) throws StorageException {
        byte[] md5 = BodyChecksum.md5(key, source);
        try (ReopeningStream stream = new ReopeningStream(key, source)) {
            newObject.put(key, BinaryData.fromStream(stream, source.sizeBytes()), md5);
        } catch (StorageDenied e) {
            // A refusal because of a lock means that the object exists.
            throw isKnownToExist(key) ? errors.exists(key) : e;
        }
    }

    /** The time by the service's clock. */
    Instant now() throws StorageException {
        return newObject.now(new ObjectKey("time"));
    }

    private boolean isKnownToExist(ObjectKey key) throws StorageException {
        try {
            return lookup.find(key).isPresent();
        } catch (StorageDenied e) {
            return false;
        }
    }

    /**
     * The request that creates an object on the condition that its key does not exist. The service checks the
     * condition, so exactly one of several writers succeeds. Thread-safe.
     */
    static final class NewObject {
        private static final BlobRequestConditions ABSENT = new BlobRequestConditions().setIfNoneMatch("*");

        private final AzureContainer container;
        private final AzureRequests requests;
        private final AzureErrors errors;
        private final AzureObjectSettings settings;
        private final ServerClock clock = new ServerClock();

        NewObject(AzureContainer container, AzureRequests requests, AzureErrors errors, AzureObjectSettings settings) {
            this.container = container;
            this.requests = requests;
            this.errors = errors;
            this.settings = settings;
        }

        /** Sends all bytes. The service compares them with the checksum before it stores them. */
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

        /** Compares the checksum of the answer, which not every kind of encryption has. */
        private void checkAnswer(ObjectKey key, byte[] sent, byte @Nullable [] answered) throws StorageException {
            if (answered != null && !Arrays.equals(sent, answered)) {
                throw errors.unavailable(
                        Operation.WRITE,
                        key.value(),
                        "the checksum in the service's answer does not match the sent bytes");
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

        /** The time by the service's clock, which is requested once. */
        private Instant now(ObjectKey key) throws StorageException {
            if (clock.now().isEmpty()) {
                clock.heard(requests.send(Operation.LOOK_UP, key.value(), context -> dateOfAnAnswer(key, context)));
            }
            return clock.now()
                    .orElseThrow(() -> errors.unavailable(Operation.LOOK_UP, key.value(), "the answer has no date"));
        }

        /** The object need not exist. */
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
}
