// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.DirectoryStores;
import org.tidemark.testkit.TestDirectories;

/** Without anything between. */
final class LocalDirectories implements DirectoryStores {
    @Override
    public Path newDirectory() throws IOException {
        return TestDirectories.create("tidemark-store");
    }

    @Override
    public ObjectStore open(Path root) {
        return new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE));
    }

    @Override
    public void createRoot(Path root) throws IOException {
        new FileSystemStoreProvider().createRoot(URI.create("file://" + root), Map.of());
    }
}
