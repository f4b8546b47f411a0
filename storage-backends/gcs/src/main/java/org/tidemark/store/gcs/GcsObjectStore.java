// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/**
 * Objects of a bucket that must be there. Uploads that never ended are not listed: the service can list none, and
 * discards them by itself after a week. Thread-safe.
 */
final class GcsObjectStore implements ObjectStore {
    private final GcsErrors errors;
    private final Client client;
    private final Requests requests;
    private final Bucket bucket;
    private final Lookup lookup;
    private final ObjectWriter writer;
    private final ObjectReader reader;
    private final Listing listing;
    private final Deletion deletion;

    /** Asks nothing of the service yet. Keys have the prefix of the address already, see {@code PrefixStore}. */
    GcsObjectStore(GcsConfig config) {
        this.errors = new GcsErrors(config);
        this.client = new Client(config, errors);
        this.requests = new Requests(config.limits(), errors);
        this.bucket = new Bucket(config, client, requests);
        this.lookup = new Lookup(config, client, requests, errors, bucket);
        this.writer = new ObjectWriter(config, client, requests, errors, lookup);
        this.reader = new ObjectReader(config, client, requests, errors, lookup);
        this.listing = new Listing(config, client, requests, errors, bucket);
        this.deletion = new Deletion(config, client, requests, errors, bucket);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        writer.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return reader.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return lookup.find(Operation.LOOK_UP, key).map(Lookup.Found::info);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        return listing.page(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        deletion.remove(keys);
    }

    /** Throws if there is no bucket. */
    void requireBucket() throws StorageException {
        bucket.requireThere(Operation.FIND_BUCKET, "");
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.ATOMIC);
    }

    @Override
    public String description() {
        return errors.description();
    }

    @Override
    public void close() {
        requests.release(client::close);
    }
}
