// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.retention.RetentionPolicy.Redundancy;

class RetentionPlannerRunTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");

    private int taken;

    private void backUp(SimulatedArchive to) {
        long place = 10L * taken + 1;
        to.wal(1, place, now());
        to.wal(1, place + 1, now());
        to.backup(1, place, place, now());
        taken++;
    }

    private Instant now() {
        return BEGIN.plus(Duration.ofDays(taken));
    }

    /** A backup too many, after an expiry that was missed, say. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 6, 7, 10})
    void aBackupTooManyGoesAlthoughANewOneIsTakenBeforeEachRun(int redundancy) {
        RetentionSettings settings = RetentionSettings.NONE.with(new Redundancy(redundancy));
        SimulatedArchive left = new SimulatedArchive();
        for (int i = 0; i < redundancy + 2; i++) {
            backUp(left);
        }

        for (int run = 0; run < 3; run++) {
            left = left.after(RetentionPlanner.planRun(settings, left.catalog(), now()));
            backUp(left);
        }

        assertThat(left.backups()).hasSize(redundancy + 1);
    }

    @Test
    void aMistypedPolicyRemovesAPartInOneRun() {
        RetentionSettings settings = RetentionSettings.NONE.with(new Redundancy(1));
        SimulatedArchive all = new SimulatedArchive();
        for (int i = 0; i < 20; i++) {
            backUp(all);
        }

        assertThat(RetentionPlanner.planRun(settings, all.catalog(), now()).leaving())
                .hasSize(6);
    }
}
