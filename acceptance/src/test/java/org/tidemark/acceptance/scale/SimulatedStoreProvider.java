// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.scale;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** Addresses such as {@code simulated://host/10000/10000000}: so many backups and so many segments of WAL. */
public final class SimulatedStoreProvider implements ObjectStoreProvider {
    /** What the configuration asks. */
    public static final class Declaration implements StoreDeclaration {
        @Override
        public String scheme() {
            return "simulated";
        }

        @Override
        public String provider() {
            return SimulatedStoreProvider.class.getName();
        }

        @Override
        public List<StoreOption> options() {
            return List.of();
        }

        @Override
        public void requireAddress(URI address) {}
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        String[] counts = address.getPath().substring(1).split("/", -1);
        return new SimulatedStore(Integer.parseInt(counts[0]), Integer.parseInt(counts[1]));
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) {}
}
