// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import com.google.cloud.storage.Blob;
import com.google.cloud.storage.BlobId;
import com.google.cloud.storage.BlobInfo;
import com.google.cloud.storage.Storage.BlobListOption;
import com.google.cloud.storage.Storage.BlobSourceOption;
import com.google.cloud.storage.Storage.BlobTargetOption;
import com.google.cloud.storage.Storage.BucketSourceOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.Tampering;

/** The damage to the objects of a bucket, their earlier generations included. Thread-safe. */
final class GcsTampering implements Tampering {
    private static final Duration SHORT_LOCK = Duration.ofMinutes(1);
    /** The rights with which the protection of all objects can be changed. */
    private static final List<String> CONTROL =
            List.of("storage.buckets.update", "storage.buckets.setIamPolicy", "storage.buckets.delete");

    private final GcsConfig config;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsObjectWriter writer;

    GcsTampering(GcsConfig config, GcsClient client, GcsRequests requests, GcsErrors errors, GcsLookup lookup) {
        this.config = config;
        this.client = client;
        this.requests = requests;
        this.writer = new GcsObjectWriter(config.lockedAtMost(SHORT_LOCK), client, requests, errors, lookup);
    }

    @Override
    public void create(ObjectKey key, byte[] content) throws StorageException {
        writer.put(key, ObjectSource.of(content));
    }

    @Override
    public void overwrite(ObjectKey key, byte[] content) throws StorageException {
        BlobInfo info = BlobInfo.newBuilder(config.address().bucket(), key.value())
                .setContentType("application/octet-stream")
                .build();
        List<BlobTargetOption> options = new ArrayList<>(List.of(BlobTargetOption.disableGzipContent()));
        config.userProject().map(BlobTargetOption::userProject).ifPresent(options::add);
        config.settings().kmsKey().map(BlobTargetOption::kmsKeyName).ifPresent(options::add);
        config.settings()
                .customerKey()
                .map(customer -> BlobTargetOption.encryptionKey(customer.base64()))
                .ifPresent(options::add);
        requests.send(
                Operation.WRITE,
                key.value(),
                () -> client.storage().create(info, content, options.toArray(BlobTargetOption[]::new)));
    }

    @Override
    public OptionalInt copies(ObjectKey key) throws StorageException {
        try {
            return OptionalInt.of(
                    generations(key, BlobListOption.versions(true)).size() + softDeleted(key));
        } catch (StorageDenied e) {
            return OptionalInt.empty();
        }
    }

    /** A bucket without a policy for soft deletion may refuse the question. */
    private int softDeleted(ObjectKey key) throws StorageException {
        try {
            return generations(key, BlobListOption.softDeleted(true)).size();
        } catch (StorageUnavailable e) {
            throw e;
        } catch (StorageException e) {
            return 0;
        }
    }

    @Override
    public void destroy(ObjectKey key) throws StorageException {
        List<BlobSourceOption> options = new ArrayList<>();
        config.userProject().map(BlobSourceOption::userProject).ifPresent(options::add);
        List<BlobId> generations;
        try {
            generations = generations(key, BlobListOption.versions(true));
        } catch (StorageDenied e) {
            // Without its generation, the live object alone can be named.
            generations = List.of(BlobId.of(config.address().bucket(), key.value()));
        }
        for (BlobId generation : generations) {
            requests.send(
                    Operation.DELETE,
                    key.value(),
                    () -> client.storage().delete(generation, options.toArray(BlobSourceOption[]::new)));
        }
    }

    private List<BlobId> generations(ObjectKey key, BlobListOption kind) throws StorageException {
        List<BlobListOption> options = new ArrayList<>(List.of(kind, BlobListOption.prefix(key.value())));
        config.userProject().map(BlobListOption::userProject).ifPresent(options::add);
        return requests.send(
                Operation.LIST,
                key.value(),
                () -> client.storage()
                        .list(config.address().bucket(), options.toArray(BlobListOption[]::new))
                        .streamAll()
                        .filter(blob -> blob.getName().equals(key.value()))
                        .map(Blob::getBlobId)
                        .toList());
    }

    /** A policy of the bucket, or a hold, protects new objects; who may end it is not known. */
    @Override
    public Optional<Lock> lock(ObjectKey key) throws StorageException {
        if (config.settings().lockFor().isPresent()) {
            return Optional.of(new Lock(
                    true,
                    "objects are locked for "
                            + config.settings().lockFor().get().toHours() + " hours"));
        }
        Blob blob;
        try {
            blob = requests.send(
                    Operation.LOOK_UP,
                    key.value(),
                    () -> client.storage().get(BlobId.of(config.address().bucket(), key.value())));
        } catch (StorageDenied e) {
            return Optional.empty();
        }
        if (blob == null) {
            return Optional.empty();
        }
        if (Boolean.TRUE.equals(blob.getEventBasedHold()) || Boolean.TRUE.equals(blob.getTemporaryHold())) {
            return Optional.of(new Lock(false, "a hold protects it, which some roles may release"));
        }
        return Optional.ofNullable(blob.getRetentionExpirationTimeOffsetDateTime())
                .map(until -> new Lock(
                        false, "the bucket's retention policy protects it until " + until + ", and no older object"));
    }

    @Override
    public Control control() {
        BucketSourceOption[] options = config.userProject().map(BucketSourceOption::userProject).stream()
                .toArray(BucketSourceOption[]::new);
        List<String> granted = new ArrayList<>();
        try {
            for (String permission : CONTROL) {
                if (requests.send(
                        Operation.FIND_BUCKET,
                        "",
                        () -> client.storage()
                                .testIamPermissions(config.address().bucket(), List.of(permission), options)
                                .getFirst())) {
                    granted.add(permission);
                }
            }
        } catch (StorageException e) {
            return new Control(Optional.empty(), "bucket", String.valueOf(e.getMessage()), "Run it again.");
        }
        return granted.isEmpty()
                ? new Control(
                        Optional.of(false),
                        "bucket",
                        "these credentials cannot change the bucket's rules and policy, and cannot delete it",
                        "")
                : new Control(
                        Optional.of(true),
                        "bucket",
                        "these credentials have " + String.join(", ", granted)
                                + ": they can end the protection of all objects",
                        "Give them roles on objects alone: roles/storage.objectCreator and"
                                + " roles/storage.objectViewer are enough to archive and to restore.");
    }
}
