// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HttpRangeTest {
    @Test
    void theHeaderOfARequestNamesFirstAndLastByte() {
        assertThat(HttpRange.header(new ByteRange(5, 10))).isEqualTo("bytes=5-14");
        assertThat(HttpRange.header(new ByteRange(5, ByteRange.TO_END))).isEqualTo("bytes=5-");
        assertThat(HttpRange.header(new ByteRange(5, Long.MAX_VALUE))).isEqualTo("bytes=5-");
    }

    @Test
    void anAnswerHasAllBytesOfTheRangeThatExist() {
        HttpRange five = HttpRange.parse("bytes 5-9/10").orElseThrow();

        assertThat(five).isEqualTo(new HttpRange(5, 9, 10));
        assertThat(five.answers(new ByteRange(5, 5), 5)).isTrue();
        assertThat(five.answers(new ByteRange(5, 7), 5)).isTrue();
        assertThat(five.answers(new ByteRange(5, ByteRange.TO_END), 5)).isTrue();
        assertThat(five.answers(new ByteRange(5, 4), 5)).isFalse();
        assertThat(five.answers(new ByteRange(5, 5), 4)).isFalse();
        assertThat(five.answers(new ByteRange(4, 5), 5)).isFalse();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {"", "bytes */10", "bytes 5-9/*", "bytes 5-9", "items 5-9/10", "bytes 5-9/9999999999999999999"})
    void whatNamesNoRangeOfAKnownSizeIsNone(String header) {
        assertThat(HttpRange.parse(header)).isEmpty();
    }
}
