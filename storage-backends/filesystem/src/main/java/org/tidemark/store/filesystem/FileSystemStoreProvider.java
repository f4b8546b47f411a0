// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.io.IOException;
import java.net.URI;
import java.util.Map;
import org.tidemark.store.HostMemory;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.ObjectStoreProvider;
import org.tidemark.store.Operation;
import org.tidemark.store.StorageException;

/** Opens the store of {@code file:///dir}. Thread-safe. */
public final class FileSystemStoreProvider implements ObjectStoreProvider {
    @Override
    public ObjectStore open(URI address, Map<String, String> options) {
        return new FileSystemStore(FileSystemConfig.parse(address, options));
    }

    @Override
    public ObjectStore open(URI address, Map<String, String> options, HostMemory memory) {
        return new FileSystemStore(FileSystemConfig.parse(address, options), memory);
    }

    @Override
    public void createRoot(URI address, Map<String, String> options) throws StorageException {
        FileSystemConfig config = FileSystemConfig.parse(address, options);
        FileSystemErrors errors = new FileSystemErrors(config.root());
        try {
            new StoreDirectories(config, errors, HostMemory.NONE).makeRoot();
        } catch (IOException e) {
            throw errors.of(Operation.CREATE_DIRECTORY, "", e);
        }
    }
}
