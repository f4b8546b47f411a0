// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.time.Duration;
import java.util.Optional;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectLock;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.s3.ObjectSettings.Lock;
import software.amazon.awssdk.awscore.exception.AwsServiceException;

/** Object Lock, which protects versions of objects: a delete without a version only hides them. Thread-safe. */
final class S3Lock implements ObjectLock {
    /** The lock time of an object that a lock is tried on. */
    private static final Duration SHORT = Duration.ofMinutes(1);

    private final String bucket;
    private final Lock lock;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3ObjectWriter uploads;
    private final S3Errors errors;

    S3Lock(String bucket, Lock lock, S3Clients clients, BoundedCall calls, S3ObjectWriter uploads, S3Errors errors) {
        this.bucket = bucket;
        this.lock = lock;
        this.clients = clients;
        this.calls = calls;
        this.uploads = uploads;
        this.errors = errors;
    }

    @Override
    public Duration period() {
        return lock.period();
    }

    /** A refusal can be for the credentials as well: only a version that may go shows which one it is. */
    @Override
    public Proof tryOn(ObjectKey scratch) throws StorageException {
        ObjectKey free = new ObjectKey(scratch + "-free");
        try {
            uploads.putLocked(scratch, ObjectSource.of(new byte[] {'\n'}), SHORT);
            Optional<String> locked = version(scratch);
            if (locked.isEmpty() || isRemoved(scratch, locked.get())) {
                return Proof.NOT_KEPT;
            }
            uploads.put(free, ObjectSource.shortLived(new byte[] {'\n'}));
            Optional<String> other = version(free);
            if (other.isPresent() && isRemoved(free, other.get())) {
                return Proof.KEPT;
            }
            calls.run(() -> clients.any().deleteObject(one -> one.bucket(bucket).key(free.value())));
            return Proof.NOT_TOLD;
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                return Proof.NOT_TOLD;
            }
            throw errors.of(Operation.DELETE, scratch.value(), e);
        } catch (Exception e) {
            throw errors.of(Operation.WRITE, scratch.value(), e);
        }
    }

    /** The version of an object; empty if the bucket keeps none, so that it cannot lock any. */
    private Optional<String> version(ObjectKey key) throws Exception {
        String id = calls.run(() ->
                        clients.any().headObject(object -> object.bucket(bucket).key(key.value())))
                .versionId();
        return Optional.ofNullable(id).filter(S3Requests::isVersion);
    }

    private boolean isRemoved(ObjectKey key, String version) throws Exception {
        try {
            calls.run(() -> clients.any()
                    .deleteObject(one -> one.bucket(bucket).key(key.value()).versionId(version)));
            return true;
        } catch (AwsServiceException e) {
            if (e.statusCode() == 403) {
                return false;
            }
            throw e;
        }
    }
}
