// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LsnTest {
    @Test
    void positionsAreUnsigned() {
        Lsn high = Lsn.parse("FFFFFFFF/0");

        assertThat(high).isGreaterThan(Lsn.parse("1/0"));
        assertThat(high).hasToString("FFFFFFFF/0");
        assertThat(Lsn.parse("16/0B374D84")).hasToString("16/B374D84");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "1", "/", "1/", "1/G", "123456789/0", "1/2/3", " 1/2"})
    void anythingElseIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Lsn.parse(text));
    }
}
