// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

class SharedServerTest {
    private final AtomicInteger starts = new AtomicInteger();

    @Test
    void everyTestThatAsksIsSkippedWhereAProgramIsMissing() {
        SharedServer<String> server = new SharedServer<>(() -> {
            starts.incrementAndGet();
            throw new TestAbortedException("there is no program 'x'");
        });

        for (int asks = 0; asks < 3; asks++) {
            assertThatThrownBy(server::get).isInstanceOf(TestAbortedException.class);
        }
        assertThat(starts).hasValue(1);
    }

    @Test
    void itIsStartedOnce() {
        SharedServer<Integer> server = new SharedServer<>(starts::incrementAndGet);

        assertThat(server.get()).isEqualTo(1);
        assertThat(server.get()).isEqualTo(1);
    }
}
