// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;
import org.tidemark.store.UnfinishedUploads;

/** Objects as files of a server that is reached with the rsync program. Thread-safe. */
final class RsyncObjectStore implements ObjectStore {
    private final Rsync rsync;
    private final Root root;
    private final Upload upload;
    private final Listing listing;
    private final Lookup lookup;
    private final FetchCache cache;
    private final Deletion deletion;

    /** Asks nothing of the server yet. */
    RsyncObjectStore(RsyncConfig config) {
        this.rsync = new Rsync(config);
        this.root = new Root(rsync, config.address());
        this.upload = new Upload(rsync, config.fsyncRequired());
        this.listing = new Listing(rsync);
        this.lookup = new Lookup(listing, rsync.errors());
        this.cache = new FetchCache(rsync, lookup, config.cacheBytes());
        this.deletion = new Deletion(rsync, listing);
    }

    /** Makes the directory of the store, and what is missing above it. */
    void createRoot() throws StorageException {
        root.create();
        list("", Optional.empty(), 1);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        upload.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return cache.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return lookup.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        String behind = after.isPresent() ? after.get().value() : "";
        return new TreeListing(listing, rsync.errors(), prefix, behind).page(limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        deletion.delete(keys.stream().map(ObjectKey::value).toList());
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.CHECKED);
    }

    @Override
    public Optional<UnfinishedUploads> unfinishedUploads() {
        return Optional.of(new UnfinishedFiles(listing, deletion));
    }

    @Override
    public String description() {
        return rsync.errors().description();
    }

    @Override
    public void close() {
        rsync.close();
    }
}
