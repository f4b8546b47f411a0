// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackupMemoryTest {
    @ParameterizedTest
    @CsvSource({
        // bundle, in flight, heap; what is left of them, all in MiB
        "32, 4, 6000, 32, 4",
        "32, 4, 448, 32, 4",
        "32, 4, 352, 32, 3",
        "32, 4, 256, 32, 2",
        "32, 4, 128, 24, 1",
        "32, 4, 96, 18, 1",
        "128, 16, 5824, 128, 16",
        "128, 16, 1024, 128, 2",
        "128, 16, 64, 12, 1",
        "1, 16, 64, 1, 16"
    })
    void bundlesTakeThreeEighthsOfTheHeapAtMost(long size, int inFlight, long heap, long leftSize, int leftInFlight) {
        BackupMemory left = new BackupMemory(size << 20, inFlight, 1).within(heap << 20, 1);

        assertThat(left).isEqualTo(new BackupMemory(leftSize << 20, leftInFlight, 1));
        assertThat((left.inFlight() + 1) * left.bundleSizeBytes()).isLessThanOrEqualTo((heap << 20) / 8 * 3);
    }

    @Test
    void twoVariantsShareThem() {
        assertThat(new BackupMemory(32 << 20, 4, 1).within(256 << 20, 2)).isEqualTo(new BackupMemory(24 << 20, 1, 1));
    }

    @ParameterizedTest
    @CsvSource({"64, 4096, 64", "64, 352, 10", "2, 352, 2", "4, 16, 1"})
    void framesTakeAnEighthOfTheHeapAtMost(int jobs, long heap, int leftJobs) {
        assertThat(new BackupMemory(1 << 20, 1, jobs).within(heap << 20, 1).jobs())
                .isEqualTo(leftJobs);
    }
}
