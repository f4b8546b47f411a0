// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.store.ThrottledStore;

class ThrottledStoreTest {
    private final MemoryStore memory = new MemoryStore(Clock.systemUTC());
    private final FakeTime time = new FakeTime();
    private final ThrottledStore store = new ThrottledStore(memory, 1_000_000, 4_000_000, time);

    @Test
    void bytesTakeTheirTimeInBothDirections() throws IOException {
        put(store, "a", new byte[10_000_000]);
        Duration up = Duration.ofNanos(time.nanos());
        read(store, "a");
        Duration down = Duration.ofNanos(time.nanos()).minus(up);

        assertThat(up).isBetween(Duration.ofMillis(9_900), Duration.ofMillis(10_100));
        assertThat(down).isBetween(Duration.ofMillis(2_400), Duration.ofMillis(2_600));
    }

    @Test
    void waitsAreShort() throws IOException {
        put(store, "a", new byte[1_000_000]);

        assertThat(time.pauses()).allMatch(pause -> pause.compareTo(Duration.ofMillis(200)) < 0);
    }

    @Test
    void anInterruptWhileWaitingLosesNoByte() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 600_000);
        put(memory, "a", bytes);

        try (InputStream stream = store.open(key("a"), ByteRange.ALL)) {
            byte[] first = new byte[100_000];
            assertThat(stream.read(first)).isEqualTo(100_000);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> stream.read(new byte[10])).isInstanceOf(StorageUnavailable.class);
            assertThat(Thread.interrupted()).isTrue();

            assertThat(first).isEqualTo(Arrays.copyOf(bytes, 100_000));
            assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 100_000, 600_000));
        }
    }
}
