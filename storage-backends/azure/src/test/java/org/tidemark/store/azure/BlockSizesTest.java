// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.azure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class BlockSizesTest {
    private static final long MIB = 1024 * 1024;
    private static final long TIB = MIB * MIB;

    @Test
    void blocksAreOfOneSizeAndMakeUpTheObject() {
        Random random = Rounds.random();
        int rounds = Rounds.of(1_000, 100_000);
        for (int round = 0; round < rounds; round++) {
            BlockSizes configured = new BlockSizes(64 * 1024 + random.nextInt(16 << 20), 1 + random.nextInt(8));
            long size = 1 + random.nextLong(random.nextBoolean() ? 20 * TIB : 1 << 30);

            BlockSizes sizes = configured.grownFor(size);
            int count = sizes.count(size);

            assertThat(count).isBetween(1, BlockSizes.MOST_BLOCKS);
            long last = sizes.bytesOf(count - 1, size);
            assertThat(sizes.blockBytes() * (count - 1) + last).isEqualTo(size);
            assertThat(last).isBetween(1L, sizes.blockBytes());
            assertThat(count == 1 || sizes.bytesOf(0, size) == sizes.blockBytes())
                    .isTrue();
        }
    }

    @Test
    void theyGrowOnlyWhereThereWouldBeTooManyAndThenFewerAreUnderWay() {
        BlockSizes usual = new BlockSizes(8 * MIB, 4);

        assertThat(usual.grownFor(50_000 * 8 * MIB)).isEqualTo(usual);
        assertThat(usual.grownFor(50_000 * 8 * MIB + 1)).isEqualTo(new BlockSizes(9 * MIB, 3));
        assertThat(usual.grownFor(5 * TIB)).isEqualTo(new BlockSizes(105 * MIB, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> usual.grownFor(Long.MAX_VALUE));
    }

    @Test
    void noDamageOfOneBitTurnsTheIdOfABlockIntoThatOfAnother() {
        BlockIds ids = new BlockIds();
        List<String> all = ids.first(2_000);
        Set<String> known = new HashSet<>(all);

        assertThat(known).hasSize(2_000);
        assertThat(new BlockIds().first(2_000)).doesNotContainAnyElementsOf(known);
        assertThat(all).allSatisfy(id -> assertThat(id).hasSize(32));
        byte[] bytes = Base64.getDecoder().decode(all.get(1_000));
        for (int bit = 0; bit < bytes.length * 8; bit++) {
            byte[] damaged = bytes.clone();
            damaged[bit / 8] ^= (byte) (1 << (bit % 8));
            assertThat(known).doesNotContain(Base64.getEncoder().encodeToString(damaged));
        }
    }
}
