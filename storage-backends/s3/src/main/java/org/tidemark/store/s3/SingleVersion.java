// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreErrors.Failure;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.DeleteMarkerEntry;
import software.amazon.awssdk.services.s3.model.ListObjectVersionsResponse;
import software.amazon.awssdk.services.s3.model.ObjectVersion;

/**
 * Keeps "create if absent" true in a bucket with versions of a server that ignores the condition there, as a Ceph 16
 * gateway does: a second object becomes the newest version, and is told success. So the object is looked for before it
 * is stored, and afterwards its version must be the oldest. Otherwise that version is removed again, or, if a lock
 * protects it, covered by a copy of the oldest one. Only servers other than Amazon are asked; those without versions
 * once in each process. Thread-safe.
 */
final class SingleVersion {
    /** More than can be live at once; older ones are below a delete marker. */
    private static final int MOST = 100;

    private static final String WHOSE =
            "Find out which hosts write here: a reader gets the newest version. Remove every version but the right one,"
                    + " as soon as no lock protects it. A writer with the right s3:DeleteObjectVersion removes its own"
                    + " version itself, unless it is locked.";

    private final S3Config config;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final ObjectReader reader;
    private final S3Requests requests;
    private final S3Errors errors;
    /** Whether the bucket cannot have a second version of an object. */
    private volatile boolean isPlain;

    SingleVersion(
            S3Config config,
            S3Clients clients,
            BoundedCall calls,
            ObjectReader reader,
            S3Requests requests,
            S3Errors errors) {
        this.config = config;
        this.clients = clients;
        this.calls = calls;
        this.reader = reader;
        this.requests = requests;
        this.errors = errors;
        this.isPlain = config.endpoint().address().isEmpty();
    }

    /**
     * To be called before a write.
     *
     * @throws StorageException.ObjectExists if the object exists
     * @throws StorageException.StorageUnavailable if it exists in several versions, because writers met
     */
    void requireAbsent(ObjectKey key) throws StorageException {
        if (isPlain) {
            return;
        }
        Optional<String> version;
        try {
            version = reader.versionOf(key);
        } catch (StorageDenied e) {
            return; // Credentials without the right to read: the write itself says what they may.
        }
        if (version.isEmpty()) {
            return;
        }
        if (!version.get().isEmpty()) {
            List<ObjectVersion> live = live(key);
            if (!live.isEmpty() && !live.getFirst().eTag().equals(live.getLast().eTag())) {
                // A writer that withdraws its version now may be seen as well: another attempt tells.
                throw errors.of(
                        Operation.WRITE,
                        key.value(),
                        Failure.unavailable(severalVersions(live.getLast())).hint(WHOSE));
            }
        }
        throw errors.exists(key);
    }

    /**
     * To be called after a write.
     *
     * @param version of the object that was stored; null in a bucket without versions
     * @param until the end of its lock; null without a lock
     * @throws StorageException.ObjectExists if another writer was first; a reader gets that one's bytes
     * @throws StorageException.StorageDenied if the version could neither be withdrawn nor covered
     */
    void requireOldest(ObjectKey key, @Nullable String version, @Nullable Instant until) throws StorageException {
        if (isPlain) {
            return;
        }
        if (version == null) {
            isPlain = true;
            return;
        }
        // Newest first. The oldest wins and stays; every other writer sees it.
        List<ObjectVersion> live = live(key);
        if (live.isEmpty() || live.getLast().versionId().equals(version)) {
            return;
        }
        try {
            calls.run(() -> clients.any()
                    .deleteObject(
                            one -> one.bucket(config.bucket()).key(key.value()).versionId(version)));
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                cover(key, live, until, e);
                throw errors.exists(key);
            }
            throw errors.of(Operation.WRITE, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
        throw errors.exists(key);
    }

    /**
     * Puts a copy of the first version over the newest one, which cannot be removed: a lock protects it, or the
     * credentials do not allow it.
     */
    private void cover(ObjectKey key, List<ObjectVersion> live, @Nullable Instant until, AwsServiceException refusal)
            throws StorageException {
        ObjectVersion first = live.getLast();
        if (first.eTag().equals(live.getFirst().eTag())) {
            return;
        }
        try {
            calls.run(() -> clients.any().copyObject(requests.copy(key, first.versionId(), until)));
        } catch (Exception e) {
            throw errors.of(
                    Operation.WRITE,
                    key.value(),
                    Failure.denied(severalVersions(first) + "; the newest can neither be removed ("
                                    + S3Errors.text(refusal) + ") nor covered by a copy of the first: "
                                    + (e instanceof AwsServiceException answer ? S3Errors.text(answer) : e.toString()))
                            .hint(WHOSE)
                            .cause(e));
        }
    }

    /** The versions of an object since it was last deleted, newest first. */
    private List<ObjectVersion> live(ObjectKey key) throws StorageException {
        ListObjectVersionsResponse answer;
        try {
            answer = calls.run(() -> clients.any()
                    .listObjectVersions(all ->
                            all.bucket(config.bucket()).prefix(key.value()).maxKeys(MOST)));
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                throw errors.of(
                        Operation.WRITE,
                        key.value(),
                        Failure.denied("the bucket keeps versions, and it is not known whether the object was there"
                                        + " before: " + S3Errors.text(e))
                                .hint("Allow s3:ListBucketVersions to these credentials: in such a bucket, some servers"
                                        + " ignore the condition that an object must not exist.")
                                .cause(e));
            }
            throw errors.of(Operation.LIST, key.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.LIST, key.value(), e);
        }
        Instant deleted = answer.deleteMarkers().stream()
                .filter(each -> each.key().equals(key.value()))
                .map(DeleteMarkerEntry::lastModified)
                .max(Instant::compareTo)
                .orElse(Instant.MIN);
        return answer.versions().stream()
                .filter(each ->
                        each.key().equals(key.value()) && each.lastModified().isAfter(deleted))
                .toList();
    }

    private static String severalVersions(ObjectVersion first) {
        return "several writers stored it, and the server ignored the condition; the first version is '"
                + first.versionId() + "' of " + first.lastModified();
    }
}
