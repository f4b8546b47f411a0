// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class KeptAnswerTest {
    private final AtomicLong nanos = new AtomicLong();
    private final AtomicInteger made = new AtomicInteger();
    private final KeptAnswer kept = new KeptAnswer(nanos::get);

    private int of(String path, long state) {
        return kept.of(path, state, () -> new byte[] {(byte) made.incrementAndGet()})[0];
    }

    @Test
    void isMadeAnewIfItIsOldOrAnother() {
        assertThat(of("/", 1)).isEqualTo(1);
        nanos.set(1_999_999_999L);
        assertThat(of("/", 1)).isEqualTo(1);
        nanos.set(2_000_000_000L);
        assertThat(of("/", 1)).as("2 s later").isEqualTo(2);
        assertThat(of("/", 2)).as("there is more to tell").isEqualTo(3);
        assertThat(of("/cluster/main", 2)).isEqualTo(4);
        assertThat(of("/", 2)).as("one alone is kept").isEqualTo(5);
    }

    @Test
    void manyAtOnceCostOne() {
        assertThat(IntStream.range(0, 1_000).parallel().map(_ -> of("/", 1))).containsOnly(1);
    }
}
