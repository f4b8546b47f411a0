// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.gcs;

import java.util.Map;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreFaultContract;

@InTurn
class GcsFaultsTest extends StoreFaultContract {
    private String bucket = "";

    @Override
    protected int serverPort() {
        return ServedBucket.server().port();
    }

    @Override
    protected void newPlace() {
        bucket = ServedBucket.newBucket();
    }

    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) {
        return new GcsObjectStore(ServedBucket.withLimits(ServedBucket.config(bucket, port, options()), limits));
    }

    /** How objects are sent. */
    Map<String, String> options() {
        return Map.of();
    }

    @Override
    protected boolean speaksHttp() {
        return true;
    }
}
