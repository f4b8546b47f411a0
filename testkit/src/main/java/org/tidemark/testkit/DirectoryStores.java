// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.nio.file.Path;
import org.tidemark.store.ObjectStore;

/** Stores whose objects are files below a directory of this machine, however they reach it. */
public interface DirectoryStores {
    /** An empty one that nobody else uses. */
    Path newDirectory() throws IOException;

    /** A store with this root, whether or not there is such a directory. */
    ObjectStore open(Path root);

    /** As the provider makes it. */
    void createRoot(Path root) throws IOException;
}
