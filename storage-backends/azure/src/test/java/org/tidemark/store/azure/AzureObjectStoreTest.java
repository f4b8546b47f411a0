// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.util.List;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;

class AzureObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() throws Exception {
        return Azurite.store(Azurite.newContainer(), Map.of());
    }

    @Override
    public List<String> secrets() {
        return List.of(Azurite.server().key());
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
