// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Clock;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.tidemark.store.ObjectStore;

/**
 * What every {@link ObjectStore} keeps: extended by one test class for each store, each decorator and each combination
 * that is used. Where a store promises less, it says so in its traits, and the contract asks for that.
 */
public abstract class ObjectStoreContract implements PutContract, ReadContract, ListContract, DeleteContract {
    private @Nullable ObjectStore store;

    /** A store that holds nothing; closed after the test. */
    protected abstract ObjectStore newStore() throws Exception;

    /** What the store's own clock is about: a minute or two apart is near enough. */
    @Override
    public Clock storeClock() {
        return Clock.systemUTC();
    }

    /** Passwords and keys that the store was configured with; none of them may be in a message. */
    @Override
    public List<String> secrets() {
        return List.of();
    }

    @Override
    public final ObjectStore store() {
        return Objects.requireNonNull(store, "opened before each test");
    }

    @BeforeEach
    final void openStore() throws Exception {
        store = newStore();
    }

    @AfterEach
    final void closeStore() {
        if (store != null) {
            store.close();
        }
    }
}
