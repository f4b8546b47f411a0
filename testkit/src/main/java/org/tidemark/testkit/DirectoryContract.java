// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.tidemark.store.ObjectStore;

/**
 * What the contracts begin with that are about stores in a directory: each test has a directory of its own. A test that
 * leaves nothing behind needs no more than {@link #directory} and {@link #open}.
 */
public abstract class DirectoryContract {
    private final DirectoryStores stores;
    private final List<ObjectStore> opened = new ArrayList<>();
    private final List<Path> made = new ArrayList<>();

    protected DirectoryContract(DirectoryStores stores) {
        this.stores = stores;
    }

    /** A new one, removed after the test. */
    protected final Path directory() throws IOException {
        Path directory = stores.newDirectory();
        made.add(directory);
        return directory;
    }

    /** Closed after the test. */
    protected final ObjectStore open(Path root) {
        ObjectStore store = stores.open(root);
        opened.add(store);
        return store;
    }

    protected final void createRoot(Path root) throws IOException {
        stores.createRoot(root);
    }

    protected final void closeStores() {
        opened.forEach(ObjectStore::close);
        opened.clear();
    }

    @AfterEach
    final void removeAll() {
        closeStores();
        made.forEach(TemporaryTree::delete);
    }
}
