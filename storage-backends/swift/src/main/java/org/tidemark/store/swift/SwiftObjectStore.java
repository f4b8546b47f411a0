// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.io.InputStream;
import java.util.Collection;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ElapsedTime;
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

/** Objects in an existing container. Thread-safe. */
public final class SwiftObjectStore implements ObjectStore {
    private final SwiftContainer container;
    private final SwiftListing listing;
    private final SwiftDeletion deletion;
    private final SwiftObjectWriter writer;

    /** Sends no request yet. The keys include the prefix of the address, see {@code PrefixStore}. */
    public SwiftObjectStore(SwiftConfig config) {
        this(config, ElapsedTime.SYSTEM);
    }

    SwiftObjectStore(SwiftConfig config, ElapsedTime time) {
        this.container = new SwiftContainer(config, time);
        this.listing = new SwiftListing(container);
        this.deletion = new SwiftDeletion(container);
        this.writer = new SwiftObjectWriter(container);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        writer.put(key, source);
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return new ObjectReader(container).open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        return container
                .head(Operation.LOOK_UP, key.value())
                .map(found -> new ObjectInfo(key, found.sizeBytes(), found.stored()));
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
    public Optional<Tampering> tampering() {
        return Optional.of(new SwiftTampering(this, container));
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.CHECKED);
    }

    @Override
    public String description() {
        return container.errors().description();
    }

    /** Throws if the container does not exist or may not be used. */
    void requireContainer() throws StorageException {
        container.require(Operation.LOOK_UP, "");
    }

    @Override
    public void close() {
        container.close();
    }
}
