// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;

/**
 * A process whose first requests to a store are sixteen of different kinds at once, as in a process that stays: so many
 * threads load and initialise the classes of the store's library together.
 */
public final class RequestsAtOnce {
    static final String STORED = "requests/stored";
    private static final int REQUESTS = 16;
    private static final int LARGE_BYTES = 1 << 20;

    private RequestsAtOnce() {}

    /** Arguments: a file with the address and the options of the store, the part of keys that nobody else uses. */
    public static void main(String[] arguments) throws Exception {
        CyclicBarrier start = new CyclicBarrier(REQUESTS);
        try (ObjectStore store = StoreProcess.open(Path.of(arguments[0]));
                ExecutorService threads = Executors.newFixedThreadPool(REQUESTS)) {
            List<Future<Optional<String>>> answers = new ArrayList<>();
            for (int number = 0; number < REQUESTS; number++) {
                int each = number;
                answers.add(threads.submit(() -> {
                    start.await();
                    return request(store, each, "requests/" + arguments[1] + "/");
                }));
            }
            for (Future<Optional<String>> answer : answers) {
                Optional<String> wrong = answer.get();
                if (wrong.isPresent()) {
                    throw new IllegalStateException(wrong.get());
                }
            }
        }
    }

    /** Sends one request. Returns what was wrong with its answer. */
    private static Optional<String> request(ObjectStore store, int number, String prefix) throws IOException {
        String own = prefix + number;
        boolean right = switch (number % 6) {
            case 0 -> store.stat(new ObjectKey(own)).isEmpty();
            case 1 -> read(store);
            case 2 -> put(store, own, new byte[10]);
            case 3 -> !store.list(STORED, Optional.empty(), 2).objects().isEmpty();
            case 4 -> delete(store, own);
            default -> put(store, own, new byte[LARGE_BYTES]);
        };
        return right ? Optional.empty() : Optional.of("request " + number + " was answered wrongly");
    }

    private static boolean read(ObjectStore store) throws IOException {
        try (InputStream bytes = store.open(new ObjectKey(STORED), ByteRange.ALL)) {
            return bytes.readAllBytes().length == STORED.length();
        }
    }

    private static boolean put(ObjectStore store, String key, byte[] bytes) throws IOException {
        store.putIfAbsent(new ObjectKey(key), ObjectSource.of(bytes));
        return true;
    }

    private static boolean delete(ObjectStore store, String key) throws IOException {
        store.delete(List.of(new ObjectKey(key)));
        return true;
    }
}
