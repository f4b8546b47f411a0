// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URI;
import java.util.List;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with {@code azure:} addresses. The store itself has another class loader. */
public final class AzureOptions implements StoreDeclaration {
    public static final StoreOption ENDPOINT = StoreOption.address(
                    "endpoint", "the blob service of the account, such as https://account.blob.core.windows.net")
            .ofIdentity();
    public static final String ACCOUNT_KEY = "account-key";
    public static final String SAS = "sas";
    public static final String CUSTOMER_KEY = "customer-key";
    public static final StoreOption ENCRYPTION_SCOPE =
            StoreOption.text("encryption-scope", "the name of an encryption scope");
    public static final StoreOption STORAGE_CLASS = StoreOption.text("storage-class", "hot, cool or cold");
    public static final StoreOption TAGS = StoreOption.text("tags", "name=value, several joined by commas");
    public static final StoreOption LOCK_FOR = StoreOption.duration("lock-for");

    private static final List<StoreOption> ALL = StoreOption.all(
            List.of(ENDPOINT),
            StoreOption.secret(ACCOUNT_KEY),
            StoreOption.secret(SAS),
            StoreOption.secret(CUSTOMER_KEY),
            List.of(NetworkOptions.CA_FILE, NetworkOptions.PROXY, ENCRYPTION_SCOPE, STORAGE_CLASS, TAGS, LOCK_FOR),
            NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "azure";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.azure.AzureStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("AZURE_");
    }

    @Override
    public void requireAddress(URI address) {
        AzureAddress.parse(address);
    }
}
