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
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.SourceStream;
import org.tidemark.store.StorageException;
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

    @Test
    void whatIsOnlyLookedAtOrSkippedTakesNoTime() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 5_000_000);
        ThrottledStore looking = new ThrottledStore(
                new DelegatingStore(memory) {
                    @Override
                    public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                        try (SourceStream all = SourceStream.inspect(key, source);
                                SourceStream end = SourceStream.open(key, source)) {
                            assertThat(all.readAllBytes()).isEqualTo(bytes);
                            end.skipNBytes(4_900_000);
                            assertThat(end.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 4_900_000, 5_000_000));
                        } catch (StorageException e) {
                            throw e;
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    }
                },
                1_000_000,
                1_000_000,
                time);

        put(looking, "a", bytes);

        assertThat(Duration.ofNanos(time.nanos())).isBetween(Duration.ofMillis(50), Duration.ofMillis(150));
    }
}
