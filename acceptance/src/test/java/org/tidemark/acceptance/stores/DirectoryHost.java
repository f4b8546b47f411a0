// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** The file system of this machine. */
final class DirectoryHost implements StoreHost {
    @Override
    public StoreSite newSite(Path directory) {
        return new StoreSite("file://" + directory.resolve("repository"), Map.of(), List.of());
    }

    @Override
    public void close() {
        // Nothing was started.
    }
}
