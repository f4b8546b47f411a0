// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreStack;
import org.tidemark.store.StoreStack.Settings;
import org.tidemark.testkit.Fault.Lasting;
import org.tidemark.testkit.Fault.Moment;
import org.tidemark.testkit.FaultLoop.Scenario;

class StoreStackTest {
    private static final RetryLimits LIMITS = RetryLimits.lasting(Duration.ofSeconds(20));

    @Test
    void furtherTriesAreThrottledBelowTheRetry() throws IOException {
        MemoryStore memory = new MemoryStore(Clock.systemUTC());
        FaultyStore faulty = new FaultyStore(memory, new Fault(1, Moment.HALF_WAY, Lasting.ONCE));
        FakeTime time = new FakeTime();
        Settings settings = new Settings(true, OptionalLong.of(1_000_000), OptionalLong.empty(), LIMITS);

        ObjectStore store = StoreStack.around(faulty, settings, time, Rounds.random());
        put(store, "a", new byte[2_000_000]);

        assertThat(keys(memory, "")).containsExactly("a");
        assertThat(Duration.ofNanos(time.nanos())).isBetween(Duration.ofMillis(2_900), Duration.ofMillis(3_400));
    }

    @Test
    void anObjectThatIsTooLongIsRefusedBeforeTheStoreIsAskedAnything() throws IOException {
        List<Long> asked = new ArrayList<>();
        ObjectStore noting = new DelegatingStore(new MemoryStore(Clock.systemUTC())) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) {
                asked.add(source.sizeBytes());
            }
        };
        ObjectStore store = StoreStack.around(noting, Settings.retrying(LIMITS), new FakeTime(), Rounds.random());
        long most = 1040L << 20;

        store.putIfAbsent(key("a"), BadSource.ofWrongSize(most, new byte[0]));
        assertThatThrownBy(() -> store.putIfAbsent(key("b"), BadSource.ofWrongSize(most + 1, new byte[0])))
                .isInstanceOfSatisfying(
                        StorageDenied.class,
                        e -> assertThat(e.hint())
                                .hasValueSatisfying(hint -> assertThat(hint).contains("backup_manifest")))
                .hasMessageContaining("'b'")
                .hasMessageContaining("at most 1090519040 (1 GiB and its header)");
        assertThat(asked).containsExactly(most);
    }

    @Test
    void afterAnyFaultTheObjectIsWholeOrAbsentAndSuccessIsTrue() {
        byte[] bytes = new byte[100_000];
        Scenario scenario = new Scenario() {
            @Override
            public void run(ObjectStore store) throws Exception {
                ObjectStore retrying =
                        StoreStack.around(store, Settings.retrying(LIMITS), new FakeTime(), Rounds.random());
                try {
                    put(retrying, "a", bytes);
                } catch (ObjectExists e) {
                    assertThat(read(retrying, "a")).isEqualTo(bytes);
                }
                assertThat(read(retrying, "a")).isEqualTo(bytes);
            }

            @Override
            public void check(ObjectStore healthy, Optional<Exception> failure) throws Exception {
                if (failure.isEmpty() || !keys(healthy, "").isEmpty()) {
                    assertThat(read(healthy, "a")).isEqualTo(bytes);
                }
            }
        };

        assertThat(FaultLoop.run(() -> new MemoryStore(Clock.systemUTC()), scenario)
                        .operations())
                .isGreaterThanOrEqualTo(2);
    }
}
