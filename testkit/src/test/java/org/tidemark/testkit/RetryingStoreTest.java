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
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.core.IoAction;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Teller;
import org.tidemark.store.ByteRange;
import org.tidemark.store.DelegatingStore;
import org.tidemark.store.ElapsedTime;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.RetryLimits;
import org.tidemark.store.RetryingStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.Fault.Lasting;
import org.tidemark.testkit.Fault.Moment;

class RetryingStoreTest {
    private static final byte[] DATA = randomBytes(new Random(7), 3_000_000);
    private static final RetryLimits LIMITS =
            new RetryLimits(5, Duration.ofMinutes(1), Duration.ofMillis(100), Duration.ofMillis(400));

    private final MemoryStore memory = new MemoryStore(Clock.systemUTC());
    private final FakeTime time = new FakeTime();

    private RetryingStore retrying(ObjectStore store) {
        return new RetryingStore(store, LIMITS, time, Rounds.random());
    }

    private FaultyStore failing(int at, Moment moment, Lasting lasting) {
        return new FaultyStore(memory, new Fault(at, moment, lasting));
    }

    @ParameterizedTest
    @EnumSource
    void aPutThatFailsOnceSucceedsInTheEnd(Moment moment) throws IOException {
        put(retrying(failing(1, moment, Lasting.ONCE)), "a", DATA);

        assertThat(read(memory, "a")).isEqualTo(DATA);
    }

    @ParameterizedTest
    @EnumSource
    void aReadThatBreaksOffGoesOnWhereItBroke(Moment moment) throws IOException {
        put(memory, "a", DATA);

        assertThat(read(retrying(failing(1, moment, Lasting.ONCE)), "a")).isEqualTo(DATA);
        assertThat(read(retrying(failing(1, moment, Lasting.ONCE)), "a", new ByteRange(1000, 2_000_000)))
                .isEqualTo(Arrays.copyOfRange(DATA, 1000, 2_001_000));
        assertThat(read(retrying(failing(1, moment, Lasting.ONCE)), "a", new ByteRange(2_999_999, ByteRange.TO_END)))
                .isEqualTo(Arrays.copyOfRange(DATA, 2_999_999, 3_000_000));
    }

    @Test
    void everyOtherOperationIsTriedAgain() throws IOException {
        put(memory, "a", DATA);

        assertThat(retrying(failing(1, Moment.BEFORE, Lasting.ONCE)).stat(key("a")))
                .isPresent();
        assertThat(StoreAccess.keys(retrying(failing(1, Moment.BEFORE, Lasting.ONCE)), ""))
                .containsExactly("a");
        retrying(failing(1, Moment.AFTER, Lasting.ONCE)).delete(List.of(key("a")));
        assertThat(memory.stat(key("a"))).isEmpty();
    }

    @Test
    void anObjectOfAnotherAfterAnUnclearFailureIsNotOurs() throws IOException {
        put(memory, "a", new byte[] {1});

        assertThatThrownBy(() -> put(retrying(failing(1, Moment.BEFORE, Lasting.ONCE)), "a", DATA))
                .isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(retrying(failing(1, Moment.BEFORE, Lasting.ONCE)), "a", new byte[] {1, 2}))
                .isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(retrying(failing(1, Moment.BEFORE, Lasting.ONCE)), "a", new byte[0]))
                .isInstanceOf(ObjectExists.class);
        assertThat(read(memory, "a")).containsExactly(1);
    }

    @Test
    void anObjectThatExistedBeforeAnythingFailedIsNotCompared() throws IOException {
        put(memory, "a", DATA);

        assertThatThrownBy(() -> put(retrying(memory), "a", DATA)).isInstanceOf(ObjectExists.class);
    }

    @Test
    void whatCannotBeComparedIsNeitherOursNorForeign() {
        ObjectStore unreadable = new DelegatingStore(failing(1, Moment.AFTER, Lasting.ONCE)) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                throw new StorageUnavailable("not readable", null);
            }
        };

        assertThatThrownBy(() -> put(retrying(unreadable), "a", DATA)).isInstanceOf(StorageUnavailable.class);
    }

    /** Another writer's object, which that one withdraws, or an expiry deletes, while it is compared. */
    @Test
    void whatIsDeletedWhileItIsComparedIsStored() throws IOException {
        put(memory, "a", new byte[] {1});
        ObjectStore deleting = new DelegatingStore(failing(1, Moment.BEFORE, Lasting.ONCE)) {
            @Override
            public InputStream open(ObjectKey key, ByteRange range) throws StorageException {
                memory.delete(List.of(key));
                return super.open(key, range);
            }
        };

        put(retrying(deleting), "a", DATA);

        assertThat(read(memory, "a")).isEqualTo(DATA);
    }

    @Test
    void triesEndAfterTheirNumberWithGrowingPauses() {
        FaultyStore faulty = failing(1, Moment.BEFORE, Lasting.FROM_THEN_ON);

        assertThatThrownBy(() -> retrying(faulty).stat(key("a"))).isInstanceOf(StorageUnavailable.class);

        assertThat(faulty.operations()).isEqualTo(5);
        assertThat(time.pauses()).hasSize(4);
        long[] most = {100, 200, 400, 400};
        for (int i = 0; i < most.length; i++) {
            assertThat(time.pauses().get(i).toMillis()).isBetween(most[i] / 2, most[i]);
        }
    }

    @Test
    void triesEndWhenTheirTimeIsOver() {
        FaultyStore faulty = failing(1, Moment.BEFORE, Lasting.FROM_THEN_ON);
        RetryLimits limits = new RetryLimits(1000, Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(1));

        assertThatThrownBy(() -> new RetryingStore(faulty, limits, time, Rounds.random()).stat(key("a")))
                .isInstanceOf(StorageUnavailable.class);

        assertThat(faulty.operations()).isBetween(3, 7);
        assertThat(Duration.ofNanos(time.nanos())).isLessThanOrEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void whatTheStoreRefusedIsNotTriedAgain() {
        ObjectStore refusing = new DelegatingStore(memory) {
            @Override
            public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                throw new StorageDenied("no", null);
            }
        };

        assertThatThrownBy(() -> retrying(refusing).stat(key("a"))).isInstanceOf(StorageDenied.class);
        assertThat(time.pauses()).isEmpty();
    }

    @Test
    void anInterruptedThreadDoesNotTryAgain() {
        FaultyStore faulty = failing(1, Moment.BEFORE, Lasting.FROM_THEN_ON);

        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> retrying(faulty).stat(key("a"))).isInstanceOf(StorageUnavailable.class);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(faulty.operations()).isEqualTo(1);
    }

    @Test
    void aStreamThatWasGivenUpNeverLooksLikeAnEnd() throws IOException {
        put(memory, "a", DATA);
        try (InputStream stream =
                retrying(failing(1, Moment.HALF_WAY, Lasting.FROM_THEN_ON)).open(key("a"), ByteRange.ALL)) {
            assertThatThrownBy(stream::readAllBytes).isInstanceOf(StorageUnavailable.class);
            assertThatThrownBy(stream::read).isInstanceOf(StorageUnavailable.class);
            assertThatThrownBy(() -> stream.read(new byte[10])).isInstanceOf(StorageUnavailable.class);
        }
    }

    private static final Duration TOLD = Duration.ofSeconds(1);

    /** Reads what it stores in pieces, with pauses; together they are longer than {@link #TOLD}. */
    private ObjectStore slow(int pieceBytes) {
        return new DelegatingStore(memory) {
            @Override
            public void putIfAbsent(ObjectKey key, ObjectSource source) throws StorageException {
                try (InputStream bytes = source.open()) {
                    for (int piece = 0; piece < 40; piece++) {
                        bytes.readNBytes(pieceBytes);
                        Thread.sleep(50);
                    }
                } catch (IOException | InterruptedException e) {
                    throw new StorageUnavailable("interrupted", e);
                }
                super.putIfAbsent(key, source);
            }
        };
    }

    private List<String> told(IoAction action) throws IOException {
        List<String> told = new CopyOnWriteArrayList<>();
        try (Teller _ = LongWaits.tell(TOLD, told::add)) {
            action.run();
        }
        return told;
    }

    @Test
    void anUploadThatTricklesIsToldAndOneThatGoesOnIsNot() throws IOException {
        assertThat(told(() -> put(retrying(slow(1)), "a", DATA))).containsExactly(memory.description());
        assertThat(told(() -> put(retrying(slow(5_000)), "b", DATA))).isEmpty();
    }

    @Test
    void thePausesBetweenAttemptsAreAWait() throws IOException {
        ObjectStore refusing = new DelegatingStore(memory) {
            @Override
            public Optional<ObjectInfo> stat(ObjectKey key) throws StorageException {
                throw new StorageUnavailable("not now", null);
            }
        };
        RetryLimits patient = new RetryLimits(5, Duration.ofMinutes(1), Duration.ofSeconds(1), Duration.ofSeconds(1));
        RetryingStore store = new RetryingStore(refusing, patient, ElapsedTime.SYSTEM, Rounds.random());

        assertThat(told(() -> assertThatThrownBy(() -> store.stat(key("a"))).hasMessage("not now")))
                .containsExactly(memory.description());
    }
}
