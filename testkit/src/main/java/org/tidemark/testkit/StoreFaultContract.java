// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.NetworkFault.Ending;

/**
 * What every store on a network keeps when the network fails: nothing waits beyond its limits, nothing that was
 * acknowledged is missing, no part of an object can be seen, and once the network is back, so is the store.
 */
public abstract class StoreFaultContract {
    /** Short, so that a test can see them pass. */
    private static final TimeLimits LIMITS =
            new TimeLimits(Duration.ofSeconds(2), Duration.ofSeconds(2), Duration.ofSeconds(6));

    /** Of an operation that is to succeed after one that hung: two seconds are not enough for every login. */
    private static final TimeLimits PATIENT =
            new TimeLimits(Duration.ofSeconds(10), Duration.ofSeconds(4), Duration.ofSeconds(30));

    /** For one operation: its limits, one after the other, and a slow machine. */
    private static final Duration ENOUGH = Duration.ofSeconds(30);

    /** For one that is repeated until it succeeds. */
    private static final Duration ENOUGH_FOR_SEVERAL = Duration.ofMinutes(2);

    private static final RetryLimits RETRIES =
            new RetryLimits(6, Duration.ofSeconds(60), Duration.ofMillis(50), Duration.ofMillis(500));
    private static final int OBJECT_BYTES = 300_000;

    private @Nullable FaultProxy proxy;
    private @Nullable ObjectStore direct;

    /** The port that the server listens on. */
    protected abstract int serverPort();

    /** Empties the place of {@link #storeAt}. */
    protected abstract void newPlace() throws Exception;

    /**
     * The store at that place, bare, reached by a port of the loopback interface: the server's, or a proxy's before it.
     */
    protected abstract ObjectStore storeAt(int port, TimeLimits limits) throws Exception;

    /** Whether the store speaks HTTP without encryption, so that an answer can be made up. */
    protected abstract boolean speaksHttp();

    @BeforeEach
    final void stand() throws Exception {
        newPlace();
        proxy = FaultProxy.to(serverPort());
        // It only looks at what became of things: a server that drops a connection now and then does not disturb it.
        direct = retrying(storeAt(serverPort(), TimeLimits.DEFAULTS));
    }

    @AfterEach
    final void clear() {
        if (direct != null) {
            direct.close();
        }
        if (proxy != null) {
            proxy.close();
        }
    }

    @Test
    void aServerThatNeverAnswersIsGivenUp() throws Exception {
        put(direct(), "main/there", new byte[1000]);
        proxy().set(NetworkFault.cutDownAfter(0, Ending.SILENCE));

        for (Operation operation : operations()) {
            try (ObjectStore store = throughProxy()) {
                assertTimeout(
                        ENOUGH,
                        () -> assertThatThrownBy(() -> operation.on(store))
                                .as(operation.name())
                                .isInstanceOf(StorageUnavailable.class));
            }
        }
        // The request itself got through: what nobody acknowledged may be there, but only whole.
        assertWholeOrAbsent("main/other", new byte[1000], false);
    }

    @Test
    void aServerThatIsNotThereIsUnavailable() throws Exception {
        int nobody = FreePort.next();
        for (Operation operation : operations()) {
            try (ObjectStore store = storeAt(nobody, LIMITS)) {
                assertTimeout(
                        ENOUGH,
                        () -> assertThatThrownBy(() -> operation.on(store))
                                .as(operation.name())
                                .isInstanceOf(StorageUnavailable.class));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Ending.class)
    void anUploadThatIsCutOffLeavesAllOrNothingAndCanBeRepeated(Ending ending) throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(2, 20);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = randomBytes(random, OBJECT_BYTES);
            String name = "main/up-" + round;
            proxy().set(NetworkFault.cutUpAfter(1 + random.nextInt(OBJECT_BYTES), ending));
            boolean acknowledged = assertTimeout(ENOUGH, () -> tryPut(name, bytes));

            assertWholeOrAbsent(name, bytes, acknowledged);
            proxy().heal();
            try (ObjectStore store = retrying(storeAt(proxy().port(), TimeLimits.DEFAULTS))) {
                putAgain(store, name, bytes);
            }
            assertThat(read(direct(), name)).as(name).isEqualTo(bytes);
        }
    }

    @Test
    void anAnswerThatGetsLostLeavesAllOrNothing() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(3, 20);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = randomBytes(random, 5_000);
            String name = "main/lost-" + round;
            proxy().set(NetworkFault.cutDownAfter(random.nextInt(40), Ending.RESET));
            boolean acknowledged = assertTimeout(ENOUGH, () -> tryPut(name, bytes));

            assertWholeOrAbsent(name, bytes, acknowledged);
        }
    }

    @ParameterizedTest
    @EnumSource(Ending.class)
    void aDownloadThatIsCutOffIsNeverTakenForTheEnd(Ending ending) throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), OBJECT_BYTES);
        put(direct(), "main/down", bytes);
        proxy().set(NetworkFault.cutDownAfter(OBJECT_BYTES / 2, ending));

        try (ObjectStore store = throughProxy()) {
            assertTimeout(
                    ENOUGH,
                    () -> assertThatThrownBy(() -> read(store, "main/down")).isInstanceOf(StorageUnavailable.class));
        }
        proxy().set(NetworkFault.cutDownAfter(OBJECT_BYTES / 2, ending), 1);
        try (ObjectStore store = retrying(storeAt(proxy().port(), PATIENT))) {
            assertThat(assertTimeout(ENOUGH_FOR_SEVERAL, () -> read(store, "main/down")))
                    .isEqualTo(bytes);
        }
    }

    @Test
    void aSlowNetworkIsNoFault() throws Exception {
        byte[] bytes = randomBytes(Rounds.random(), 50_000);
        proxy().set(NetworkFault.delay(Duration.ofMillis(20)));

        // With the limits that users have: two seconds are not enough for a login on a machine with other work.
        try (ObjectStore store = storeAt(proxy().port(), TimeLimits.DEFAULTS)) {
            put(store, "main/slow", bytes);
            assertThat(read(store, "main/slow")).isEqualTo(bytes);
        }
    }

    /** None where the store does not speak HTTP. */
    @TestFactory
    Stream<DynamicTest> anAnswerThatMeansLaterIsTriedAgain() {
        return (speaksHttp() ? Stream.of(408, 429, 500, 503) : Stream.<Integer>empty())
                .map(status -> DynamicTest.dynamicTest("status " + status, () -> isTriedAgainAfter(status)));
    }

    private void isTriedAgainAfter(int status) throws Exception {
        // Another proxy each time: clients keep connections, and one that stands has no fault.
        clear();
        stand();
        byte[] bytes = randomBytes(Rounds.random(), 10_000);
        proxy().set(NetworkFault.httpStatus(status));
        for (Operation operation : operations()) {
            try (ObjectStore store = throughProxy()) {
                assertThatThrownBy(() -> operation.on(store))
                        .as(operation.name())
                        .isInstanceOf(StorageUnavailable.class);
            }
        }

        proxy().set(NetworkFault.httpStatus(status), 2);
        try (ObjectStore store = retrying(storeAt(proxy().port(), TimeLimits.DEFAULTS))) {
            put(store, "main/later-" + status, bytes);
            assertThat(read(store, "main/later-" + status)).isEqualTo(bytes);
        }
    }

    @Test
    void aByteThatIsChangedOnItsWayIsNeverAcknowledged() throws Exception {
        Random random = Rounds.random();
        int rounds = Rounds.of(3, 50);
        for (int round = 0; round < rounds; round++) {
            byte[] bytes = randomBytes(random, OBJECT_BYTES);
            String name = "main/spoiled-" + round;
            proxy().set(NetworkFault.spoilUpAt(20_000L + random.nextInt(OBJECT_BYTES - 40_000)));
            boolean acknowledged = assertTimeout(ENOUGH, () -> tryPut(name, bytes));

            assertWholeOrAbsent(name, bytes, acknowledged);
        }
    }

    /** Whether it was told that the object is stored. */
    private boolean tryPut(String name, byte[] bytes) throws Exception {
        try (ObjectStore store = throughProxy()) {
            put(store, name, bytes);
            return true;
        } catch (StorageUnavailable e) {
            return false;
        }
    }

    private static void putAgain(ObjectStore store, String name, byte[] bytes) throws StorageException {
        try {
            put(store, name, bytes);
        } catch (ObjectExists e) {
            // The first try took effect; that its bytes are right is asserted by the caller.
        }
    }

    private void assertWholeOrAbsent(String name, byte[] bytes, boolean acknowledged) throws IOException {
        boolean listed = keys(direct(), "main/").contains(name);
        boolean present = direct().stat(key(name)).isPresent();
        if (acknowledged || present || listed) {
            assertThat(read(direct(), name)).as(name).isEqualTo(bytes);
        }
    }

    private ObjectStore throughProxy() throws Exception {
        return storeAt(proxy().port(), LIMITS);
    }

    private static ObjectStore retrying(ObjectStore store) {
        return new RetryingStore(store, RETRIES, ElapsedTime.SYSTEM, Rounds.random());
    }

    private FaultProxy proxy() {
        return Objects.requireNonNull(proxy, "made before each test");
    }

    private ObjectStore direct() {
        return Objects.requireNonNull(direct, "made before each test");
    }

    private static List<Operation> operations() {
        return List.of(
                new Operation("put", store -> put(store, "main/other", new byte[1000])),
                new Operation("open", store -> read(store, "main/there")),
                new Operation("stat", store -> store.stat(key("main/there"))),
                new Operation("list", store -> store.list("", Optional.empty(), 10)),
                new Operation("delete", store -> store.delete(List.of(key("main/there")))));
    }

    private interface Action {
        void on(ObjectStore store) throws IOException;
    }

    private record Operation(String name, Action action) {
        void on(ObjectStore store) throws IOException {
            action.on(store);
        }
    }
}
