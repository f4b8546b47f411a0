// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.Tampering;
import org.tidemark.store.azure.AzureCredential.SharedAccess;

/** Objects as block blobs of an existing container. An interrupted upload leaves nothing. Thread-safe. */
final class AzureObjectStore implements ObjectStore {
    private final AzureConfig config;
    private final AzureContainer container;
    private final AzureRequests requests;
    private final AzureErrors errors;
    private final BlobWriter writer;
    private final BlobReader reader;
    private final BlobLookup lookup;
    private final BlobListing listing;
    private final BlobDeletion deletion;

    /** Sends no request yet. The keys include the prefix of the address, see {@code PrefixStore}. */
    AzureObjectStore(AzureConfig config) {
        this.config = config;
        this.container = new AzureContainer(config);
        this.errors = new AzureErrors(config);
        this.requests = new AzureRequests(config.limits(), errors);
        this.writer = new BlobWriter(config, container, requests, errors);
        this.reader = new BlobReader(container, requests, errors);
        this.lookup = new BlobLookup(container, requests);
        this.listing = new BlobListing(container, requests);
        this.deletion = new BlobDeletion(container, requests, errors);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        writer.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return BlobStream.open(reader, errors, key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return lookup.find(key);
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

    @Override
    public List<Finding> remarks() {
        if (config.credential() instanceof SharedAccess signature
                && signature.end().isPresent()) {
            try {
                return signature.remarks(writer.now());
            } catch (StorageException e) {
                // Whatever asked for the remarks says itself that the service does not answer.
            }
        }
        return List.of();
    }

    @Override
    public Optional<Tampering> tampering() {
        return Optional.of(new AzureTampering(config, container, requests, errors));
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
        container.close();
    }
}
