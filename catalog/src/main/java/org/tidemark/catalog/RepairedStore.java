// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog;

import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Reads the repaired copy in place of a damaged object. The copies of an incarnation, of which there are nearly always
 * none, are listed when the first object of it is read. Thread-safe.
 */
public final class RepairedStore extends DelegatingStore {
    /** Another process may repair the same object. */
    private static final int MAX_TRIES = 100;

    private final ObjectStore store;
    private final Map<IncarnationKeys, Map<ObjectKey, Copy>> incarnations = new ConcurrentHashMap<>();

    /** The last copy of an object: an earlier one was damaged in its turn. */
    private record Copy(ObjectKey key, int number, long sizeBytes) {}

    public RepairedStore(ObjectStore store) {
        super(store);
        this.store = store;
    }

    /** Whether there is a copy of an object. */
    public boolean isRepaired(ObjectKey key) throws StorageException {
        return copy(key).isPresent();
    }

    /**
     * Stores a copy of a damaged object, which stays as it is. The copy is read from now on.
     *
     * @param source compares what it gives with a digest
     */
    public void repair(ObjectKey key, ObjectSource source) throws StorageException {
        IncarnationKeys incarnation = IncarnationKeys.of(key)
                .orElseThrow(() -> new IllegalArgumentException("not an object of an incarnation: '" + key + "'"));
        int number = copy(key).map(Copy::number).orElse(0) + 1;
        for (int i = 0; ; i++) {
            ObjectKey to = incarnation.repaired(key, number + i);
            try {
                store.putIfAbsent(to, source);
                copies(incarnation).put(key, new Copy(to, number + i, source.sizeBytes()));
                return;
            } catch (ObjectExists e) {
                if (i == MAX_TRIES) {
                    throw e;
                }
            }
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Optional<Copy> copy = copy(key);
        if (copy.isEmpty()) {
            return store.open(key, range);
        }
        // An expiry removes both; what is left of it is no object.
        if (store.stat(key).isEmpty()) {
            throw new ObjectMissing(key, description());
        }
        return store.open(copy.get().key(), range);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
        Optional<ObjectInfo> found = store.stat(key);
        return found.isPresent() ? Optional.of(repaired(found.get())) : found;
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) throws StorageException {
        ObjectPage page = store.list(prefix, after, limit);
        if (page.objects().isEmpty()) {
            return page;
        }
        Optional<IncarnationKeys> first =
                IncarnationKeys.of(page.objects().getFirst().key());
        boolean ofOneIncarnation = first.filter(incarnation -> prefix.startsWith(incarnation.prefix()))
                .isPresent();
        if (ofOneIncarnation && copies(first.get()).isEmpty()) {
            return page;
        }
        List<ObjectInfo> objects = new ArrayList<>();
        for (ObjectInfo object : page.objects()) {
            objects.add(repaired(object));
        }
        return new ObjectPage(objects, page.more());
    }

    /** When it was stored first is kept: it tells how old WAL is. */
    private ObjectInfo repaired(ObjectInfo object) throws StorageException {
        Optional<Copy> copy = copy(object.key());
        return copy.isEmpty() ? object : new ObjectInfo(object.key(), copy.get().sizeBytes(), object.stored());
    }

    /** The copies go first: without its object, none would be found again. */
    @Override
    public void delete(Collection<ObjectKey> keys) throws StorageException {
        List<ObjectKey> copies = new ArrayList<>();
        for (ObjectKey key : keys) {
            Optional<Copy> copy = copy(key);
            if (copy.isPresent()) {
                IncarnationKeys incarnation = IncarnationKeys.of(key).orElseThrow();
                for (int number = 1; number <= copy.get().number(); number++) {
                    copies.add(incarnation.repaired(key, number));
                }
            }
        }
        if (!copies.isEmpty()) {
            store.delete(copies);
        }
        store.delete(keys);
    }

    private Optional<Copy> copy(ObjectKey key) throws StorageException {
        Optional<IncarnationKeys> incarnation = IncarnationKeys.of(key);
        return incarnation.isEmpty() || key.value().startsWith(incarnation.get().repaired())
                ? Optional.empty()
                : Optional.ofNullable(copies(incarnation.get()).get(key));
    }

    private Map<ObjectKey, Copy> copies(IncarnationKeys incarnation) throws StorageException {
        Map<ObjectKey, Copy> known = incarnations.get(incarnation);
        if (known != null) {
            return known;
        }
        Map<ObjectKey, Copy> found = new ConcurrentHashMap<>();
        Optional<ObjectKey> after = Optional.empty();
        boolean more = true;
        while (more) {
            ObjectPage page = store.list(incarnation.repaired(), after, MAX_PAGE);
            for (ObjectInfo object : page.objects()) {
                if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.Repaired copy) {
                    found.merge(
                            copy.original(),
                            new Copy(object.key(), copy.number(), object.sizeBytes()),
                            (one, other) -> one.number() > other.number() ? one : other);
                }
                after = Optional.of(object.key());
            }
            more = page.more();
        }
        Map<ObjectKey, Copy> first = incarnations.putIfAbsent(incarnation, found);
        return first == null ? found : first;
    }
}
