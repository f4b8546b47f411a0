// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.store.BoundedCall;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreRemark;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Objects in a bucket that must be there. Thread-safe, also among processes and hosts. */
final class S3ObjectStore implements ObjectStore {
    private final S3Config config;
    private final S3Errors errors;
    private final S3Clients clients;
    private final BoundedCall calls;
    private final S3Requests requests;
    private final ObjectReader reader;
    private final Uploads uploads;
    private final Listing listing;
    private final S3Remarks remarks;
    private final Deletion deletion;

    /** Asks nothing of the server yet. */
    S3ObjectStore(S3Config config) {
        this.config = config;
        this.errors = new S3Errors(config);
        this.clients = new S3Clients(config);
        this.calls = new BoundedCall(config.limits());
        this.requests = new S3Requests(config.bucket(), config.objects());
        this.reader = new ObjectReader(config, clients, calls, requests, errors);
        this.listing = new Listing(config.bucket(), clients, calls, errors);
        this.uploads = new Uploads(config, clients, calls, requests, reader, listing, errors);
        this.remarks = new S3Remarks(config, clients);
        this.deletion = new Deletion(config.bucket(), clients, calls, errors);
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
        return reader.open(key, range);
    }

    /**
     * {@inheritDoc}
     *
     * <p>The answer to a HEAD request does not say what is not there: the object, the bucket, or the server behind some
     * proxy. So "no" is asked for once more, by a request whose answer does.
     */
    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        try {
            HeadObjectResponse head = run(() -> clients.any().headObject(requests.head(key)));
            remarks.saw(head);
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
        return listing.page(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        deletion.delete(keys);
    }

    /** @throws StorageException if there is no such bucket, or it cannot be told */
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
    public List<StoreRemark> remarks() {
        return remarks.all();
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
