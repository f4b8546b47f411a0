// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.selftest;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.random.RandomGenerator;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The objects of one self-test, each with random content. Not thread-safe. */
final class ScratchObjects {
    static final int BYTES = 20_000;
    private static final int WRITERS = 4;
    private static final int ROUNDS = 5;
    private static final int RACE_LIMIT_SECONDS = 120;

    private final ObjectStore store;
    private final String prefix;
    private final byte[] content;
    private final TreeSet<ObjectKey> touched = new TreeSet<>();
    private boolean created;

    ScratchObjects(ObjectStore store, String prefix, RandomGenerator random) {
        this.store = store;
        this.prefix = prefix;
        this.content = new byte[BYTES];
        random.nextBytes(content);
    }

    String prefix() {
        return prefix;
    }

    ObjectKey key(int number) {
        return new ObjectKey(prefix + "object-" + number);
    }

    /** The key of an object that is never created. */
    ObjectKey never() {
        return new ObjectKey(prefix + "never");
    }

    /** The content of object {@code number}; no two objects have the same. */
    byte[] content(int number) {
        byte[] own = content.clone();
        own[0] = (byte) number;
        return own;
    }

    /** The key of the object that a lock is tried on. */
    ObjectKey locked() {
        ObjectKey key = new ObjectKey(prefix + "locked");
        touched.add(key);
        return key;
    }

    boolean isUntouched() {
        return touched.isEmpty();
    }

    /** Whether the store has taken an object. */
    boolean hasCreated() {
        return created;
    }

    void create(int number) throws StorageException {
        touched.add(key(number));
        store.putIfAbsent(key(number), ObjectSource.shortLived(content(number)));
        created = true;
    }

    /** Tries to put different content under the key of an existing object. */
    void overwrite(int number) throws StorageException {
        store.putIfAbsent(key(number), ObjectSource.shortLived(content(number + 100)));
    }

    /**
     * Lets several writers create one object at the same time, in several rounds, each with its own key.
     *
     * @return 1 if exactly one writer succeeded in each round; otherwise the number that succeeded in the last round
     *     where it was not one
     * @throws StorageDenied if the store denied one writer what it allowed another
     */
    int race(int number) throws StorageException {
        int most = 1;
        for (int round = 0; round < ROUNDS; round++) {
            ObjectKey key = new ObjectKey(key(number) + "-" + round);
            touched.add(key);
            int winners = winners(key);
            if (winners != 1) {
                most = winners;
            }
        }
        return most;
    }

    private int winners(ObjectKey key) throws StorageException {
        CyclicBarrier start = new CyclicBarrier(WRITERS);
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS);
        try {
            List<Future<Boolean>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                ObjectSource source = ObjectSource.shortLived(content(writer));
                writers.add(threads.submit(() -> {
                    start.await(RACE_LIMIT_SECONDS, TimeUnit.SECONDS);
                    try {
                        store.putIfAbsent(key, source);
                        return true;
                    } catch (ObjectExists e) {
                        return false;
                    }
                }));
            }
            int winners = 0;
            Optional<ExecutionException> failure = Optional.empty();
            for (Future<Boolean> writer : writers) {
                try {
                    winners += writer.get(RACE_LIMIT_SECONDS, TimeUnit.SECONDS) ? 1 : 0;
                } catch (ExecutionException e) {
                    boolean tellsMore = e.getCause() instanceof StorageDenied;
                    failure = failure.filter(_ -> !tellsMore).or(() -> Optional.of(e));
                }
            }
            if (failure.isPresent()) {
                throw failure.get().getCause() instanceof StorageException known
                        ? known
                        : new StorageUnavailable(
                                "the test with several writers failed: "
                                        + failure.get().getCause(),
                                failure.get());
            }
            return winners;
        } catch (TimeoutException e) {
            throw new StorageUnavailable(
                    "the test with several writers did not finish within " + RACE_LIMIT_SECONDS + " s", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StorageUnavailable("interrupted while several writers wrote '" + key + "'", e);
        } finally {
            threads.shutdownNow();
        }
    }

    /** Removes all objects that may exist. */
    void delete() throws StorageException {
        store.delete(touched);
    }

    /** The objects that still exist. */
    List<ObjectKey> left() throws StorageException {
        List<ObjectKey> left = new ArrayList<>();
        for (ObjectKey key : touched) {
            if (store.stat(key).isPresent()) {
                left.add(key);
            }
        }
        return left;
    }
}
