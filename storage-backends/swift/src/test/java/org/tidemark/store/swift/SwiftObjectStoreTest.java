// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.util.List;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.ObjectStoreContract;
import org.tidemark.testkit.SwiftServer;

@InTurn
class SwiftObjectStoreTest extends ObjectStoreContract {
    @Override
    protected ObjectStore newStore() {
        return SwiftStores.open(SwiftServer.shared().newContainer(), SwiftServer.WRITER);
    }

    @Override
    public List<String> secrets() {
        return List.of(SwiftServer.WRITER_KEY);
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
