// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.List;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.ObjectStoreContract;

@FurtherServer
class CephStoreTest extends ObjectStoreContract {
    private final S3Server server = CephServer.get();

    @Override
    protected ObjectStore newStore() {
        return server.store(CephGateway.shared().newBucket(), Map.of());
    }

    @Override
    public List<String> secrets() {
        return List.of(server.secret());
    }

    @Override
    public boolean knowsContent() {
        return true;
    }
}
