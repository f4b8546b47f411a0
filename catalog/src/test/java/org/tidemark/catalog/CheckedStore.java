// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.InputStream;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreTraits;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** A store that looks first and writes then; another writer comes in after the next look. Not thread-safe. */
public final class CheckedStore implements ObjectStore {
    private final MemoryStore objects = new MemoryStore(Samples.CLOCK);
    private Optional<ObjectSource> rival = Optional.empty();

    /** Another writer overwrites the next object that is put with this, at once. */
    public void letRivalWin(ObjectSource content) {
        rival = Optional.of(content);
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        objects.putIfAbsent(key, source);
        if (rival.isPresent()) {
            objects.delete(List.of(key));
            objects.putIfAbsent(key, rival.get());
            rival = Optional.empty();
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        return objects.open(key, range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) {
        return objects.stat(key);
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) {
        return objects.list(prefix, after, limit);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        objects.delete(keys);
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.CHECKED);
    }

    @Override
    public String description() {
        return "checked memory";
    }
}
