// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.nio.file.Path;

/** A real server that stores can be made on. Closing it stops it. */
interface StoreHost extends AutoCloseable {
    /**
     * A place that holds nothing, which {@code init} can make a repository of.
     *
     * @param directory for files with secrets and the like, which the operating user must be able to read
     */
    StoreSite newSite(Path directory) throws Exception;

    @Override
    void close();
}
