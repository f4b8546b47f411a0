// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

class RoundsTest {
    @Test
    void theSeedIsTheSameInEveryCallSoThatATestCanBeRunAgain() {
        assertThat(Rounds.seed()).isEqualTo(Rounds.seed());
        assertThat(Rounds.random().nextLong()).isEqualTo(Rounds.random().nextLong());
    }

    @Test
    void roundsAreOneOfTheTwoNumbers() {
        assertThat(Rounds.of(3, 5000)).isIn(3, 5000);
    }

    @Test
    void ofSeveralRunsOneIsTheTurnOfAClass() {
        for (String name : List.of("org.tidemark.One", "org.tidemark.Another")) {
            assertThat(LongStream.range(0, Rounds.BUILDS).filter(seed -> Rounds.isTurn(name, seed)))
                    .hasSize(1);
        }
    }

    @Test
    void anUnknownWordIsRefused() {
        assertThat(Rounds.isCampaign("campaign")).isTrue();
        assertThat(Rounds.isCampaign("few")).isFalse();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Rounds.isCampaign("many"))
                .withMessageContaining("'many'");
    }
}
