// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.BlobInfo.Retention;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BlobWriteOption;
import com.google.cloud.storage.StorageClass;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.ServerClock;
import org.tidemark.store.StorageException;

/**
 * The requests that create an object, in one request or in several. Each has the condition that the key does not exist,
 * which the service checks when it creates the object. Thread-safe.
 */
final class NewObject {
    private final GcsConfig config;
    private final GcsErrors errors;
    private final ServerClock clock;

    NewObject(GcsConfig config, GcsErrors errors, ServerClock clock) {
        this.config = config;
        this.errors = errors;
        this.clock = clock;
    }

    /** Whether a lock is asked for, whose end needs the service's time. */
    boolean needsTime() {
        return config.settings().lockFor().isPresent() && clock.now().isEmpty();
    }

    /** A lock begins with the upload, by the service's clock. */
    BlobInfo info(ObjectKey key) throws StorageException {
        ObjectSettings settings = config.settings();
        BlobInfo.Builder info =
                BlobInfo.newBuilder(config.address().bucket(), key.value()).setContentType("application/octet-stream");
        settings.storageClass().map(StorageClass::valueOf).ifPresent(info::setStorageClass);
        if (settings.lockFor().isPresent()) {
            Instant now = clock.now()
                    .orElseThrow(() -> errors.unavailable(
                            Operation.WRITE,
                            key.value(),
                            "the answer has no date, which the end of a lock is calculated from"));
            info.setRetention(Retention.newBuilder()
                    .setMode(Retention.Mode.LOCKED)
                    .setRetainUntilTime(now.plus(settings.lockFor().get()).atOffset(ZoneOffset.UTC))
                    .build());
        }
        return info.build();
    }

    /** For one request with all bytes, which are compressed already. */
    BlobTargetOption[] atOnce() {
        List<BlobTargetOption> options =
                new ArrayList<>(List.of(BlobTargetOption.doesNotExist(), BlobTargetOption.disableGzipContent()));
        config.userProject().map(BlobTargetOption::userProject).ifPresent(options::add);
        config.settings().kmsKey().map(BlobTargetOption::kmsKeyName).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(key -> BlobTargetOption.encryptionKey(key.base64()))
                .ifPresent(options::add);
        return options.toArray(BlobTargetOption[]::new);
    }

    BlobWriteOption[] inPieces() {
        List<BlobWriteOption> options =
                new ArrayList<>(List.of(BlobWriteOption.doesNotExist(), BlobWriteOption.disableGzipContent()));
        config.userProject().map(BlobWriteOption::userProject).ifPresent(options::add);
        config.settings().kmsKey().map(BlobWriteOption::kmsKeyName).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(key -> BlobWriteOption.encryptionKey(key.base64()))
                .ifPresent(options::add);
        return options.toArray(BlobWriteOption[]::new);
    }
}
