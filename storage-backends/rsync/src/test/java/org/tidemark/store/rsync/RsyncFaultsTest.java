// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.StoreFaultContract;

@InTurn
class RsyncFaultsTest extends StoreFaultContract {
    @TempDir
    static Path home;

    private static DaemonPlaces places;
    private Path place = home;

    @BeforeAll
    static void start() throws Exception {
        places = DaemonPlaces.start(home);
    }

    @AfterAll
    static void stop() {
        if (places != null) { // nothing, where the class was skipped
            places.close();
        }
    }

    @Override
    protected int serverPort() {
        return places.daemon().port();
    }

    @Override
    protected void newPlace() throws Exception {
        place = places.next();
    }

    @Override
    protected ObjectStore storeAt(int port, TimeLimits limits) {
        return places.store(port, place, limits);
    }

    @Override
    protected boolean speaksHttp() {
        return false;
    }
}
