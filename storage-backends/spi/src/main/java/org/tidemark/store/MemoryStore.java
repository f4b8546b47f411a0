// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentNavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** A store in the memory of this process: the shortest implementation of the contract. Thread-safe. */
public final class MemoryStore implements ObjectStore {
    private final ConcurrentNavigableMap<String, Stored> objects = new ConcurrentSkipListMap<>();
    private final Clock clock;

    public MemoryStore(Clock clock) {
        this.clock = clock;
    }

    @Override
    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
        if (objects.containsKey(key.value())) {
            throw new ObjectExists(key, description());
        }
        Stored stored;
        try (SourceStream stream = SourceStream.open(key, source)) {
            stored = new Stored(readAll(stream), clock.instant());
        }
        if (objects.putIfAbsent(key.value(), stored) != null) {
            throw new ObjectExists(key, description());
        }
    }

    private static byte[] readAll(SourceStream stream) throws StorageException {
        try {
            return stream.readAllBytes();
        } catch (StorageException e) {
            throw e;
        } catch (IOException e) {
            throw new IllegalStateException("a source stream throws storage exceptions alone", e);
        }
    }

    @Override
    public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
        Stored stored = objects.get(key.value());
        if (stored == null) {
            throw new ObjectMissing(key, description());
        }
        int size = stored.bytes.length;
        int from = (int) Math.min(range.offset(), size);
        int length = range.length() == ByteRange.TO_END ? size - from : (int) Math.min(range.length(), size - from);
        return new ByteArrayInputStream(stored.bytes, from, length);
    }

    @Override
    public Optional<ObjectInfo> stat(ObjectKey key) {
        Stored stored = objects.get(key.value());
        return stored == null ? Optional.empty() : Optional.of(stored.info(key.value()));
    }

    @Override
    public ObjectPage list(String prefix, Optional<ObjectKey> after, int limit) {
        ObjectPage.checkRequest(prefix, limit);
        String from = after.map(ObjectKey::value)
                .filter(key -> key.compareTo(prefix) >= 0)
                .orElse("");
        Map<String, Stored> remaining = from.isEmpty() ? objects.tailMap(prefix, true) : objects.tailMap(from, false);
        List<ObjectInfo> page = new ArrayList<>();
        for (Map.Entry<String, Stored> entry : remaining.entrySet()) {
            if (!entry.getKey().startsWith(prefix)) {
                break;
            }
            if (page.size() == limit) {
                return new ObjectPage(page, true);
            }
            page.add(entry.getValue().info(entry.getKey()));
        }
        return new ObjectPage(page, false);
    }

    @Override
    public void delete(Collection<ObjectKey> keys) {
        for (ObjectKey key : keys) {
            objects.remove(key.value());
        }
    }

    @Override
    public StoreTraits traits() {
        return new StoreTraits(ExclusiveCreate.ATOMIC);
    }

    @Override
    public String description() {
        return "memory";
    }

    private static final class Stored {
        private final byte[] bytes;
        private final Instant when;

        Stored(byte[] bytes, Instant when) {
            this.bytes = bytes;
            this.when = when;
        }

        ObjectInfo info(String key) {
            return new ObjectInfo(new ObjectKey(key), bytes.length, when);
        }
    }
}
