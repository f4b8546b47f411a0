// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.tidemark.core.LongWaits.Teller;
import org.tidemark.core.LongWaits.Wait;

class LongWaitsTest {
    private static final Duration TIME = Duration.ofMillis(100);

    @Test
    void eachLongWaitIsToldOnceAndAShortOneNever() throws Exception {
        LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (Teller teller = LongWaits.tell(TIME, told::add)) {
            assertThat(teller).isNotNull();
            LongWaits.on("a quick one of LongWaitsTest").close();
            try (Wait first = LongWaits.on("a slow one of LongWaitsTest");
                    Wait second = LongWaits.on("a slow one of LongWaitsTest")) {
                assertThat(first).isNotSameAs(second);
                assertThat(told.poll(10, TimeUnit.SECONDS)).isEqualTo("a slow one of LongWaitsTest");
                Thread.sleep(TIME.multipliedBy(3));
            }
        }
        assertThat(told).isEmpty();
    }

    /** As for a store that sends a byte now and then. */
    @Test
    void manyShortWaitsForTheSameAreALongOne() throws Exception {
        LinkedBlockingQueue<String> told = new LinkedBlockingQueue<>();
        try (Teller teller = LongWaits.tell(TIME, told::add)) {
            assertThat(teller).isNotNull();
            Wait again = LongWaits.of("something else of LongWaitsTest");
            for (int i = 0; i < 10; i++) {
                try (Wait _ = again.begin()) {
                    Thread.sleep(TIME.dividedBy(2));
                    again.forget();
                }
            }
            Wait slow = LongWaits.of("the same of LongWaitsTest");
            for (int i = 0; i < 10; i++) {
                try (Wait _ = slow.begin()) {
                    Thread.sleep(TIME.dividedBy(2));
                }
            }
        }
        assertThat(told).contains("the same of LongWaitsTest");
    }
}
