// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.format;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CodecTest {
    @ParameterizedTest
    @CsvSource({
        "zstd, zstd:1",
        "zstd:1, zstd:1",
        "zstd:19, zstd:19",
        "gzip, gzip:6",
        "gzip:9, gzip:9",
        "lz4, lz4",
        "none, none"
    })
    void anOperatorsChoiceIsReadAndShownInFull(String text, String shown) {
        Codec codec = Codec.parse(text);

        assertThat(codec).hasToString(shown);
        assertThat(shown).startsWith(codec.id());
        assertThat(Codec.ofId(codec.id()).id()).isEqualTo(codec.id());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "ZSTD", "zstd:", "zstd:0", "zstd:20", "zstd:x", "zstd:-1", "gzip:10", "lz4:1", "none:", "brotli"
            })
    void anythingElseIsRefusedWithWhatWouldBeRight(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Codec.parse(text))
                .withMessageContaining("not a compression");
    }
}
