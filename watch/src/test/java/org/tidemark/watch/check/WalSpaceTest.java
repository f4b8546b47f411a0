// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.tidemark.config.ClusterSettings.CheckSettings;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.core.Measure;

class WalSpaceTest {
    private static final long GIB = 1L << 30;

    private static Finding found(long freeGib, long sizeGib, boolean waiting) {
        return WalSpaceCheck.finding(
                new DiskSpace(freeGib * GIB, 100 * GIB), sizeGib * GIB, waiting, CheckSettings.DEFAULT);
    }

    @Test
    void aThirdOfTheLimitIsCriticalAndTheLimitIsAWarning() {
        assertThat(found(15, 1, false).severity()).isEqualTo(Severity.OK);
        assertThat(found(14, 1, false).severity()).isEqualTo(Severity.WARNING);
        assertThat(found(5, 1, false).severity()).isEqualTo(Severity.WARNING);
        assertThat(found(4, 1, false).severity()).isEqualTo(Severity.CRITICAL);
    }

    @Test
    void aGrowingPgWalThatTakesMoreThanWhatIsFreeIsCritical() {
        assertThat(found(40, 41, false).severity()).isEqualTo(Severity.OK);
        assertThat(found(40, 41, true).severity()).isEqualTo(Severity.CRITICAL);
        assertThat(found(40, 41, true).message())
                .isEqualTo("pg_wal takes 41 GiB and grows, because files wait to be archived, and only 40 GiB is free");
        assertThat(found(40, 41, true).values())
                .as("what is free is told as well")
                .containsEntry(Measure.FREE, 40 * GIB);
        assertThat(found(40, 40, true).severity()).isEqualTo(Severity.OK);
        assertThat(found(40, 40, true).values()).containsEntry(Measure.SIZE, 40 * GIB);
    }
}
