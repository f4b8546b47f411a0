// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;

final class ObjectStreamTest {
    private static final byte[] TEN = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

    private static final StoreErrors ERRORS = new StoreErrors("demo://store") {
        @Override
        protected Failure classify(Operation operation, Throwable error) {
            return Failure.denied(describe(error));
        }
    };

    /** An answer of a server. */
    private static final class Answer extends ObjectStream {
        private final InputStream bytes;
        private boolean whole = true;
        private Optional<Boolean> released = Optional.empty();

        Answer(InputStream bytes, long announced, Duration limit) {
            super(ERRORS, new ObjectKey("main/a"), announced, Optional.of("tag"), limit);
            this.bytes = bytes;
        }

        static Answer of(byte[] bytes, long announced) {
            return new Answer(new ByteArrayInputStream(bytes), announced, NO_LIMIT);
        }

        static Answer of(InputStream bytes) {
            return new Answer(bytes, TEN.length, NO_LIMIT);
        }

        @Override
        protected int next(byte[] into, int offset, int length) throws IOException {
            return bytes.read(into, offset, length);
        }

        @Override
        protected void checkWhole() throws IOException {
            if (!whole) {
                throw new IOException("checksum");
            }
        }

        @Override
        protected void release(boolean complete) {
            assertThat(released).as("released before").isEmpty();
            released = Optional.of(complete);
        }
    }

    @Test
    void givesAsManyBytesAsWereAnnounced() throws IOException {
        try (Answer answer = Answer.of(TEN, 10)) {
            assertThat(answer.contentTag()).contains("tag");
            assertThat(answer.read()).isZero();
            assertThat(answer.readAllBytes()).isEqualTo(Arrays.copyOfRange(TEN, 1, 10));
            assertThat(answer.read()).isNegative();
        }
        try (Answer longer = Answer.of(TEN, 7)) {
            assertThat(longer.readAllBytes()).isEqualTo(Arrays.copyOf(TEN, 7));
        }
        try (Answer nothing = Answer.of(TEN, 0)) {
            assertThat(nothing.read(new byte[0])).isZero();
            assertThat(nothing.readAllBytes()).isEmpty();
        }
    }

    @Test
    void anEarlyEndIsAnErrorEachTimeItIsReadAgain() throws IOException {
        try (Answer answer = Answer.of(TEN, 11)) {
            assertThat(answer.readNBytes(10)).isEqualTo(TEN);
            for (int i = 0; i < 3; i++) {
                assertThatThrownBy(answer::read)
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessage("could not read 'main/a' in demo://store: the bytes end after 10 of 11 bytes");
            }
        }
    }

    /** A stream of a library may go on with its end, or with other bytes, after an error. */
    @Test
    void anErrorIsFinalWhateverWouldFollowIt() throws IOException {
        Answer answer = Answer.of(new InputStream() {
            private boolean failed;

            @Override
            public int read() throws IOException {
                if (!failed) {
                    failed = true;
                    throw new IOException("reset");
                }
                return 1;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                into[offset] = (byte) read();
                return 1;
            }
        });
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(answer::readAllBytes)
                    .isInstanceOf(StorageDenied.class)
                    .hasMessage("could not read 'main/a' in demo://store: IOException: reset");
        }
        answer.close();
        answer.close();
        assertThat(answer.released).contains(false);
    }

    @Test
    void theLastByteIsGivenOnlyIfTheWholeIsRight() {
        Answer answer = Answer.of(TEN, 10);
        answer.whole = false;

        assertThatThrownBy(answer::readAllBytes).hasMessageContaining("checksum");
        assertThatThrownBy(answer::read).hasMessageContaining("checksum");
    }

    @Test
    void onlyTheTimeThatIsWaitedCounts() throws Exception {
        Duration step = Duration.ofMillis(40);
        InputStream slow = new InputStream() {
            private int next;

            @Override
            public int read() throws IOException {
                try {
                    Thread.sleep(step);
                } catch (InterruptedException e) {
                    throw new IOException(e);
                }
                return next++;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                into[offset] = (byte) read();
                return 1;
            }
        };
        try (Answer tooSlow = new Answer(slow, TEN.length, step.multipliedBy(3))) {
            assertThatThrownBy(tooSlow::readAllBytes)
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("of 10 bytes came within 'request-timeout', 120 ms");
        }
        // The ten bytes come at once, but a busy machine may stop in the middle.
        Duration limit = Duration.ofSeconds(1);
        try (Answer readSlowly = new Answer(new ByteArrayInputStream(TEN), TEN.length, limit)) {
            assertThat(readSlowly.read()).isZero();
            Thread.sleep(limit.plusMillis(100));
            assertThat(readSlowly.readAllBytes()).hasSize(9);
        }
    }

    @Test
    void anInterruptIsAnErrorAndKeepsTheFlag() throws IOException {
        try (Answer answer = Answer.of(TEN, 10)) {
            Thread.currentThread().interrupt();
            assertThatThrownBy(answer::read)
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessage("could not read 'main/a' in demo://store: interrupted");
            assertThat(Thread.interrupted()).isTrue();
            assertThatThrownBy(answer::read).isInstanceOf(StorageUnavailable.class);
        }
    }

    @Test
    void aClosedStreamHasReleasedItsConnectionWholeOrBroken() throws IOException {
        Answer whole = Answer.of(TEN, 10);
        assertThat(whole.readNBytes(10)).isEqualTo(TEN);
        whole.close();
        assertThat(whole.released).contains(true);

        Answer part = Answer.of(TEN, 10);
        assertThat(part.readNBytes(9)).hasSize(9);
        part.close();
        assertThat(part.released).contains(false);
        assertThatThrownBy(part::read).isInstanceOf(StorageUnavailable.class).hasMessageContaining("closed");
    }

    /** Gives a byte every 20 ms. */
    private static final class Trickle extends ObjectStream {
        private final int each;

        Trickle(int each) {
            super(
                    ERRORS,
                    new ObjectKey("main/a"),
                    1000,
                    Optional.empty(),
                    NO_LIMIT,
                    new Pace(Duration.ofMillis(100), 50));
            this.each = each;
        }

        @Override
        protected int next(byte[] into, int offset, int length) throws InterruptedException {
            Thread.sleep(20);
            return Math.min(each, length);
        }

        @Override
        protected void release(boolean complete) {}
    }

    @Test
    void aServerThatSendsAByteNowAndThenIsLeft() throws IOException {
        try (Trickle trickle = new Trickle(1)) {
            assertThatThrownBy(trickle::readAllBytes)
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("it comes too slowly: ");
        }
        try (Trickle slow = new Trickle(60)) {
            assertThat(slow.readAllBytes()).hasSize(1000);
        }
    }
}
