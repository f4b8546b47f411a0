// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Clock;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;

class MemoryStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
        return new MemoryStore(Clock.systemUTC());
    }
}
