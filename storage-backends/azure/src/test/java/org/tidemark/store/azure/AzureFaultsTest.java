// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import java.net.URI;
import java.util.Map;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreFaultContract;

@InTurn
class AzureFaultsTest extends StoreFaultContract {
    private URI address = Azurite.nowhere();

    @Override
    protected int serverPort() {
        return Azurite.server().port();
    }

    @Override
    protected void newPlace() throws Exception {
        address = Azurite.newContainer();
    }

    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) {
        Map<String, String> options = Map.of(
                "endpoint",
                Azurite.server().endpointAt(port),
                TimeLimits.CONNECT_OPTION,
                limits.connect().toSeconds() + "s",
                TimeLimits.READ_OPTION,
                limits.read().toSeconds() + "s",
                TimeLimits.REQUEST_OPTION,
                limits.request().toSeconds() + "s");
        return Azurite.store(address, options);
    }

    @Override
    protected boolean speaksHttp() {
        return true;
    }
}
