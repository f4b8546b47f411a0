// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.ObjectStoreContract;

@FurtherServer
class RsyncOverSshTest extends ObjectStoreContract {
    @TempDir
    static Path home;

    private static SshPlaces places;

    @BeforeAll
    static void start() throws Exception {
        places = SshPlaces.start(home);
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
}
