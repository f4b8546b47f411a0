// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.tidemark.testkit.Rounds;

class Crc32cCombinationTest {
    @Test
    void theChecksumOfTheWholeComesFromThoseOfItsParts() {
        Random random = Rounds.random();

        for (int round = 0; round < 200; round++) {
            byte[] bytes = new byte[random.nextInt(20_000)];
            random.nextBytes(bytes);
            int cut = random.nextInt(bytes.length + 1);

            assertThat(Crc32cCombination.combine(crc(bytes, 0, cut), crc(bytes, cut, bytes.length), bytes.length - cut))
                    .isEqualTo(crc(bytes, 0, bytes.length));
        }
    }

    private static int crc(byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }
}
