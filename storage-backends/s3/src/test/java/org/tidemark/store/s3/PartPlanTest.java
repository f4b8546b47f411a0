// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class PartPlanTest {
    private static final long MIB = 1L << 20;
    private static final long TIB = 1L << 40;

    @Test
    void partsHaveTheWantedSizeAsLongAsTenThousandAreEnough() {
        assertThat(PartPlan.of(5L << 30, 16 * MIB)).isEqualTo(new PartPlan(5L << 30, 16 * MIB));
        assertThat(PartPlan.of(160_000 * MIB, 16 * MIB).count()).isEqualTo(10_000);
        assertThat(PartPlan.of(160_000 * MIB + 1, 16 * MIB).partBytes()).isEqualTo(17 * MIB);
    }

    @Test
    void fiveTebibytesFitIntoTenThousandParts() {
        PartPlan plan = PartPlan.of(5 * TIB, 5 * MIB);

        assertThat(plan.partBytes()).isEqualTo(525 * MIB);
        assertThat(plan.count()).isBetween(9_900, 10_000);
    }

    @Test
    void allPartsAreEqualButTheLastAndMakeUpTheWhole() {
        Random random = Rounds.random();
        int rounds = Rounds.of(1_000, 100_000);
        for (int round = 0; round < rounds; round++) {
            long size = 1 + random.nextLong((5 * TIB) >> random.nextInt(30));
            PartPlan plan = PartPlan.of(size, 5 * MIB + random.nextInt(1 << 28));
            int last = plan.count() - 1;

            assertThat(plan.count()).isBetween(1, 10_000);
            assertThat(plan.offset(last) + plan.length(last)).isEqualTo(size);
            assertThat(plan.length(last)).isBetween(1L, plan.partBytes());
            if (last > 0) {
                assertThat(plan.length(random.nextInt(last))).isEqualTo(plan.partBytes());
            }
        }
    }
}
