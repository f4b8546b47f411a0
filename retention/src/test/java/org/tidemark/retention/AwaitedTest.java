// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.retention.Awaited.Contents;
import org.tidemark.retention.Awaited.Copies;
import org.tidemark.retention.Awaited.Lagging;
import org.tidemark.retention.RetentionCatalog.Keep;
import org.tidemark.retention.RetentionCatalog.WalScope;
import org.tidemark.retention.RetentionPlan.Reason;
import org.tidemark.retention.RetentionPlan.WalFate;
import org.tidemark.retention.RetentionPlan.WalReason;

/** One repository keeps three days, the other one thirty; each day has a backup and 24 segments. */
class AwaitedTest {
    private static final Instant BEGIN = Instant.parse("2026-11-01T00:00:00Z");
    private static final Duration DAY = Duration.ofDays(1);
    private static final RetentionSettings THREE_DAYS = window("RECOVERY WINDOW OF 3 DAYS");
    private static final RetentionSettings THIRTY_DAYS = window("RECOVERY WINDOW OF 30 DAYS");

    private static RetentionSettings window(String policy) {
        return new RetentionSettings(Optional.of(RetentionPolicy.parse(policy)), Optional.empty(), List.of(), 1);
    }

    private static Instant day(int number) {
        return BEGIN.plus(DAY.multipliedBy(number));
    }

    /** Its first day and the days until another one, without it. */
    private static SimulatedArchive days(int from, int until) {
        SimulatedArchive archive =
                new SimulatedArchive().wal(1, from * 24L, day(from), day(until).minusSeconds(1), Duration.ofHours(1));
        for (int day = from; day < until; day++) {
            archive.backup(1, day * 24L + 1, day * 24L + 1, day(day).plus(Duration.ofHours(2)));
        }
        return archive;
    }

    private static Lagging answers(RetentionSettings settings, SimulatedArchive there) {
        RetentionCatalog catalog = there.catalog();
        return new Lagging("offsite", settings, Optional.of(new Contents(catalog, Set.of())), Copies.BACKUPS_AND_WAL);
    }

    private static Lagging silent(RetentionSettings settings) {
        return new Lagging("offsite", settings, Optional.empty(), Copies.BACKUPS_AND_WAL);
    }

    private static RetentionPlan plan(SimulatedArchive held, Lagging other, int day) {
        RetentionCatalog catalog = held.catalog();
        return RetentionPlanner.plan(THREE_DAYS, catalog, Awaited.of(catalog, List.of(other), day(day)), day(day));
    }

    @Test
    void whatARepositoryThatDoesNotAnswerMayLackStays() {
        RetentionPlan plan = plan(days(0, 10), silent(THIRTY_DAYS), 10);

        assertThat(plan.removesNothing()).isTrue();
        assertThat(plan.awaitedBackups()).hasSize(6);
        assertThat(plan.backups().getFirst().reasons()).containsExactly(new Reason.Awaited("offsite"));
        assertThat(plan.wal().getFirst().reason()).contains(WalReason.AWAITED);
    }

    @Test
    void itStaysNoLongerThanThePolicyOfTheOtherRepositoryKeepsIt() {
        RetentionPlan plan = plan(days(0, 40), silent(THIRTY_DAYS), 40);

        assertThat(plan.leaving()).hasSize(9);
        assertThat(plan.leavingWal().getFirst().segments()).isEqualTo(9 * 24 + 1);
        assertThat(plan.leavingWal()).hasSize(1);
    }

    /** Its backups of days 4 and 5 are in the other repository alone; of their WAL it has that of day 5. */
    @Test
    void ownWalStaysForBackupsThatAreStillToBeCopiedHere() {
        SimulatedArchive here = days(0, 4).wal(1, 5 * 24L, day(5), day(10).minusSeconds(1), Duration.ofHours(1));
        for (int day = 8; day < 10; day++) {
            here.backup(1, day * 24L + 1, day * 24L + 1, day(day).plus(Duration.ofHours(2)));
        }
        RetentionCatalog held = here.catalog();
        RetentionSettings daily = new RetentionSettings(
                Optional.of(RetentionPolicy.parse("REDUNDANCY 1")),
                Optional.empty(),
                LongTermRule.parseAll("daily 5"),
                1);
        List<Lagging> others = List.of(answers(RetentionSettings.NONE, days(4, 10)));
        Awaited awaited = Awaited.of(held, others, day(10)).withBackupsToCome(held, Set.of(), daily, others, day(10));

        RetentionPlan plan = RetentionPlanner.plan(daily, held, awaited, day(10));

        assertThat(RetentionPlanner.plan(daily, held, Awaited.of(held, others, day(10)), day(10))
                        .leavingWal())
                .as("before")
                .anyMatch(fate -> fate.last().index(SimulatedArchive.SIZE) > 5 * 24 + 1);
        for (int day : List.of(6, 7)) {
            long place = day * 24L + 1;
            assertThat(plan.leavingWal())
                    .noneMatch(fate -> fate.first().index(SimulatedArchive.SIZE) <= place
                            && place <= fate.last().index(SimulatedArchive.SIZE));
        }
        assertThat(plan.wal()).anyMatch(fate -> fate.reason().equals(Optional.of(WalReason.BACKUP_TO_COME)));
        assertThat(plan.leavingWal()).isNotEmpty();
    }

    /** It may have a backup that is still to be copied here, whatever its own policy makes of it later. */
    @Test
    void ownWalStaysForABackupThatOnlyASilentRepositoryMayHave() {
        RetentionSettings one = window("REDUNDANCY 1");

        assertThat(leavingWal(window("REDUNDANCY 3"), lastOfThreeDays(), silent(one)))
                .isEmpty();
        assertThat(leavingWal(one, lastOfThreeDays(), silent(one)))
                .as("its own backup is enough")
                .isNotEmpty();
        assertThat(leavingWal(window("REDUNDANCY 3"), lastOfThreeDays(), answers(one, lastOfThreeDays())))
                .as("there is none")
                .isNotEmpty();
    }

    @Test
    void ownWalStaysForABackupThatRunsInAnotherRepository() {
        SimulatedArchive running = new SimulatedArchive().unfinished(day(1), Optional.of(SimulatedArchive.at(30)));

        assertThat(leavingWal(window("REDUNDANCY 1"), lastOfThreeDays(), answers(window("REDUNDANCY 1"), running)))
                .singleElement()
                .satisfies(fate ->
                        assertThat(fate.last().index(SimulatedArchive.SIZE)).isEqualTo(29));
    }

    /** WAL of three days, and the backup of the last one. */
    private static SimulatedArchive lastOfThreeDays() {
        SimulatedArchive archive =
                new SimulatedArchive().wal(1, 0, day(0), day(3).minusSeconds(1), Duration.ofHours(1));
        archive.backup(1, 2 * 24L + 1, 2 * 24L + 1, day(2).plus(Duration.ofHours(2)));
        return archive;
    }

    private static List<WalFate> leavingWal(RetentionSettings own, SimulatedArchive here, Lagging other) {
        RetentionCatalog held = here.catalog();
        List<Lagging> others = List.of(other);
        Awaited awaited = Awaited.of(held, others, day(3)).withBackupsToCome(held, Set.of(), own, others, day(3));
        return RetentionPlanner.plan(own, held, awaited, day(3)).leavingWal();
    }

    /** No sync can ever copy it. */
    @Test
    void noRepositoryWaitsForABackupWhoseWalNeitherHas() {
        BackupId second = ids(1, 2).getFirst();
        SimulatedArchive held = days(0, 10).broken(second, "lacks WAL");

        RetentionPlan plan = plan(held, answers(THIRTY_DAYS, days(4, 10)), 10);

        assertThat(plan.awaitedBackups()).extracting(each -> each.id()).doesNotContain(second);
        assertThat(plan.leaving()).extracting(each -> each.id()).contains(second);
        assertThat(plan(days(0, 10), answers(THIRTY_DAYS, days(4, 10)), 10).awaitedBackups())
                .as("before it broke")
                .extracting(each -> each.id())
                .contains(second);
    }

    @Test
    void aRepositoryWithoutAPolicyWaitsForEverything() {
        assertThat(plan(days(0, 40), silent(RetentionSettings.NONE), 40).removesNothing())
                .isTrue();
    }

    @Test
    void nothingStaysForARepositoryThatHasEverything() {
        RetentionCatalog alone = days(0, 10).catalog();

        assertThat(plan(days(0, 10), answers(THIRTY_DAYS, days(0, 10)), 10))
                .isEqualTo(RetentionPlanner.plan(THREE_DAYS, alone, day(10)));
    }

    @Test
    void onlyWhatARepositoryLacksStaysForIt() {
        RetentionPlan plan = plan(days(0, 10), answers(THIRTY_DAYS, days(0, 4)), 10);

        assertThat(plan.leaving()).extracting(each -> each.id()).containsExactlyElementsOf(ids(0, 4));
        assertThat(plan.awaitedBackups()).extracting(each -> each.id()).containsExactlyElementsOf(ids(4, 6));
        assertThat(plan.leavingWal()).singleElement().satisfies(fate -> {
            assertThat(fate.first().index(SimulatedArchive.SIZE)).isZero();
            assertThat(fate.last().index(SimulatedArchive.SIZE)).isEqualTo(4 * 24 - 1);
        });
    }

    /** The older repository has the backup from which the WAL is needed, and this one expired it before. */
    @Test
    void walStaysForABackupThatOnlyTheOtherRepositoryHas() {
        SimulatedArchive held = new SimulatedArchive().wal(1, 24, day(1), day(10).minusSeconds(1), Duration.ofHours(1));
        for (int day = 5; day < 10; day++) {
            held.backup(1, day * 24L + 1, day * 24L + 1, day(day).plus(Duration.ofHours(2)));
        }

        assertThat(plan(held, answers(THIRTY_DAYS, days(0, 1)), 10).leavingWal())
                .isEmpty();
        assertThat(plan(held, silent(THIRTY_DAYS), 10).leavingWal()).isEmpty();
    }

    @Test
    void nothingStaysForARepositoryThatRemovedIt() {
        RetentionCatalog catalog = days(0, 10).catalog();
        List<BackupId> all = catalog.backups().stream().map(each -> each.id()).toList();
        Lagging other = new Lagging(
                "offsite",
                THIRTY_DAYS,
                Optional.of(new Contents(
                        List.of(), List.of(), Set.copyOf(all), new WalInventory(List.of()), Optional.empty())),
                Copies.BACKUPS_AND_WAL);

        assertThat(plan(days(0, 10), other, 10).leaving()).hasSize(6);
    }

    /** Both have the backup of day 0; the other one keeps it, and lacks the WAL since day 2. */
    @Test
    void aBackupThatTheOtherRepositoryKeepsNeedsItsWal() {
        SimulatedArchive there = days(0, 2);
        BackupId first = ids(0, 1).getFirst();
        there.keep(first, new Keep(WalScope.FULL, Optional.empty(), Optional.empty()));

        RetentionPlan plan = plan(days(0, 10), answers(window("REDUNDANCY 1"), there), 20);

        assertThat(plan.leavingWal().stream().map(each -> each.last().index(SimulatedArchive.SIZE)))
                .allMatch(last -> last < 2 * 24);
    }

    /** It lacks the WAL since day 7, which its last sound backup needs; here, that of day 8 is sound. */
    @Test
    void aBackupThatIsDamagedInTheOtherRepositoryDoesNotCountThere() {
        SimulatedArchive there = days(0, 7);
        there.backup(1, 7 * 24L + 1, 7 * 24L + 1, day(7).plus(Duration.ofHours(2)));
        there.broken(there.backup(1, 8 * 24L + 1, 8 * 24L + 1, day(8).plus(Duration.ofHours(2))), "it is damaged");

        RetentionPlan plan = plan(days(0, 9), answers(window("REDUNDANCY 1"), there), 20);

        assertThat(plan.leavingWal().getLast().last().index(SimulatedArchive.SIZE))
                .isEqualTo(7 * 24);
    }

    /** sync copies no backup to it, but delivers what is queued, and its own backups need that. */
    @Test
    void aRepositoryWithOtherKeysWaitsForTheWalAfterItsOwnBackups() {
        RetentionCatalog there = days(0, 2).catalog();
        Lagging other = new Lagging("offsite", THIRTY_DAYS, Optional.of(new Contents(there, Set.of())), Copies.WAL);

        RetentionPlan plan = plan(days(0, 10), other, 10);

        assertThat(plan.awaitedBackups()).isEmpty();
        assertThat(plan.leaving()).hasSize(6);
        assertThat(plan.leavingWal().stream().map(each -> each.last().index(SimulatedArchive.SIZE)))
                .allMatch(last -> last < 2 * 24);
    }

    /** Somebody deleted the newest two from the other repository while this one was away. */
    @Test
    void aRepositoryCountsNoBackupThatItRemoved() {
        RetentionCatalog there = days(0, 2).catalog();
        Lagging other = new Lagging(
                "offsite",
                window("REDUNDANCY 2"),
                Optional.of(new Contents(there, Set.copyOf(ids(8, 10)))),
                Copies.BACKUPS_AND_WAL);

        RetentionPlan plan = plan(days(0, 10), other, 20);

        assertThat(plan.awaitedBackups()).extracting(each -> each.id()).containsExactlyElementsOf(ids(6, 8));
    }

    @Test
    void theWalStaysWhereAnOperatorDeletesBackups() {
        RetentionCatalog catalog = days(0, 10).catalog();
        Awaited awaited = Awaited.of(catalog, List.of(silent(THIRTY_DAYS)), day(10));

        RetentionPlan plan = RetentionPlanner.without(Set.copyOf(ids(0, 2)), catalog, awaited.walAlone(), day(10));

        assertThat(plan.leaving()).hasSize(2);
        assertThat(plan.leavingWal()).isEmpty();
    }

    private static List<BackupId> ids(int from, int until) {
        return days(from, until).catalog().backups().stream()
                .map(each -> each.id())
                .sorted()
                .toList();
    }
}
