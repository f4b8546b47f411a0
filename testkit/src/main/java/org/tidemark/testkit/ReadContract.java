// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ByteRange;
import org.tidemark.store.ContentTagged;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StorageException.StorageUnavailable;

/** The part of {@link ObjectStoreContract} about {@link ObjectStore#open}, {@link ObjectStore#stat} and messages. */
interface ReadContract {
    ObjectStore store();

    Clock storeClock();

    List<String> secrets();

    /** Whether the store's streams are {@link ContentTagged}. */
    default boolean knowsContent() {
        return false;
    }

    @Test
    default void anyRangeGivesItsBytesAndNoMoreThanThereAre() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 200_000);
        put(store(), "main/object", bytes);

        for (long offset : new long[] {0, 1, 65_535, 65_536, 199_999, 200_000, 200_001, 5_000_000_000L}) {
            for (long length : new long[] {1, 2, 65_536, 100_000, 199_999, 200_000, 5_000_000_000L, ByteRange.TO_END}) {
                assertRange(bytes, new ByteRange(offset, length));
            }
        }
        Random random = Rounds.random();
        int rounds = Rounds.of(50, 2_000);
        for (int round = 0; round < rounds; round++) {
            assertRange(bytes, new ByteRange(random.nextInt(210_000), 1L + random.nextInt(210_000)));
        }
    }

    /** What goes on with a range after a break must know an object that was put in the place of another. */
    @Test
    default void theContentThatIsReadIsKnownAgain() throws IOException {
        put(store(), "main/object", randomBytes(Rounds.random(), 50_000));
        Optional<String> first = content(ByteRange.ALL);
        assertThat(first.isPresent()).isEqualTo(knowsContent());
        assertThat(content(new ByteRange(40_000, ByteRange.TO_END))).isEqualTo(first);

        store().delete(List.of(key("main/object")));
        put(store(), "main/object", randomBytes(Rounds.random(), 50_001));

        assertThat(content(new ByteRange(40_000, 100)))
                .satisfies(second -> assertThat(second.equals(first)).isEqualTo(!knowsContent()));
    }

    private Optional<String> content(ByteRange range) throws IOException {
        try (InputStream stream = store().open(key("main/object"), range)) {
            Optional<String> content = ContentTagged.of(stream);
            stream.readAllBytes();
            return content;
        }
    }

    private void assertRange(byte[] bytes, ByteRange range) throws IOException {
        int from = (int) Math.min(range.offset(), bytes.length);
        int to = range.length() == ByteRange.TO_END
                ? bytes.length
                : (int) Math.min(range.offset() + range.length(), bytes.length);

        assertThat(read(store(), "main/object", range))
                .as("%s", range)
                .isEqualTo(Arrays.copyOfRange(bytes, from, Math.max(from, to)));
    }

    @Test
    default void anyRangeOfAnEmptyObjectIsEmpty() throws IOException {
        put(store(), "empty", new byte[0]);

        assertThat(read(store(), "empty")).isEmpty();
        assertThat(read(store(), "empty", new ByteRange(0, 1))).isEmpty();
        assertThat(read(store(), "empty", new ByteRange(7, ByteRange.TO_END))).isEmpty();
    }

    @Test
    default void whatIsNotThereIsMissing() throws IOException {
        put(store(), "main/here", new byte[1]);

        for (String absent : List.of("main/her", "main/here2", "main", "nowhere", "no/where/at/all")) {
            assertThatThrownBy(() -> store().open(key(absent), ByteRange.ALL))
                    .as(absent)
                    .isInstanceOf(ObjectMissing.class);
            assertThatThrownBy(() -> store().open(key(absent), new ByteRange(5, 10)))
                    .as(absent)
                    .isInstanceOf(ObjectMissing.class);
            assertThat(store().stat(key(absent))).as(absent).isEmpty();
        }
    }

    @Test
    default void whatIsStoredIsKnownByItsSizeAndTheTimeByTheStoresClock() throws IOException {
        put(store(), "main/object", new byte[123]);

        ObjectInfo info = store().stat(key("main/object")).orElseThrow();
        assertThat(info.key()).isEqualTo(key("main/object"));
        assertThat(info.sizeBytes()).isEqualTo(123);
        assertThat(info.stored()).isCloseTo(storeClock().instant(), within(5, ChronoUnit.MINUTES));
    }

    @Test
    default void aStreamThatIsClosedEarlyDisturbsNobody() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 1_000_000);
        put(store(), "main/object", bytes);

        for (int i = 0; i < 20; i++) {
            try (InputStream stream = store().open(key("main/object"), ByteRange.ALL)) {
                assertThat(stream.read()).isEqualTo(bytes[0] & 0xFF);
            }
        }

        assertThat(read(store(), "main/object")).isEqualTo(bytes);
    }

    @Test
    default void severalStreamsAtOnceDoNotMixTheirBytes() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 100_000);
        put(store(), "main/object", bytes);

        try (InputStream all = store().open(key("main/object"), ByteRange.ALL);
                InputStream tail = store().open(key("main/object"), new ByteRange(50_000, ByteRange.TO_END))) {
            assertThat(all.readNBytes(50_000)).isEqualTo(Arrays.copyOf(bytes, 50_000));
            assertThat(tail.readNBytes(20_000)).isEqualTo(Arrays.copyOfRange(bytes, 50_000, 70_000));
            assertThat(all.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 50_000, 100_000));
            assertThat(tail.readAllBytes()).isEqualTo(Arrays.copyOfRange(bytes, 70_000, 100_000));
        }
    }

    @Test
    default void anInterruptedReaderKeepsItsFlagAndGetsAllOrAnError() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 500_000);
        put(store(), "main/object", bytes);

        Thread.currentThread().interrupt();
        try {
            assertThat(read(store(), "main/object")).isEqualTo(bytes);
        } catch (StorageUnavailable e) {
            assertThat(e).hasMessageContaining("main/object");
        }

        assertThat(Thread.interrupted()).as("interrupt flag").isTrue();
    }

    @Test
    default void messagesNameTheKeyAndTheStoreAndNoSecret() throws IOException {
        put(store(), "main/object", new byte[1]);

        assertThat(store().description()).isNotBlank().satisfies(this::holdsNoSecret);
        assertThatThrownBy(() -> put(store(), "main/object", new byte[1]))
                .isInstanceOf(ObjectExists.class)
                .message()
                .satisfies(message -> namesObjectAndStore(message, "main/object"))
                .satisfies(this::holdsNoSecret);
        assertThatThrownBy(() -> read(store(), "main/other"))
                .isInstanceOf(ObjectMissing.class)
                .message()
                .satisfies(message -> namesObjectAndStore(message, "main/other"))
                .satisfies(this::holdsNoSecret);
    }

    /** A message has the key and the store; with the key, or with the store, is the prefix of all keys. */
    private void namesObjectAndStore(String message, String key) {
        String place = store().description() + "/" + key;
        assertThat(IntStream.range(0, place.length() - key.length()).filter(i -> place.charAt(i) == '/'))
                .as(message)
                .anyMatch(i -> message.contains(place.substring(0, i))
                        && message.contains("'" + place.substring(i + 1) + "'"));
    }

    private void holdsNoSecret(String text) {
        for (String secret : secrets()) {
            assertThat(text).doesNotContain(secret);
        }
    }
}
