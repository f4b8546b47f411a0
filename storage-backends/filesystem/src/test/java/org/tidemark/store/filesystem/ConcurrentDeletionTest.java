// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.filesystem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.store.ObjectStore;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.StoreAccess;

class ConcurrentDeletionTest {
    @TempDir
    Path root;

    /** Each writer has a store of its own, as processes have. */
    @Test
    void writersAreNotDisturbedByDirectoriesThatOthersRemove() throws Exception {
        int rounds = Rounds.of(40, 3_000);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            List<Future<?>> writers = new ArrayList<>();
            for (int writer = 0; writer < 4; writer++) {
                String name = "deep/er/directory/" + writer;
                writers.add(threads.submit(() -> {
                    putAndDelete(name, rounds);
                    return name;
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        }

        assertThat(root).isEmptyDirectory();
    }

    private void putAndDelete(String name, int rounds) throws Exception {
        ObjectStore store = new FileSystemStore(new FileSystemConfig(root, FileSystemAccess.PRIVATE));
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = {(byte) round};
            put(store, name, bytes);
            assertThat(read(store, name)).isEqualTo(bytes);
            assertThat(StoreAccess.keys(store, "deep/")).contains(name);
            store.delete(List.of(key(name)));
        }
    }
}
