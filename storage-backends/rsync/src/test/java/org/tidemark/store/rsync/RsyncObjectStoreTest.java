// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.rsync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.ObjectStoreContract;
import org.tidemark.testkit.RsyncDaemon;

@InTurn
class RsyncObjectStoreTest extends ObjectStoreContract {
    @TempDir
    static Path home;

    private static DaemonPlaces places;

    private Path place = Path.of("");

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
        place = places.next();
        return places.store(place);
    }

    @Override
    public void putMany(Collection<String> keys) throws IOException {
        for (String key : keys) {
            Path file = place.resolve(key);
            Files.createDirectories(Objects.requireNonNull(file.getParent()));
            Files.write(file, new byte[key.length()]);
        }
    }

    @Override
    public List<String> secrets() {
        return List.of(RsyncDaemon.PASSWORD);
    }
}
