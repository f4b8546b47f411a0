// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.BadSource;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.Rounds;

/** Objects that take a while to send: one request each. */
@ParameterizedClass
@MethodSource("servers")
@InTurn
class LargePutTest {
    private static final int MIB = 1 << 20;
    private static final byte[] LARGE = randomBytes(Rounds.random(), 22 * MIB + 7);

    private final S3Server server;
    private final String bucket;

    LargePutTest(Server which) {
        this.server = which.get();
        this.bucket = this.server.newBucket();
    }

    enum Server {
        S3MOCK,
        S3PROXY;

        S3Server get() {
            return this == S3MOCK ? S3MockServer.get() : S3ProxyServer.get();
        }
    }

    static Stream<Server> servers() {
        return Stream.of(Server.values());
    }

    @Test
    void aLargeObjectReadsBackAsItWasPutWholeAndInRanges() throws IOException {
        try (ObjectStore store = S3Server.retrying(store())) {
            put(store, "main/large", LARGE);

            assertThat(read(store, "main/large")).isEqualTo(LARGE);
            assertThat(read(store, "main/large", new ByteRange(5 * MIB - 1, 2)))
                    .containsExactly(LARGE[5 * MIB - 1], LARGE[5 * MIB]);
            assertThat(store.stat(key("main/large")).orElseThrow().sizeBytes()).isEqualTo(LARGE.length);
        }
    }

    @Test
    void anObjectThatIsThereIsLeftAlone() throws IOException {
        try (ObjectStore store = S3Server.retrying(store())) {
            put(store, "main/large", new byte[] {1, 2, 3});

            assertThatThrownBy(() -> put(store, "main/large", LARGE)).isInstanceOf(ObjectExists.class);
            assertThat(read(store, "main/large")).containsExactly(1, 2, 3);
        }
    }

    @Test
    void oneThatCameWhileBytesWereSentIsLeftAloneToo() throws IOException {
        try (ObjectStore store = S3Server.retrying(store())) {
            ObjectSource slow = BadSource.pausingHalfWay(LARGE, () -> putUnlessThere(store, new byte[] {1, 2, 3}));

            assertThatThrownBy(() -> store.putIfAbsent(key("main/large"), slow)).isInstanceOf(ObjectExists.class);
            assertThat(read(store, "main/large")).containsExactly(1, 2, 3);
        }
    }

    @Test
    void aSourceThatFailsOrIsNotAsLongAsAnnouncedLeavesNothing() throws IOException {
        try (S3ObjectStore store = store()) {
            for (ObjectSource bad : List.of(
                    BadSource.failingAfter(new byte[12 * MIB], 20 * MIB),
                    BadSource.ofWrongSize(20 * MIB, new byte[20 * MIB - 1]),
                    BadSource.ofWrongSize(20 * MIB, new byte[20 * MIB + 1]))) {
                assertThatThrownBy(() -> store.putIfAbsent(key("main/bad"), bad))
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("main/bad");
                assertThat(store.stat(key("main/bad"))).isEmpty();
            }
        }
    }

    @Test
    void anInterruptLeavesNothingAndKeepsItsFlag() throws IOException {
        try (S3ObjectStore store = store()) {
            Thread writer = Thread.currentThread();
            ObjectSource interrupting = BadSource.pausingHalfWay(LARGE, writer::interrupt);

            assertThatThrownBy(() -> store.putIfAbsent(key("main/large"), interrupting))
                    .isInstanceOf(StorageUnavailable.class);
            assertThat(Thread.interrupted()).as("interrupt flag").isTrue();
            assertThat(store.stat(key("main/large"))).isEmpty();
        }
    }

    @Test
    void aPutThatIsCutOffIsNoObjectAndIsSentAgain() throws IOException {
        try (FaultProxy proxy = FaultProxy.to(server.port());
                ObjectStore direct = S3Server.retrying(store())) {
            proxy.set(NetworkFault.cutUpAfter(2 * MIB, Ending.RESET), 3);
            try (S3ObjectStore store = server.storeAt(proxy.port(), bucket, TimeLimits.DEFAULTS, Map.of())) {
                assertThatThrownBy(() -> put(store, "main/large", LARGE)).isInstanceOf(StorageUnavailable.class);
                assertThat(direct.stat(key("main/large"))).isEmpty();
                put(S3Server.retrying(store), "main/large", LARGE);
            }

            assertThat(proxy.connections()).isGreaterThan(3);
            assertThat(read(direct, "main/large")).isEqualTo(LARGE);
        }
    }

    @Test
    void aServerThatTakesNoMoreBytesIsGivenUp() throws IOException {
        TimeLimits limits = new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(5), Duration.ofMinutes(5));
        try (FaultProxy proxy = FaultProxy.to(server.port());
                S3ObjectStore store = server.storeAt(proxy.port(), bucket, limits, Map.of())) {
            proxy.set(NetworkFault.cutUpAfter(MIB, Ending.SILENCE));
            long begin = System.nanoTime();

            assertThatThrownBy(() -> put(store, "main/large", LARGE))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("no byte was sent and no answer came within 'read-timeout', 5000 ms");
            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofMinutes(1));
        }
    }

    private S3ObjectStore store() {
        return server.store(bucket, Map.of());
    }

    /** The source may be read more than once, and each time comes by here. */
    private static void putUnlessThere(ObjectStore store, byte[] bytes) throws StorageException {
        try {
            put(store, "main/large", bytes);
        } catch (ObjectExists e) {
            // Put by another.
        }
    }
}
