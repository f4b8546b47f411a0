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
import org.tidemark.store.Tampering;

/**
 * Objects in an existing bucket. Unfinished uploads cannot be listed: the service does not list them, and discards them
 * after a week. Thread-safe.
 */
final class GcsObjectStore implements ObjectStore {
    private final GcsConfig config;
    private final GcsErrors errors;
    private final GcsClient client;
    private final GcsRequests requests;
    private final GcsBucket bucket;
    private final GcsLookup lookup;
    private final GcsObjectWriter writer;
    private final ObjectReader reader;
    private final GcsListing listing;
    private final GcsDeletion deletion;

    /** Sends no request yet. The keys include the prefix of the address, see {@code PrefixStore}. */
    GcsObjectStore(GcsConfig config) {
        this.config = config;
        this.errors = new GcsErrors(config);
        this.client = new GcsClient(config, errors);
        this.requests = new GcsRequests(config.limits(), errors);
        this.bucket = new GcsBucket(config, client, requests);
        this.lookup = new GcsLookup(config, client, requests, errors, bucket);
        this.writer = new GcsObjectWriter(config, client, requests, errors, lookup);
        this.reader = new ObjectReader(config, client, requests, errors, lookup);
        this.listing = new GcsListing(config, client, requests, errors, bucket);
        this.deletion = new GcsDeletion(config, client, requests, errors, bucket);
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
        return lookup.find(Operation.LOOK_UP, key).map(GcsLookup.Found::info);
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

    /** Throws if the bucket does not exist. */
    void requireBucket() throws StorageException {
        bucket.requireExists(Operation.FIND_BUCKET, "");
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(new GcsTampering(config, client, requests, errors, lookup));
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
