// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BundleMemoryTest {
    @ParameterizedTest
    @CsvSource({
        // bundle, in flight, heap; what is left of them, all in MiB
        "32, 4, 6000, 32, 4",
        "32, 4, 320, 32, 4",
        "32, 4, 256, 32, 3",
        "32, 4, 128, 32, 1",
        "32, 4, 100, 25, 1",
        "128, 16, 4352, 128, 16",
        "128, 16, 1024, 128, 3",
        "128, 16, 64, 16, 1",
        "1, 16, 64, 1, 16"
    })
    void theyTakeHalfOfTheHeapAtMost(long size, int inFlight, long heap, long leftSize, int leftInFlight) {
        BundleMemory left = new BundleMemory(size << 20, inFlight).within(heap << 20);

        assertThat(left).isEqualTo(new BundleMemory(leftSize << 20, leftInFlight));
        assertThat((left.inFlight() + 1) * left.bundleSizeBytes()).isLessThanOrEqualTo((heap << 20) / 2);
    }
}
