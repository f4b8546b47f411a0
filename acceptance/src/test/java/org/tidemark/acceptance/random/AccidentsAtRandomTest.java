// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.random;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.random.AccidentLife.Accident;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.Rounds;

/** Each accident is found by its name, and the printed positions lead to the table and to the moment before. */
@Order(1) // among the longest
@InTurn
class AccidentsAtRandomTest {
    @Test
    void eachIsFoundAndUndone() {
        Random random = Rounds.random();
        List<PostgresBinaries> versions = PostgresBinaries.embedded().reversed();
        Accident[] accidents = Accident.values();
        int lives = Rounds.of(5, 200);
        for (int number = 0; number < lives; number++) {
            long seed = random.nextLong();
            List<String> story = List.of();
            try (AccidentLife life = new AccidentLife(
                    versions.get((number + number / accidents.length) % versions.size()),
                    accidents[number % accidents.length],
                    new Random(seed))) {
                try {
                    life.live();
                } finally {
                    story = life.story();
                }
            } catch (Exception | AssertionError e) {
                throw new AssertionError(
                        "life " + number + ", of seed " + seed + ": " + e.getMessage() + "\n"
                                + String.join("\n", story),
                        e);
            }
        }
    }
}
