// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.ObjectStoreContract;
import org.tidemark.testkit.RsyncDaemon;

class RsyncObjectStoreTest extends ObjectStoreContract {
    @TempDir
    static Path home;

    private static DaemonPlaces places;

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
    protected ObjectStore newStore() throws Exception {
        return places.store(places.next());
    }

    @Override
    public List<String> secrets() {
        return List.of(RsyncDaemon.PASSWORD);
    }
}
