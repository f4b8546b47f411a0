// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.net.URI;
import java.util.List;
import org.tidemark.store.NetworkOptions;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;

/** The options of a store with a {@code swift:} address. */
public final class SwiftOptions implements StoreDeclaration {
    static final StoreOption AUTH_URL = StoreOption.address(
                    "auth-url", "an address, such as https://keystone.example:5000/v3")
            .ofIdentity();
    static final StoreOption STORAGE_URL =
            StoreOption.address("storage-url", "an address").ofIdentity();
    static final StoreOption REGION =
            StoreOption.text("region", "a region, such as eu-west-1").ofIdentity();
    static final StoreOption PROJECT = StoreOption.text("project", "a name").ofIdentity();
    static final StoreOption PROJECT_ID =
            StoreOption.text("project-id", "an id").ofIdentity();
    static final StoreOption USER = StoreOption.text("user", "a name").ofIdentity();
    static final StoreOption AUTH_VERSION = StoreOption.number("auth-version", 1, 3);
    static final StoreOption USER_DOMAIN = StoreOption.text("user-domain", "a name");
    static final StoreOption PROJECT_DOMAIN = StoreOption.text("project-domain", "a name");
    static final StoreOption INTERFACE = StoreOption.choice("interface", "public", "internal", "admin");
    static final StoreOption APPLICATION_CREDENTIAL_ID = StoreOption.text("application-credential-id", "an id");
    static final String APPLICATION_CREDENTIAL_SECRET = "application-credential-secret";
    static final String PASSWORD = "password";

    private static final List<StoreOption> ALL = StoreOption.all(
            List.of(
                    AUTH_URL,
                    STORAGE_URL,
                    REGION,
                    PROJECT,
                    PROJECT_ID,
                    USER,
                    AUTH_VERSION,
                    USER_DOMAIN,
                    PROJECT_DOMAIN,
                    INTERFACE,
                    APPLICATION_CREDENTIAL_ID,
                    NetworkOptions.CA_FILE,
                    NetworkOptions.PROXY),
            StoreOption.secret(APPLICATION_CREDENTIAL_SECRET),
            StoreOption.secret(PASSWORD),
            NetworkOptions.TIME_LIMITS);

    @Override
    public String scheme() {
        return "swift";
    }

    @Override
    public String provider() {
        return "org.tidemark.store.swift.SwiftStoreProvider";
    }

    @Override
    public List<StoreOption> options() {
        return ALL;
    }

    @Override
    public List<String> variables() {
        return List.of("OS_", "ST_");
    }

    @Override
    public void requireAddress(URI address) {
        SwiftConfig.requireAddress(address);
    }
}
