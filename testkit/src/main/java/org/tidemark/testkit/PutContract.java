// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The part of {@link ObjectStoreContract} about {@link ObjectStore#putIfAbsent}. */
interface PutContract {
    ObjectStore store();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 4095, 4096, 65_537, 5 * 1024 * 1024 + 7})
    default void anObjectReadsBackAsItWasPut(int size) throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), size);

        put(store(), "main/wal/object", bytes);

        assertThat(read(store(), "main/wal/object")).isEqualTo(bytes);
        assertThat(store().stat(key("main/wal/object")).map(ObjectInfo::sizeBytes))
                .contains((long) size);
        assertThat(keys(store(), "")).containsExactly("main/wal/object");
    }

    @Test
    default void puttingOverAnExistingObjectFailsAndLeavesItUntouched() throws IOException {
        byte[] first = randomBytes(Rounds.random(), 10_000);
        put(store(), "main/object", first);
        ObjectInfo before = store().stat(key("main/object")).orElseThrow();

        assertThatThrownBy(() -> put(store(), "main/object", new byte[20_000])).isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(store(), "main/object", new byte[0])).isInstanceOf(ObjectExists.class);
        assertThatThrownBy(() -> put(store(), "main/object", first)).isInstanceOf(ObjectExists.class);

        assertThat(read(store(), "main/object")).isEqualTo(first);
        assertThat(store().stat(key("main/object"))).contains(before);
        assertThat(keys(store(), "")).containsExactly("main/object");
    }

    @Test
    default void ofSeveralWritersOfOneKeyExactlyOneWinsAndEveryOtherKnows() throws Exception {
        int rounds = Rounds.of(5, 200);
        for (int round = 0; round < rounds; round++) {
            WriterRace.run(store(), key("race/" + round), round % 2 == 0 ? 100 : 300_000);
        }
    }

    @Test
    default void whileAnObjectIsBeingPutNothingOfItCanBeSeen() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 2_000_000);

        store().putIfAbsent(key("main/slow"), BadSource.pausingHalfWay(bytes, () -> assertNothingAt("main/slow")));

        assertThat(read(store(), "main/slow")).isEqualTo(bytes);
    }

    @Test
    default void aSourceThatFailsHalfWayLeavesNothing() throws IOException {
        assertRefused(BadSource.failingAfter(new byte[150_000], 300_000));
    }

    @Test
    default void aSourceThatIsTooShortLeavesNothing() throws IOException {
        assertRefused(BadSource.ofWrongSize(1_000, new byte[999]));
    }

    @Test
    default void aSourceThatIsTooLongLeavesNothing() throws IOException {
        assertRefused(BadSource.ofWrongSize(1_000, new byte[1_001]));
    }

    @Test
    default void anInterruptedWriterKeepsItsFlagAndLeavesAllOrNothing() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 500_000);
        boolean stored;
        Thread.currentThread().interrupt();
        try {
            put(store(), "main/interrupted", bytes);
            stored = true;
        } catch (StorageUnavailable e) {
            stored = false;
        }

        assertThat(Thread.interrupted()).as("interrupt flag").isTrue();
        if (stored || store().stat(key("main/interrupted")).isPresent()) {
            assertThat(read(store(), "main/interrupted")).isEqualTo(bytes);
        } else {
            assertNothingAt("main/interrupted");
        }
    }

    private void assertRefused(ObjectSource source) throws IOException {
        assertThatThrownBy(() -> store().putIfAbsent(key("main/bad"), source))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("main/bad");

        assertNothingAt("main/bad");
        put(store(), "main/bad", new byte[] {1, 2, 3});
        assertThat(read(store(), "main/bad")).containsExactly(1, 2, 3);
    }

    private void assertNothingAt(String key) throws StorageException {
        assertThat(store().stat(key(key))).isEmpty();
        assertThat(keys(store(), "")).isEmpty();
        assertThatThrownBy(() -> store().open(key(key), ByteRange.ALL)).isInstanceOf(ObjectMissing.class);
    }
}
