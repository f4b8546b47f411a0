// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.DateTimeException;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UtcTimeTest {
    private static final int ROUNDS = 50_000;

    private final Random random = new Random(20_261_122);

    @Test
    void whatAnInstantWritesIsRead() {
        for (int round = 0; round < ROUNDS; round++) {
            int unit = (int) Math.pow(10, random.nextInt(10));
            int nanos = random.nextInt(1_000_000_000) / unit * unit;
            Instant time = Instant.ofEpochSecond(
                    random.nextInt(9) == 0 ? random.nextLong() >> 20 : random.nextInt() * 2L, nanos);

            assertThat(UtcTime.parse(time.toString())).isEqualTo(time);
        }
    }

    @Test
    void everythingElseIsReadOrRefusedAsAnInstantDoes() {
        String sample = "2026-11-20T06:30:11.123456Z";
        for (int round = 0; round < ROUNDS; round++) {
            StringBuilder changed = new StringBuilder(sample);
            for (int i = random.nextInt(3); i >= 0; i--) {
                changed.setCharAt(random.nextInt(changed.length()), "0123456789-:.TZ +x".charAt(random.nextInt(18)));
            }
            changed.setLength(random.nextInt(4) == 0 ? random.nextInt(changed.length()) : changed.length());
            String text = changed + (random.nextInt(4) == 0 ? "Z" : "");
            try {
                Instant time = Instant.parse(text);
                assertThat(UtcTime.parse(text)).as(text).isEqualTo(time);
            } catch (DateTimeException e) {
                assertThatThrownBy(() -> UtcTime.parse(text)).as(text).isInstanceOf(DateTimeException.class);
            }
        }
    }
}
