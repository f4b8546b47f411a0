// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.tidemark.core.Workers;

/** Reads small documents several at a time, since each costs little more than the store's time to answer. */
final class DocumentReads {
    /** More connections than most stores keep open make nothing faster. */
    static final int MOST_AT_ONCE = 16;

    private DocumentReads() {}

    /** Reads one document. Called by several threads. */
    interface Reading<K, V> {
        V read(K key) throws IOException;
    }

    /**
     * What each key leads to, in the order of the keys.
     *
     * @param keys distinct
     * @throws IOException what the first failed reading threw; no other reading goes on after it
     */
    static <K, V> List<V> inOrder(List<K> keys, Reading<K, V> reading) throws IOException {
        if (keys.size() == 1) {
            return List.of(reading.read(keys.getFirst()));
        }
        Map<K, V> read = new ConcurrentHashMap<>();
        try (Workers workers = new Workers("reading the catalog", MOST_AT_ONCE)) {
            for (K key : keys) {
                workers.submit(() -> read.put(key, reading.read(key)));
            }
            workers.await();
        }
        List<V> inOrder = new ArrayList<>(keys.size());
        for (K key : keys) {
            inOrder.add(Objects.requireNonNull(read.get(key)));
        }
        return inOrder;
    }
}
