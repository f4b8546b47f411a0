// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.at;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.backup.BackupObjects;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;
import org.tidemark.store.ObjectKey;
import org.tidemark.testkit.Rounds;

class BackupProblemTest {
    private static List<BackupProblem> problems(Archives archives) {
        CatalogSnapshot catalog = archives.build();
        return catalog.problems(catalog.backups().getFirst());
    }

    private static Archives archives() {
        return new Archives().backup("A", 1, at(3, 0x28), at(5, 0x1000), OptionalLong.empty(), 0);
    }

    @Test
    void theLastSegmentMayBeThatOfATimelineThatFollowed() {
        assertThat(problems(archives().wal(1, 1, 4).wal(2, 5, 9).history(2, "1\t0/5002000\tpromoted")))
                .isEmpty();
    }

    @Test
    void theSegmentOfATimelineThatLeftBeforeDoesNotCount() {
        assertThat(problems(archives().wal(1, 1, 4).wal(2, 2, 9).history(2, "1\t0/2002000\tpromoted")))
                .singleElement()
                .isInstanceOf(BackupProblem.MissingWal.class);
    }

    @Test
    void aPartialSegmentCountsAsFarAsItGoes() {
        assertThat(problems(archives().wal(1, 1, 4).partial(1, 5, at(5, 0x2000))))
                .isEmpty();
        assertThat(problems(archives().wal(1, 1, 4).partial(1, 5, at(5, 0x800))))
                .hasSize(1);
    }

    @Test
    void withoutAHistoryNothingLeadsToIt() {
        Archives alone = new Archives().wal(2, 1, 9).backup("A", 2, 5);

        assertThat(problems(alone)).containsExactly(new BackupProblem.NoHistory(new Timeline(2)));
    }

    @Test
    void theHistoryOfALaterTimelineStandsForThatOfAnAncestor() {
        Archives later = new Archives()
                .wal(2, 1, 9)
                .wal(3, 9, 12)
                .history(3, "1\t0/1000100\tx\n2\t0/9000100\ty")
                .backup("A", 2, 5);

        assertThat(problems(later)).isEmpty();
    }

    /** The property that makes it one answer: a plan for the backup alone, on some timeline, has no problem. */
    @Test
    void aBackupHasNoProblemExactlyIfRecoverPlansItOnSomeTimeline() {
        RandomArchives random = new RandomArchives(Rounds.random());
        int usable = 0;
        int broken = 0;
        for (int round = 0; round < Rounds.of(300, 20_000); round++) {
            CatalogSnapshot catalog = random.next().build();
            for (BackupCandidate backup : catalog.backups()) {
                if (catalog.isAmbiguous(backup)) {
                    continue;
                }
                boolean isPlanned = choices(catalog)
                        .anyMatch(choice -> new RecoveryPlanner()
                                .plan(
                                        new RecoveryRequest(
                                                new RecoveryTarget.Immediate(), choice, Optional.of(backup.id())),
                                        catalog)
                                .problems()
                                .isEmpty());
                assertThat(catalog.problems(backup).isEmpty())
                        .as("round %d: %s of %s", round, backup, catalog)
                        .isEqualTo(isPlanned);
                usable += isPlanned ? 1 : 0;
                broken += isPlanned ? 0 : 1;
            }
        }
        assertThat(usable).isPositive();
        assertThat(broken).isPositive();
    }

    /**
     * As where a lifecycle rule has deleted all bundles: the plan names some, and does not take one after the other.
     */
    @Test
    void ofManyDamagedBackupsSomeAreNamed() {
        Archives many = new Archives().wal(1, 1, 3_100).backup("sound", 1, 1);
        for (int backup = 2; backup <= 3_000; backup++) {
            many.backup("B" + backup, 1, backup);
        }
        CatalogSnapshot catalog = many.build();
        BackupObjects.Lacking lacking = new BackupObjects.Lacking(
                Archives.MIDNIGHT, List.of(new BackupObjects.Flaw(new ObjectKey("main/bundle"), "is missing")), 1);
        List<BackupCandidate.Copy> copies =
                List.of(new BackupCandidate.Copy("local", Optional.empty(), Optional.of(lacking)));
        CatalogSnapshot damaged = catalog.withBackups(catalog.backups().stream()
                .map(backup -> backup.id().equals("sound") ? backup : backup.heldBy(copies))
                .toList());

        RecoveryPlan plan = new RecoveryPlanner().plan(RecoveryRequest.LATEST, damaged);

        assertThat(plan).isInstanceOfSatisfying(RecoveryPlan.Chosen.class, chosen -> {
            assertThat(chosen.backup().id()).isEqualTo("sound");
            assertThat(chosen.findings())
                    .extracting(PlanFinding::message)
                    .filteredOn(message -> message.contains("passed over"))
                    .hasSize(11)
                    .contains("2,989 more damaged backups were passed over");
        });
        assertThat(new RecoveryPlanner()
                        .plan(
                                RecoveryRequest.LATEST,
                                damaged.withBackups(damaged.backups().stream()
                                        .filter(BackupCandidate::isDamaged)
                                        .toList()))
                        .problems())
                .extracting(PlanFinding::message)
                .hasSize(11)
                .contains("2,989 more backups are damaged");
    }

    private static Stream<TimelineChoice> choices(CatalogSnapshot catalog) {
        return Stream.concat(
                Stream.of(TimelineChoice.LATEST, TimelineChoice.CURRENT),
                catalog.timelines().stream().map(TimelineChoice.Numbered::new));
    }
}
