// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WorkersTest {
    @Test
    void everythingIsDoneBeforeTheWaitEnds() throws Exception {
        AtomicInteger done = new AtomicInteger();
        try (Workers workers = new Workers("test", 3)) {
            for (int i = 0; i < 100; i++) {
                workers.submit(done::incrementAndGet);
            }
            workers.await();

            assertThat(done).hasValue(100);
        }
    }

    @Test
    void whoHandsOverMoreThanTwoForEachThreadWaits() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        AtomicInteger handedOver = new AtomicInteger();
        try (Workers workers = new Workers("test", 2)) {
            Thread giver = Thread.ofPlatform().start(() -> {
                try {
                    for (int i = 0; i < 10; i++) {
                        workers.submit(() -> waitFor(end));
                        handedOver.incrementAndGet();
                    }
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().until(() -> giver.getState() == Thread.State.WAITING);
            assertThat(handedOver).hasValue(6);

            end.countDown();
            giver.join();
            assertThat(handedOver).hasValue(10);
        }
    }

    @Test
    void theFirstFailureIsThrownAndNothingMoreIsBegun() throws Exception {
        CountDownLatch begin = new CountDownLatch(1);
        AtomicBoolean begun = new AtomicBoolean();
        try (Workers workers = new Workers("test", 1)) {
            workers.submit(() -> {
                waitFor(begin);
                throw new IOException("it broke");
            });
            workers.submit(() -> begun.set(true));
            begin.countDown();

            assertThatThrownBy(workers::await).isInstanceOf(IOException.class).hasMessage("it broke");
            assertThatThrownBy(() -> workers.submit(() -> begun.set(true))).hasMessage("it broke");
        }
        assertThat(begun).isFalse();
    }

    @Test
    void whatIsUnderWayAtTheCloseIsInterruptedAndEnds() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        AtomicBoolean interrupted = new AtomicBoolean();
        CountDownLatch begun = new CountDownLatch(1);
        try (Workers workers = new Workers("test", 1)) {
            workers.submit(() -> {
                begun.countDown();
                try {
                    never.await();
                } catch (InterruptedException e) {
                    interrupted.set(true);
                }
            });
            begun.await();
        }

        assertThat(interrupted).isTrue();
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
