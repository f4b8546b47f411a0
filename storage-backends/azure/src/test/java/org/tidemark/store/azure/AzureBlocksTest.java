// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;

/** The same, where all but the smallest objects are sent in blocks. */
class AzureBlocksTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() throws Exception {
        return Azurite.store(Azurite.newContainer(), Map.of("block-size", "64KiB", "parallel-blocks", "3"));
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
