// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StorageException.StorageDenied;
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

    /** A store, whether or not it is reached. Thread-safe, except its clock. */
    static final class Site implements AutoCloseable {
        private final String name;
        private final MemoryStore objects;
        private final MovableClock clock;
        private volatile boolean away;

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

        boolean isAway() {
            return away;
        }

        /** While it is away it refuses each request: one that does not answer is asked again, which takes time. */
        void away(boolean now) {
            away = now;
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
                super(objects);
            }

            @Override
            protected void pass() throws StorageDenied {
                if (away) {
                    throw new StorageDenied("the store of this life is away", null);
                }
            }
        }
    }
}
