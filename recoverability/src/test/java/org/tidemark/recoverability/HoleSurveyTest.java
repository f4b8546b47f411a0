// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.segment;

import org.junit.jupiter.api.Test;
import org.tidemark.catalog.wal.WalInventory.WalHole;

class HoleSurveyTest {
    private static HoleSurvey survey(Archives archives) {
        return new HoleSurvey(archives.build());
    }

    private static WalHole hole(int timeline, long first, long last) {
        return new WalHole(segment(timeline, first), segment(timeline, last), last - first + 1);
    }

    @Test
    void aHoleBeforeEveryBackupStopsNoRecovery() {
        HoleSurvey survey = survey(new Archives().wal(1, 1, 4).wal(1, 7, 20).backup("A", 1, 10));

        assertThat(survey.stopsARecovery(hole(1, 5, 6))).isFalse();
        assertThat(survey.cutsOffTheNewest(hole(1, 5, 6))).isFalse();
    }

    @Test
    void aHoleAfterTheLastBackupCutsOffTheNewestWal() {
        HoleSurvey survey = survey(new Archives().wal(1, 1, 14).wal(1, 17, 20).backup("A", 1, 10));

        assertThat(survey.stopsARecovery(hole(1, 15, 16))).isTrue();
        assertThat(survey.cutsOffTheNewest(hole(1, 15, 16))).isTrue();
    }

    @Test
    void aDamagedBackupAfterTheHoleIsNoHelp() {
        Archives archives =
                new Archives().wal(1, 1, 14).wal(1, 17, 30).backup("A", 1, 10).backup("B", 1, 20);

        assertThat(survey(archives).cutsOffTheNewest(hole(1, 15, 16))).isFalse();
        assertThat(survey(archives.verifiedBroken()).cutsOffTheNewest(hole(1, 15, 16)))
                .isTrue();
    }

    /** Timelines 2 and 3 both leave timeline 1; the only backup after the hole is on 2, which was abandoned. */
    @Test
    void aBackupOnAnAbandonedTimelineDoesNotLeadToTheNewestWal() {
        HoleSurvey survey = survey(new Archives()
                .wal(1, 1, 14)
                .wal(1, 17, 30)
                .history(2, "1\t0/14000100\tx")
                .wal(2, 20, 40)
                .history(3, "1\t0/19000100\ty")
                .wal(3, 25, 40)
                .backup("A", 1, 10)
                .backup("B", 2, 30));

        assertThat(survey.cutsOffTheNewest(hole(1, 15, 16))).isTrue();
    }

    @Test
    void aHoleOnAnAbandonedTimelineDoesNotCutOffTheNewestWal() {
        HoleSurvey survey = survey(new Archives()
                .wal(1, 1, 14)
                .wal(1, 17, 30)
                .history(2, "1\t0/A000100\tx")
                .wal(2, 10, 40)
                .backup("A", 1, 5));

        assertThat(survey.stopsARecovery(hole(1, 15, 16))).isTrue();
        assertThat(survey.cutsOffTheNewest(hole(1, 15, 16))).isFalse();
    }
}
