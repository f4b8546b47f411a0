// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;

class FileSystemStoreTest extends ObjectStoreContract {
    @TempDir
    Path root;

    @Override
    protected ObjectStore newStore() {
        return new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE));
    }
}
