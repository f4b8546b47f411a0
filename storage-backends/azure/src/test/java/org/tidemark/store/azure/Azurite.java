// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.AzuriteServer;
import org.tidemark.testkit.SharedServer;

/** Stores in containers of one emulator, which runs as long as this JVM. */
final class Azurite {
    private static final AtomicInteger CONTAINERS = new AtomicInteger();

    private static final SharedServer<AzuriteServer> SERVER = new SharedServer<>(AzuriteServer::inMemory);

    private Azurite() {}

    static AzuriteServer server() {
        return SERVER.get();
    }

    /** The address of a container that is not there. */
    static URI nowhere() {
        return URI.create("azure://" + AzuriteServer.ACCOUNT + "/store-" + CONTAINERS.incrementAndGet());
    }

    /** The address of a container that is there, and empty. */
    static URI newContainer(AzuriteServer server) throws StorageException {
        URI address = nowhere();
        AzureConfig config = config(server, address, Map.of());
        try (AzureContainer container = new AzureContainer(config)) {
            new ContainerCreation(container, config).run();
        }
        return address;
    }

    static URI newContainer() throws StorageException {
        return newContainer(server());
    }

    /** With the key of the account. */
    static ObjectStore store(URI address, Map<String, String> options) {
        return new AzureObjectStore(config(server(), address, options));
    }

    static AzureConfig config(AzuriteServer server, URI address, Map<String, String> options) {
        return config(server.endpoint(), address, options, Map.of(AzureCredential.KEY_VARIABLE, server.key()));
    }

    /** @param environment the variables that the store sees */
    static AzureConfig config(
            String endpoint, URI address, Map<String, String> options, Map<String, String> environment) {
        Map<String, String> all = new HashMap<>(options);
        all.putIfAbsent("endpoint", endpoint);
        return AzureConfig.of(address, new StoreOptions(all, name -> Optional.ofNullable(environment.get(name))));
    }
}
