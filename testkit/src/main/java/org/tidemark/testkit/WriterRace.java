// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** Several writers of one key, each with a content of its own, all at once. */
public final class WriterRace {
    private static final int WRITERS = 8;

    private WriterRace() {}

    /**
     * Lets them write, and fails unless each that was told success finds its own bytes, and exactly one was where the
     * store promises that.
     */
    public static void run(ObjectStore store, ObjectKey key, int size) throws Exception {
        List<Integer> winners = new ArrayList<>();
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        try (ExecutorService threads = Executors.newFixedThreadPool(WRITERS)) {
            List<Future<Boolean>> writers = new ArrayList<>();
            for (int i = 0; i < WRITERS; i++) {
                writers.add(threads.submit(writer(store, key, content(i, size), start)));
            }
            for (int i = 0; i < WRITERS; i++) {
                if (writers.get(i).get(5, TimeUnit.MINUTES)) {
                    winners.add(i);
                }
            }
        }

        byte[] stored = StoreAccess.read(store, key.value());
        assertThat(winners).as("writers that were told success").isNotEmpty();
        assertThat(winners.stream().filter(i -> Arrays.equals(stored, content(i, size))))
                .as("winners whose content is stored")
                .hasSize(1);
        if (store.traits().exclusiveCreate() == ExclusiveCreate.ATOMIC) {
            assertThat(winners).as("winners").hasSize(1);
        }
    }

    private static byte[] content(int writer, int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) ('A' + writer));
        return bytes;
    }

    private static Callable<Boolean> writer(ObjectStore store, ObjectKey key, byte[] bytes, CyclicBarrier start) {
        return () -> {
            start.await(1, TimeUnit.MINUTES);
            try {
                store.putIfAbsent(key, ObjectSource.of(bytes));
                return true;
            } catch (ObjectExists e) {
                return false;
            }
        };
    }
}
