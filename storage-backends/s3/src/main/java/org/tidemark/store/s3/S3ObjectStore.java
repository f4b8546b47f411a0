// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.core.Finding;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectLock;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.Tampering;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Objects in an existing bucket. Thread-safe, also among processes and hosts. */
final class S3ObjectStore implements ObjectStore {
    private final S3Config config;
    private final S3Errors errors;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Requests requests;
    private final ObjectReader reader;
    private final S3ObjectWriter uploads;
    private final S3Listing listing;
    private final S3Deletion deletion;
    private final Optional<S3Past> past;
    private volatile boolean sawVersion;

    /** Sends no request yet. */
    S3ObjectStore(S3Config config) {
        this.config = config;
        this.errors = new S3Errors(config);
        this.clients = new S3Clients(config);
        this.calls = new BoundedCall(config.limits());
        this.requests = new S3Requests(config.bucket(), config.objects());
        this.reader = new ObjectReader(config, clients, calls, requests, errors);
        this.listing = new S3Listing(config.bucket(), clients, calls, errors);
        this.uploads = new S3ObjectWriter(config, clients, calls, requests, reader, listing, errors);
        this.deletion = new S3Deletion(config.bucket(), clients, calls, errors);
        this.past = config.asOf().map(moment -> new S3Past(config.bucket(), moment, clients, calls, errors));
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        try {
            uploads.put(key, source);
        } catch (Exception e) {
            throw errors.of(Operation.WRITE, key.value(), e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        if (past.isEmpty()) {
            return reader.open(key, range);
        }
        String version = past.get()
                .find(Operation.READ, key)
                .orElseThrow(() -> errors.missing(key))
                .id();
        return reader.open(key, version, range);
    }

    /**
     * {@inheritDoc}
     *
     * <p>A 404 to a HEAD request does not tell a missing object from a missing bucket or from the answer of a proxy. So
     * a second request, whose error has a code, confirms it.
     */
    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        if (past.isPresent()) {
            return past.get().find(Operation.LOOK_UP, key).map(S3Past.Version::info);
        }
        try {
            HeadObjectResponse head = run(() -> clients.any().headObject(requests.head(key)));
            sawVersion |= S3Requests.isVersion(head.versionId());
            return Optional.of(new ObjectInfo(key, head.contentLength(), head.lastModified()));
        } catch (AwsServiceException e) {
            if (e.statusCode() != 404) {
                throw errors.of(Operation.LOOK_UP, key.value(), e);
            }
        } catch (Exception e) {
            throw errors.of(Operation.LOOK_UP, key.value(), e);
        }
        try {
            return Optional.of(reader.firstByte(key));
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }

    private <T> T run(Callable<T> request) throws Exception {
        return calls.run(request);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        return past.isPresent() ? past.get().page(prefix, after, limit) : listing.page(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        deletion.delete(keys);
    }

    /** @throws StorageException if the bucket does not exist, or if that is unknown */
    void requireBucket() throws StorageException {
        try {
            listing.first();
        } catch (Exception e) {
            throw errors.of(Operation.FIND_BUCKET, "", e);
        }
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.ATOMIC);
    }

    @Override
    public Optional<ObjectLock> lock() {
        return config.objects().lock().map(lock -> new S3Lock(config.bucket(), lock, clients, calls, uploads, errors));
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(new S3Tampering(config, clients, calls, requests, reader, uploads, errors));
    }

    @Override
    public List<Finding> remarks() {
        return new S3Remarks(config, clients, calls, errors, sawVersion).all();
    }

    @Override
    public String description() {
        return config.description();
    }

    @Override
    public void close() {
        clients.close();
    }
}
