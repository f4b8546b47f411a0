// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.tidemark.catalog.Listing;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.testkit.GatedStore;
import org.tidemark.testkit.MovableClock;

/** Addresses such as {@code memory://NAME/}: a store in the memory of this process, which its life made before. */
public final class MemoryStoreProvider implements ObjectStoreProvider {
    private static final Map<String, Site> SITES = new ConcurrentHashMap<>();

    /** What the configuration asks. */
    public static final class Declaration implements StoreDeclaration {
        @Override
        public String scheme() {
            return "memory";
        }

        @Override
        public String provider() {
            return MemoryStoreProvider.class.getName();
        }

        @Override
        public List<StoreOption> options() {
            return List.of();
        }

        @Override
        public void requireAddress(URI address) {}
    }

    /** Makes an empty store, until it is closed. */
    static Site site(String name, MovableClock clock) {
        Site site = new Site(name, new MemoryStore(clock), clock);
        SITES.put(name, site);
        return site;
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return Objects.requireNonNull(SITES.get(address.getHost()), address::toString)
                .reached();
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) {}

    /** What a store does with requests. One that does not answer is asked again, which takes time: none is here. */
    enum State {
        REACHED,
        /** It refuses each request. */
        AWAY,
        /** It takes no new object. */
        FULL,
        /** It neither takes nor deletes any. */
        READ_ONLY,
        /** It gives one byte at a time. */
        TRICKLING
    }

    /** A store in one of its states. Thread-safe, except its clock. */
    static final class Site implements AutoCloseable {
        private final String name;
        private final MemoryStore objects;
        private final MovableClock clock;
        private volatile State state = State.REACHED;

        private Site(String name, MemoryStore objects, MovableClock clock) {
            this.name = name;
            this.objects = objects;
            this.clock = clock;
        }

        /** What it holds, whether or not it is reached. */
        MemoryStore objects() {
            return objects;
        }

        MovableClock clock() {
            return clock;
        }

        State state() {
            return state;
        }

        void become(State now) {
            state = now;
        }

        /** Each object as it was, but for the time at which it was stored; sets the clock of the store. */
        void copy(Supplier<Instant> times) throws IOException {
            List<ObjectKey> keys = new ArrayList<>();
            Listing.visit(objects, "", object -> keys.add(object.key()));
            for (ObjectKey key : keys) {
                byte[] content;
                try (InputStream in = objects.open(key, ByteRange.ALL)) {
                    content = in.readAllBytes();
                }
                objects.delete(List.of(key));
                clock.set(times.get());
                objects.putIfAbsent(key, ObjectSource.of(content));
            }
        }

        private ObjectStore reached() {
            return new Reached();
        }

        @Override
        public void close() {
            SITES.remove(name);
        }

        private final class Reached extends GatedStore {
            Reached() {
                super(new Writable());
            }

            @Override
            protected void pass() throws StorageDenied {
                if (state == State.AWAY) {
                    throw new StorageDenied("the store of this life is away", null);
                }
            }
        }

        private final class Writable extends DelegatingStore {
            Writable() {
                super(objects);
            }

            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                if (state == State.FULL) {
                    throw new StorageFull("the store of this life is full", null);
                }
                requireRights();
                super.putIfAbsent(key, source);
            }

            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                InputStream whole = super.open(key, range);
                return state == State.TRICKLING ? new Trickle(whole) : whole;
            }

            @Override
            public void delete(Collection<ObjectKey> keys) throws StorageException {
                requireRights();
                super.delete(keys);
            }

            private void requireRights() throws StorageDenied {
                if (state == State.READ_ONLY) {
                    throw new StorageDenied("the store of this life is only read", null);
                }
            }
        }
    }

    private static final class Trickle extends FilterInputStream {
        Trickle(InputStream whole) {
            super(whole);
        }

        @Override
        public int read(byte[] buffer, int offset, int length) throws IOException {
            return super.read(buffer, offset, Math.min(1, length));
        }
    }
}
