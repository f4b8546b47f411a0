// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/** Holds {@link ModelRecovery}, by which lives at random are judged, against recoveries of real servers. */
@Order(1) // among the longest
@InTurn
class RealLifeTest {
    private static final int STEPS = 12;

    @Test
    void theModelReachesWhatRecoverReaches() throws Exception {
        Random random = Rounds.random();
        List<PostgresBinaries> versions = PostgresBinaries.embedded().reversed();
        int lives = Rounds.of(1, 40);
        int refused = 0;
        for (int number = 0; number < lives; number++) {
            long seed = random.nextLong();
            try (RealLife life = new RealLife(versions.get(number % versions.size()), new Random(seed))) {
                try {
                    life.begin();
                    for (int step = 0; step < STEPS; step++) {
                        life.live();
                    }
                    life.end();
                    refused += life.refusals();
                } catch (Exception | AssertionError e) {
                    throw new AssertionError(
                            "life " + number + ", of seed " + seed + ": " + e.getMessage() + "\n"
                                    + String.join("\n", life.story()),
                            e);
                }
            }
        }
        if (lives > 10) {
            assertThat(refused).as("how many targets recover refused").isPositive();
        }
    }
}
