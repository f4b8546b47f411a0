// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreFaultContract;
import org.tidemark.testkit.SwiftServer;

@InTurn
class SwiftFaultsTest extends StoreFaultContract {
    private String container = "";

    @Override
    protected int serverPort() {
        return SwiftServer.shared().port();
    }

    @Override
    protected void newPlace() {
        container = SwiftServer.shared().newContainer();
    }

    /** Tokens are had past the proxy, so that its faults meet the requests that the tests are about. */
    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) {
        return SwiftStores.open(
                container,
                SwiftServer.WRITER,
                "storage-url",
                "http://127.0.0.1:" + port + "/v1/AUTH_archive",
                "connect-timeout",
                limits.connect().toSeconds() + "s",
                "read-timeout",
                limits.read().toSeconds() + "s",
                "request-timeout",
                limits.request().toSeconds() + "s");
    }

    @Override
    protected boolean speaksHttp() {
        return true;
    }
}
