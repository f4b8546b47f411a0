// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;

class GcsObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
        return ServedBucket.open(ServedBucket.newBucket() + "/prod/db", Map.of());
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
