// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.time.Clock;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Nested;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StoreStack;
import org.tidemark.store.ThrottledStore;

/** Every decorator around the memory store keeps the whole contract, and so does the stack of all of them. */
class DecoratedStoresTest {
    private static final RetryLimits LIMITS =
            new RetryLimits(4, Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofSeconds(2));

    private static ObjectStore memory() {
        return new MemoryStore(Clock.systemUTC());
    }

    @Nested
    class Prefixed extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() throws Exception {
            ObjectStore shared = memory();
            StoreAccess.put(shared, "prod/main", new byte[1]);
            StoreAccess.put(shared, "prod0", new byte[1]);
            return new PrefixStore(shared, "prod/pg/");
        }
    }

    @Nested
    class Throttled extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new ThrottledStore(memory(), 1_000_000, 2_000_000, new FakeTime());
        }
    }

    @Nested
    class Retrying extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            return new RetryingStore(memory(), LIMITS, new FakeTime(), new Random(1));
        }
    }

    @Nested
    class Stacked extends ObjectStoreContract {
        @Override
        protected ObjectStore newStore() {
            StoreStack.Settings settings =
                    new StoreStack.Settings(true, OptionalLong.of(5_000_000), OptionalLong.empty(), LIMITS);
            return StoreStack.around(memory(), settings, new FakeTime(), new Random(1));
        }
    }
}
