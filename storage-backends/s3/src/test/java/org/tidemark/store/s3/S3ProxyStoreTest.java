// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.List;
import java.util.Map;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.ObjectStoreContract;

@FurtherServer
class S3ProxyStoreTest extends ObjectStoreContract {
    private final S3Server server = S3ProxyServer.get();

    @Override
    protected ObjectStore newStore() {
        return new WithoutUnfinishedNames(S3Server.retrying(server.store(server.newBucket(), Map.of())));
    }

    @Override
    public List<String> secrets() {
        return List.of(server.secret());
    }
}
