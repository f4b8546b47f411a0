// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.retention.Awaited.Contents;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;
import org.tidemark.retention.RetentionPolicy.Redundancy;

/** The WAL of an old system identifier, whose last backup was deleted. */
class ReplacedIncarnationTest {
    private static final Instant LAST = Instant.parse("2026-11-01T00:00:00Z");
    private static final RetentionSettings REDUNDANCY = RetentionSettings.NONE.with(new Redundancy(3));
    private static final RetentionSettings WINDOW =
            RetentionSettings.NONE.with(RetentionPolicy.parse("RECOVERY WINDOW OF 30 DAYS"));

    private static SimulatedArchive archive() {
        return new SimulatedArchive().wal(1, 1, LAST.minusSeconds(60)).wal(1, 2, LAST);
    }

    private static SimulatedArchive withBackup() {
        SimulatedArchive archive = archive();
        archive.backup(1, 1, 1, LAST);
        return archive;
    }

    private static Instant day(int day) {
        return LAST.plus(Duration.ofDays(day));
    }

    private static List<Optional<WalReason>> fates(RetentionPlan plan) {
        return plan.wal().stream().map(WalFate::reason).toList();
    }

    private static RetentionPlan plan(RetentionSettings settings, SimulatedArchive archive, Instant now) {
        return RetentionPlanner.plan(settings, archive.catalog().replaced(), now);
    }

    @Test
    void itGoesOnceItIsOlderThanAWeekAndThanTheWindow() {
        assertThat(plan(REDUNDANCY, archive(), day(6)).removesNothing()).isTrue();
        assertThat(plan(REDUNDANCY, archive(), day(8)).leavingWal())
                .singleElement()
                .satisfies(each -> assertThat(each.segments()).isEqualTo(2));
        assertThat(plan(WINDOW, archive(), day(8)).removesNothing()).isTrue();
        assertThat(plan(WINDOW, archive(), day(31)).leavingWal()).hasSize(1);
    }

    @Test
    void itStaysWithoutAPolicyWithABackupOrWhileABackupMayBegin() {
        assertThat(plan(RetentionSettings.NONE, archive(), day(99)).removesNothing())
                .isTrue();
        assertThat(plan(REDUNDANCY, withBackup(), day(99)).leavingWal()).isEmpty();
        assertThat(plan(REDUNDANCY, archive().unfinished(day(95), Optional.empty()), day(99))
                        .leavingWal())
                .isEmpty();
    }

    @Test
    void thatOfTheNewestIncarnationStays() {
        assertThat(fates(RetentionPlanner.plan(REDUNDANCY, archive().catalog(), day(99))))
                .containsExactly(Optional.of(WalReason.NO_BACKUP));
    }

    @Test
    void anotherRepositoryWaitsForItOnlyIfItHasABackup() {
        RetentionCatalog held = archive().catalog().replaced();
        Contents nothing = new Contents();
        Contents backup = new Contents(
                withBackup().catalog().backups(), List.of(), Set.of(), new WalInventory(List.of()), Optional.empty());

        for (Contents each : List.of(nothing, backup)) {
            Lagging other = new Lagging("offsite", REDUNDANCY, Optional.of(each), Copies.BACKUPS_AND_WAL);
            Awaited awaited = Awaited.of(held, List.of(other), day(99));
            assertThat(RetentionPlanner.plan(REDUNDANCY, held, awaited, day(99)).removesNothing())
                    .isEqualTo(each.equals(backup));
        }
    }
}
