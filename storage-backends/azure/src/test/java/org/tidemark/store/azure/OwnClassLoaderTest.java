// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.File;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;

/** The store as an installation has it: with its libraries in a class loader of its own, which nobody else sees. */
@InTurn
class OwnClassLoaderTest {
    @TempDir
    Path directory;

    @Test
    void theStoreNeedsNothingOfItsCallersLibraries() throws Exception {
        URI address = URI.create(Azurite.newContainer() + "/prod/db");
        Path key = Files.writeString(directory.resolve("key"), Azurite.server().key());
        Map<String, String> options =
                Map.of("endpoint", Azurite.server().endpoint(), "account-key-file", key.toString());
        byte[] bytes = randomBytes(Rounds.random(), 200_000);

        try (URLClassLoader loader = new URLClassLoader(classPath(), new OnlyTheInterface())) {
            Class<?> type = Class.forName(AzureStoreProvider.class.getName(), true, loader);
            assertThat(type).isNotEqualTo(AzureStoreProvider.class);
            ObjectStoreProvider provider =
                    type.asSubclass(ObjectStoreProvider.class).getConstructor().newInstance();
            provider.createRoot(address, options);
            try (ObjectStore store = provider.open(address, options)) {
                put(store, "main/object", bytes);
                assertThat(read(store, "main/object")).isEqualTo(bytes);
                assertThat(store.description())
                        .isEqualTo("azure://" + address.getHost() + "/" + container(address) + "/prod/db");
            }
        }
        try (ObjectStore whole = Azurite.store(address, Map.of())) {
            assertThat(read(whole, "prod/db/main/object")).isEqualTo(bytes);
        }
    }

    private static String container(URI address) {
        return address.getPath().split("/", -1)[1];
    }

    private static URL[] classPath() throws Exception {
        List<URL> urls = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            urls.add(Path.of(entry).toUri().toURL());
        }
        return urls.toArray(URL[]::new);
    }

    /** Shows of this program what a store is, and no library. */
    private static final class OnlyTheInterface extends ClassLoader {
        OnlyTheInterface() {
            super(ClassLoader.getPlatformClassLoader());
        }

        @Override
        protected Class<?> findClass(String name) throws ClassNotFoundException {
            boolean shared = name.startsWith("org.tidemark.core.")
                    || (name.startsWith("org.tidemark.store.") && !name.startsWith("org.tidemark.store.azure."));
            if (!shared) {
                throw new ClassNotFoundException(name);
            }
            return Class.forName(name, false, OwnClassLoaderTest.class.getClassLoader());
        }
    }
}
