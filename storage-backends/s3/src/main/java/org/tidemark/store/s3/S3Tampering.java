// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.Tampering;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.DeleteObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.ObjectLockMode;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.ObjectVersion;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

/**
 * The damage to the objects of a bucket: unconditional writes, removal of versions, early ends of locks. The rights
 * over the bucket itself cannot be asked for: S3 tells them only by doing what they allow. Thread-safe.
 */
final class S3Tampering implements Tampering {
    private static final Duration SHORT_LOCK = Duration.ofMinutes(1);
    /** More than a scratch object can have. */
    private static final int MAX_VERSIONS = 100;

    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Requests requests;
    private final ObjectReader reader;
    private final S3ObjectWriter uploads;
    private final S3Errors errors;
    /** Whether an object that was created had a version; empty if the credentials may not look. */
    private volatile Optional<Boolean> versioned = Optional.empty();

    S3Tampering(
            S3Config config,
            S3Clients clients,
            BoundedCall calls,
            S3Requests requests,
            ObjectReader reader,
            S3ObjectWriter uploads,
            S3Errors errors) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.requests = requests;
        this.reader = reader;
        this.uploads = uploads;
        this.errors = errors;
    }

    @Override
    public void create(ObjectKey key, byte[] content) throws StorageException {
        send(Operation.WRITE, key, () -> {
            if (config.objects().lock().isPresent()) {
                uploads.putLocked(key, ObjectSource.of(content), SHORT_LOCK);
            } else {
                uploads.put(key, ObjectSource.of(content));
            }
            return true;
        });
        try {
            versioned = reader.versionOf(key).map(version -> !version.isEmpty());
        } catch (StorageDenied e) {
            versioned = Optional.empty();
        }
    }

    @Override
    public void overwrite(ObjectKey key, byte[] content) throws StorageException {
        PutObjectRequest put = requests.put(key, null).ifNoneMatch(null).build();
        send(Operation.WRITE, key, () -> clients.any().putObject(put, RequestBody.fromBytes(content)));
    }

    @Override
    public OptionalInt copies(ObjectKey key) throws StorageException {
        try {
            return OptionalInt.of(versions(key).versions().size());
        } catch (StorageDenied e) {
            return versioned.equals(Optional.of(false))
                    ? OptionalInt.of(reader.versionOf(key).isPresent() ? 1 : 0)
                    : OptionalInt.empty();
        }
    }

    @Override
    public void destroy(ObjectKey key) throws StorageException {
        Versions all = findable(key);
        if (all.versions().isEmpty()) {
            send(
                    Operation.DELETE,
                    key,
                    () -> clients.any()
                            .deleteObject(one -> one.bucket(config.bucket()).key(key.value())));
        }
        for (String version : all.versions()) {
            remove(key, version);
        }
        for (String marker : all.markers()) {
            send(Operation.DELETE, key, () -> clients.any().deleteObject(deletion(key, marker)));
        }
    }

    /** The ids of an object's versions and of its delete markers. */
    private record Versions(List<String> versions, List<String> markers) {}

    private Versions versions(ObjectKey key) throws StorageException {
        ListObjectVersionsResponse answer = send(
                Operation.LIST,
                key,
                () -> clients.any()
                        .listObjectVersions(all ->
                                all.bucket(config.bucket()).prefix(key.value()).maxKeys(MAX_VERSIONS)));
        return new Versions(
                answer.versions().stream()
                        .filter(version -> version.key().equals(key.value()))
                        .map(ObjectVersion::versionId)
                        .toList(),
                answer.deleteMarkers().stream()
                        .filter(marker -> marker.key().equals(key.value()))
                        .map(DeleteMarkerEntry::versionId)
                        .toList());
    }

    /** An answer to a read has the version of the object, for those who may not list versions. */
    private Versions findable(ObjectKey key) throws StorageException {
        try {
            return versions(key);
        } catch (StorageDenied noListing) {
            try {
                return new Versions(
                        reader.versionOf(key).filter(version -> !version.isEmpty()).stream()
                                .toList(),
                        List.of());
            } catch (StorageDenied e) {
                throw errors.unavailable(
                        Operation.LOOK_UP, key.value(), "these credentials may neither list versions nor read", e);
            }
        }
    }

    private DeleteObjectRequest deletion(ObjectKey key, String version) {
        return DeleteObjectRequest.builder()
                .bucket(config.bucket())
                .key(key.value())
                .versionId(version)
                .build();
    }

    /** Tries it plainly, past a governance lock, and after an attempt to shorten the lock. */
    private void remove(ObjectKey key, String version) throws StorageException {
        DeleteObjectRequest plain = deletion(key, version);
        DeleteObjectRequest past =
                plain.toBuilder().bypassGovernanceRetention(true).build();
        try {
            send(Operation.DELETE, key, () -> clients.any().deleteObject(plain));
        } catch (StorageDenied refused) {
            try {
                send(Operation.DELETE, key, () -> clients.any().deleteObject(past));
            } catch (StorageDenied e) {
                try {
                    shorten(key, version);
                } catch (StorageException notShortened) {
                    throw refused;
                }
                send(Operation.DELETE, key, () -> clients.any().deleteObject(past));
            }
        }
    }

    private HeadObjectResponse head(ObjectKey key, @Nullable String version) throws StorageException {
        HeadObjectRequest head =
                requests.head(key).toBuilder().versionId(version).build();
        return send(Operation.LOOK_UP, key, () -> clients.any().headObject(head));
    }

    private void shorten(ObjectKey key, String version) throws StorageException {
        Instant end = head(key, version).objectLockRetainUntilDate();
        if (end == null) {
            throw errors.denied(Operation.WRITE, key.value(), "the object shows no lock");
        }
        send(
                Operation.WRITE,
                key,
                () -> clients.any()
                        .putObjectRetention(one -> one.bucket(config.bucket())
                                .key(key.value())
                                .versionId(version)
                                .bypassGovernanceRetention(true)
                                .retention(retention -> retention
                                        .mode(ObjectLockRetentionMode.GOVERNANCE)
                                        .retainUntilDate(end.minus(SHORT_LOCK.dividedBy(2))))));
    }

    @Override
    public Optional<Lock> lock(ObjectKey key) throws StorageException {
        HeadObjectResponse head;
        try {
            head = head(key, null);
        } catch (StorageDenied e) {
            return Optional.empty();
        }
        if (head.objectLockMode() != null) {
            return Optional.of(new Lock(
                    head.objectLockMode() == ObjectLockMode.COMPLIANCE,
                    "a lock in " + head.objectLockModeAsString().toLowerCase(Locale.ROOT) + " mode protects it until "
                            + head.objectLockRetainUntilDate()
                            + config.objects()
                                    .lock()
                                    .map(lock -> "; other objects are locked for "
                                            + lock.period().toHours() + " hours")
                                    .orElse("")));
        }
        return head.objectLockLegalHoldStatus() == ObjectLockLegalHoldStatus.ON
                ? Optional.of(new Lock(false, "a legal hold protects it"))
                : Optional.empty();
    }

    private <T> T send(Operation operation, ObjectKey key, Callable<T> request) throws StorageException {
        try {
            return calls.run(request);
        } catch (Exception e) {
            throw errors.of(operation, key.value(), e);
        }
    }

    @Override
    public Control control() {
        return new Control(
                Optional.empty(),
                "bucket",
                "not tested: S3 does not tell which rights these credentials have over the bucket's policy, versioning,"
                        + " lifecycle rules and locks",
                config.endpoint().address().isPresent()
                        ? "Ask the bucket's owner: these credentials should not own the bucket, and its policy should"
                                + " not let them change any of these."
                        : "As an administrator, run this for the user or role of this host; each action should be"
                                + " denied: aws iam simulate-principal-policy --policy-source-arn ARN --resource-arns"
                                + " arn:aws:s3:::" + config.bucket() + " --resource-policy \"$(aws s3api"
                                + " get-bucket-policy --query Policy --output text --bucket " + config.bucket()
                                + ")\" --action-names s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl"
                                + " s3:PutBucketVersioning s3:PutLifecycleConfiguration"
                                + " s3:PutBucketObjectLockConfiguration s3:DeleteBucket");
    }
}
