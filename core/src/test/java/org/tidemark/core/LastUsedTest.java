// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class LastUsedTest {
    private final List<String> made = new ArrayList<>();

    private static LastUsed<String, String> ofLength(long most) {
        return new LastUsed<>(most, String::length);
    }

    private String get(LastUsed<String, String> values, String key) {
        return values.get(key, () -> {
            made.add(key);
            return key;
        });
    }

    @Test
    void whatWasNotAskedForLongestGoesFirst() {
        LastUsed<String, String> values = ofLength(6);
        for (String key : List.of("aa", "bb", "cc", "aa", "dd", "aa", "cc", "bb")) {
            assertThat(get(values, key)).isEqualTo(key);
        }

        assertThat(made).containsExactly("aa", "bb", "cc", "dd", "bb");
    }

    @Test
    void aValueThatIsHeavierThanAllIsKeptAlone() {
        LastUsed<String, String> values = ofLength(3);
        for (String key : List.of("a", "b", "heavy", "heavy", "a")) {
            get(values, key);
        }

        assertThat(made).containsExactly("a", "b", "heavy", "a");
    }

    @Test
    void whatFailsIsTriedAgainAndCostsNothing() {
        LastUsed<String, String> values = ofLength(2);
        get(values, "a");
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(() -> values.get("bad", () -> {
                        throw new IOException("no");
                    }))
                    .isInstanceOf(IOException.class);
        }

        assertThat(get(values, "bad")).isEqualTo("bad");
        get(values, "a");
        assertThat(made).containsExactly("a", "bad", "a");
    }

    @Test
    void oneThreadMakesAValueForAllThatAsk() throws Exception {
        LastUsed<String, String> values = ofLength(10);
        AtomicInteger makers = new AtomicInteger();
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch release = new CountDownLatch(1);
        try (ExecutorService threads = Executors.newFixedThreadPool(5)) {
            List<Future<String>> answers = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                answers.add(threads.submit(() -> values.get("key", () -> {
                    makers.incrementAndGet();
                    begun.countDown();
                    assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
                    return "value";
                })));
            }
            assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(threads.submit(() -> values.get("another", () -> "at once"))
                            .get(10, TimeUnit.SECONDS))
                    .isEqualTo("at once");
            release.countDown();
            for (Future<String> each : answers) {
                assertThat(each.get(10, TimeUnit.SECONDS)).isEqualTo("value");
            }
        }

        assertThat(makers).hasValue(1);
    }

    @Test
    void whoWaitsForAValueGetsTheFailureOfItsMaker() throws Exception {
        LastUsed<String, String> values = ofLength(10);
        AtomicInteger makers = new AtomicInteger();
        CountDownLatch release = new CountDownLatch(1);
        List<Thread> waiting = new ArrayList<>();
        List<Throwable> failures = Collections.synchronizedList(new ArrayList<>());
        for (int i = 0; i < 4; i++) {
            waiting.add(Thread.ofPlatform().start(() -> {
                try {
                    values.get("key", () -> {
                        makers.incrementAndGet();
                        assertThat(release.await(10, TimeUnit.SECONDS)).isTrue();
                        throw new IOException("no");
                    });
                } catch (Exception e) {
                    failures.add(e);
                }
            }));
        }
        await().atMost(Duration.ofSeconds(10))
                .until(() -> waiting.stream()
                                .filter(each -> each.getState() == Thread.State.BLOCKED)
                                .count()
                        == 3);
        release.countDown();
        for (Thread each : waiting) {
            each.join();
        }

        assertThat(failures).hasSize(4).allSatisfy(each -> assertThat(each).hasMessage("no"));
        assertThat(makers).hasValue(1);
        assertThat(get(values, "key")).isEqualTo("key");
    }
}
