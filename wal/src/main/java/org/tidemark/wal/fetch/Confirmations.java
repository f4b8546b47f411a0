// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.tidemark.catalog.Repository;

/**
 * A process that keeps repositories open looks once a second whether each is still there and still the same one, as
 * every new process does when it opens it. Thread-safe.
 */
final class Confirmations {
    private static final long VALID_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Map<String, Long> confirmed = new ConcurrentHashMap<>();

    /** To be called with each use; the first one has just opened it. */
    void confirm(String name, Repository repository) throws IOException {
        long now = System.nanoTime();
        Long last = confirmed.get(name);
        if (last != null && now - last > VALID_NANOS) {
            repository.confirmPresent();
        }
        if (last == null || now - last > VALID_NANOS) {
            confirmed.put(name, now);
        }
    }
}
