// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.ObjectStoreContract;

/** The contract with pieces so small that most of its objects are sent in several. */
@InTurn
class GcsPiecesTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
        return ServedBucket.open(ServedBucket.newBucket(), Map.of("chunk-size", "256KiB"));
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
