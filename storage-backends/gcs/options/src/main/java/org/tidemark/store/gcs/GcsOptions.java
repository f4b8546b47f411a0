// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.net.URI;
import java.util.List;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.PastStore;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with {@code gs:} addresses. The store itself has another class loader. */
public final class GcsOptions implements StoreDeclaration {
    private static final int KIB = 1024;

    /** Google takes multiples of this. */
    public static final int CHUNK_UNIT = 256 * KIB;

    public static final StoreOption ENDPOINT = StoreOption.address(
                    "endpoint", "the service and nothing else, such as https://storage.googleapis.com")
            .ofIdentity();
    public static final StoreOption PROJECT =
            StoreOption.text("project", "the id of a project").ofIdentity();
    public static final StoreOption USER_PROJECT = StoreOption.text("user-project", "the project that pays");
    public static final StoreOption CHUNK_SIZE = StoreOption.size("chunk-size", CHUNK_UNIT, 64 * KIB * KIB, "8MiB");
    public static final StoreOption CREDENTIALS = StoreOption.choice("credentials", "default", "none");
    public static final StoreOption STORAGE_CLASS =
            StoreOption.text("storage-class", "standard, nearline, coldline or archive");
    public static final StoreOption KMS_KEY = StoreOption.text("kms-key", "the name of a key");
    public static final String CUSTOMER_KEY = "customer-key";
    public static final StoreOption LOCK_FOR = StoreOption.duration("lock-for");

    private static final List<StoreOption> ALL = StoreOption.all(
            List.of(ENDPOINT, PROJECT, USER_PROJECT, CHUNK_SIZE, CREDENTIALS),
            StoreOption.secret(CREDENTIALS.name()),
            List.of(STORAGE_CLASS, KMS_KEY, LOCK_FOR, NetworkOptions.CA_FILE, NetworkOptions.PROXY),
            StoreOption.secret(CUSTOMER_KEY),
            List.of(PastStore.OPTION),
            NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "gs";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.gcs.GcsStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("GOOGLE_");
    }

    @Override
    public void requireAddress(URI address) {
        GcsAddress.parse(address);
    }
}
