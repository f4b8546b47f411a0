// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.Map;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreFaultContract;

@InTurn
class S3MockFaultsTest extends StoreFaultContract {
    private final S3Server server = S3MockServer.get();
    private String bucket = "";

    @Override
    protected int serverPort() {
        return server.port();
    }

    @Override
    protected void newPlace() {
        bucket = server.newBucket();
    }

    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) {
        return server.storeAt(port, bucket, limits, Map.of());
    }

    @Override
    protected boolean speaksHttp() {
        return true;
    }
}
