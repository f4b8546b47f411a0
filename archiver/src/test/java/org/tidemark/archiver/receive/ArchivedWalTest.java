// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.tidemark.archiver.receive.ArchivedWal.LastIndex;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.testkit.Rounds;

class ArchivedWalTest {
    @Test
    void theLastIndexIsFoundInAnySet() throws IOException {
        Random random = Rounds.random();
        for (int round = 0; round < Rounds.of(2_000, 200_000); round++) {
            TreeSet<Long> set = new TreeSet<>();
            int limit = 1 + random.nextInt(1 << random.nextInt(20));
            int count = random.nextInt(1 << random.nextInt(6));
            for (int i = 0; i < count; i++) {
                set.add(1L + random.nextInt(2 * limit));
            }
            int[] asked = {0};

            Optional<Long> last = LastIndex.search(limit, after -> {
                asked[0]++;
                return Optional.ofNullable(set.higher(after));
            });

            assertThat(last).as("%s up to %d", set, limit).isEqualTo(Optional.ofNullable(set.floor((long) limit)));
            long distance = limit - last.orElse(0L);
            assertThat(asked[0]).isLessThanOrEqualTo(2 * (65 - Long.numberOfLeadingZeros(distance)) + 1);
        }
    }

    @Test
    void theWalThatEnoughRepositoriesHoldCounts() {
        Optional<WalPosition> early = at("0/500000");
        Optional<WalPosition> late = at("0/800000");

        assertThat(ArchivedWal.heldBy(1, List.of(early, late))).isEqualTo(late);
        assertThat(ArchivedWal.heldBy(2, List.of(late, early))).isEqualTo(early);
        assertThat(ArchivedWal.heldBy(2, List.of(late, Optional.empty()))).isEqualTo(late);
        assertThat(ArchivedWal.heldBy(2, List.of(Optional.empty()))).isEmpty();
    }

    private static Optional<WalPosition> at(String lsn) {
        return Optional.of(new WalPosition(Timeline.FIRST, Lsn.parse(lsn)));
    }
}
