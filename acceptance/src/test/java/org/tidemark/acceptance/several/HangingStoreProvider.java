// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.StorageException;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.filesystem.FileSystemOptions;
import org.tidemark.store.filesystem.FileSystemStoreProvider;
import org.tidemark.testkit.GatedStore;

/**
 * Addresses such as {@code hang:///directory}: a directory that hangs, as a dead network file system does, as long as
 * there is a file {@code directory.hangs}. Not even an interrupt ends a call then. As long as there is a file
 * {@code directory.slow}, each call takes a second longer.
 */
public final class HangingStoreProvider implements ObjectStoreProvider {
    private final FileSystemStoreProvider directories = new FileSystemStoreProvider();

    /** What the configuration asks. */
    public static final class Declaration implements StoreDeclaration {
        @Override
        public String scheme() {
            return "hang";
        }

        @Override
        public String provider() {
            return HangingStoreProvider.class.getName();
        }

        @Override
        public List<StoreOption> options() {
            return new FileSystemOptions().options();
        }

        @Override
        public void requireAddress(URI address) {
            new FileSystemOptions().requireAddress(file(address));
        }
    }

    private static URI file(URI address) {
        return Path.of(address.getPath()).toUri();
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return new Hanging(
                directories.open(file(address), options),
                Path.of(address.getPath() + ".hangs"),
                Path.of(address.getPath() + ".slow"));
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        directories.createRoot(file(address), options);
    }

    private static final class Hanging extends GatedStore {
        private final Path sign;
        private final Path slow;

        Hanging(ObjectStore directory, Path sign, Path slow) {
            super(directory);
            this.sign = sign;
            this.slow = slow;
        }

        @Override
        protected void pass() {
            boolean interrupted = false;
            long end = System.nanoTime() + 1_000_000_000L;
            while (Files.exists(slow)
                    && System.nanoTime() - end < 0
                    && !Thread.currentThread().isInterrupted()) {
                LockSupport.parkNanos(20_000_000);
            }
            while (Files.exists(sign)) {
                LockSupport.parkNanos(20_000_000);
                interrupted |= Thread.interrupted(); // the kernel does not care
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A jar with this provider and what it needs, to be put beside the libraries of an installation. */
    public static void writeJar(Path jar) throws IOException {
        try (var out = new java.util.jar.JarOutputStream(Files.newOutputStream(jar))) {
            for (Class<?> type :
                    new Class<?>[] {HangingStoreProvider.class, Declaration.class, Hanging.class, GatedStore.class}) {
                String name = type.getName().replace('.', '/') + ".class";
                out.putNextEntry(new java.util.jar.JarEntry(name));
                try (InputStream in =
                        HangingStoreProvider.class.getClassLoader().getResourceAsStream(name)) {
                    if (in == null) {
                        throw new IOException("no class file '" + name + "'");
                    }
                    in.transferTo(out);
                }
                out.closeEntry();
            }
            out.putNextEntry(new java.util.jar.JarEntry("META-INF/services/" + StoreDeclaration.class.getName()));
            out.write(Declaration.class.getName().getBytes(java.nio.charset.StandardCharsets.UTF_8));
            out.closeEntry();
        }
    }
}
