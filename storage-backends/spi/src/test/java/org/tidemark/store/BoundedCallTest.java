// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.StorageException.StorageUnavailable;

@Timeout(30)
final class BoundedCallTest {
    private static final Duration LONG = Duration.ofSeconds(20);
    private static final Duration SHORT = Duration.ofMillis(300);

    private final CountDownLatch never = new CountDownLatch(1);
    private final CountDownLatch ended = new CountDownLatch(1);

    /** A request that waits until it is interrupted. */
    private String hang() throws InterruptedException {
        try {
            never.await();
            return "an answer";
        } finally {
            ended.countDown();
        }
    }

    private static BoundedCall limited(Duration read, Duration request) {
        return new BoundedCall(new TimeLimits(LONG, read, request));
    }

    @Test
    void anAnswerAndAnErrorComeAsTheyAre() throws Exception {
        IOException broken = new IOException("reset");

        assertThat(limited(LONG, LONG).<String>run(() -> "an answer")).isEqualTo("an answer");
        assertThatThrownBy(() -> limited(LONG, LONG).run(() -> {
                    throw broken;
                }))
                .isSameAs(broken);
    }

    /** At the end of a process the JVM waits for the thread that waits for the sockets of all virtual threads. */
    @Test
    void onlyAProcessThatEndsSoonDoesWithoutVirtualThreads() throws Exception {
        BoundedCall calls = limited(LONG, LONG);

        assertThat(calls.run(Thread::currentThread).isVirtual()).isTrue();
        BoundedCall.processEndsSoon(true);
        try {
            assertThat(calls.run(Thread::currentThread))
                    .matches(thread -> !thread.isVirtual() && thread.isDaemon(), "a thread of the system");
            assertThatThrownBy(() -> limited(LONG, SHORT).run(this::hang))
                    .hasMessage("no answer within 'request-timeout', 300 ms");
        } finally {
            BoundedCall.processEndsSoon(false);
        }
    }

    @Test
    void aRequestWithoutAnAnswerIsInterruptedAtItsLimit() throws Exception {
        assertThatThrownBy(() -> limited(LONG, SHORT).run(this::hang))
                .hasMessage("no answer within 'request-timeout', 300 ms");
        assertThat(ended.await(20, TimeUnit.SECONDS))
                .as("the request was interrupted")
                .isTrue();
    }

    /** A store passes a smaller limit if a request goes on with a stream that has used a part of its time. */
    @Test
    void theMessageShowsTheLimitOfThisRequest() {
        assertThatThrownBy(() -> limited(LONG, LONG).run(SHORT, () -> 0, this::hang))
                .hasMessage("no answer within 'request-timeout', 300 ms");
    }

    @Test
    void aRequestThatStallsIsGivenUpAndTheMessageNamesTheOption() throws Exception {
        long begin = System.nanoTime();

        assertThatThrownBy(() -> limited(SHORT, LONG).run(() -> System.nanoTime() - begin, this::hang))
                .hasMessage("no byte was sent and no answer came within 'read-timeout', 300 ms");
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aRequestThatGoesOnAfterItsInterruptIsNotWaitedForLong() {
        assertThatThrownBy(() -> limited(LONG, SHORT).run(() -> {
                    while (never.getCount() > 0) {
                        try {
                            never.await();
                        } catch (InterruptedException e) {
                            // It goes on, as a library can that catches the interrupt.
                        }
                    }
                    return "too late";
                }))
                .hasMessageContaining("request-timeout");
        never.countDown();
    }

    @Test
    void anInterruptEndsTheWaitAndTheRequest() throws Exception {
        Thread.currentThread().interrupt();
        assertThatThrownBy(() -> limited(LONG, LONG).run(this::hang)).isInstanceOf(InterruptedException.class);
        assertThat(ended.getCount()).as("nothing was sent").isOne();

        Thread caller = Thread.currentThread();
        assertThatThrownBy(() -> limited(LONG, LONG).run(() -> {
                    caller.interrupt();
                    return hang();
                }))
                .isInstanceOf(InterruptedException.class);
        assertThat(ended.await(20, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aLimitThatPassedBecomesAStoresExceptionWithoutItsHelp() {
        StoreErrors errors = new StoreErrors("demo://store") {
            @Override
            protected Failure classify(Operation operation, Throwable error) {
                throw new IllegalStateException(error);
            }
        };

        assertThatThrownBy(() -> {
                    try {
                        limited(LONG, SHORT).run(this::hang);
                    } catch (Exception e) {
                        throw errors.of(Operation.LIST, "main/", e);
                    }
                })
                .isInstanceOf(StorageUnavailable.class)
                .hasMessage("could not list 'main/' in demo://store: no answer within 'request-timeout', 300 ms");
    }
}
