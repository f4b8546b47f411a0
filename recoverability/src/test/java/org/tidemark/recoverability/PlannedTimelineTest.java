// SPDX-License-Identifier: Apache-2.0
package org.tidemark.recoverability;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.PlannedTimeline.Span;
import org.tidemark.testkit.Rounds;

class PlannedTimelineTest {
    private static List<PlannedTimeline> of(CatalogSnapshot catalog) {
        return PlannedTimeline.of(catalog, RecoverableIntervals.of(catalog), new NewestCommit.NotLookedAt());
    }

    @Test
    void eachBackupLeadsToTheMomentsUpToTheNextAndTheLastSegmentIsNotSure() {
        PlannedTimeline planned = of(new Archives()
                        .wal(1, 1, 40)
                        .backup("A", 1, 5)
                        .backup("B", 1, 15)
                        .build())
                .getFirst();

        assertThat(planned.isNamed()).isFalse();
        assertThat(planned.spans())
                .extracting(Span::from, Span::backup, Span::first, Span::isSure)
                .startsWith(tuple(minute(5), "A", segment(1, 5), true), tuple(minute(15), "B", segment(1, 15), true));
        Span last = planned.spans().getLast();
        assertThat(last.isSure()).isFalse();
        assertThat(last.from()).isEqualTo(minute(39).plusNanos(1000));
    }

    @Test
    void aCommitIsKnownToFollowEachMomentBeforeTheNewest() {
        CatalogSnapshot catalog = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .commit(1, 40, 7, 39)
                .build();
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        PlannedTimeline planned = PlannedTimeline.of(catalog, recoverable, NewestCommit.of(catalog, recoverable))
                .getFirst();
        PlannedTimeline later = PlannedTimeline.of(
                        catalog,
                        recoverable,
                        new NewestCommit.Found(new LastCommit(7, minute(39).plusSeconds(30), Archives.at(40, 64))))
                .getFirst();

        assertThat(planned.spans())
                .extracting(Span::from, Span::until, Span::isSure)
                .containsExactly(tuple(minute(5), minute(39), true));
        assertThat(later.spans())
                .extracting(Span::from, Span::until, Span::isSure)
                .containsExactly(tuple(minute(5), minute(39).plusSeconds(30), true));
    }

    /** On a quiet server segments are stored long after the last commit: PostgreSQL would not reach a time there. */
    @Test
    void noMomentAfterTheNewestCommitIsPlanned() {
        CatalogSnapshot catalog = new Archives()
                .wal(1, 1, 40)
                .backup("A", 1, 5)
                .backup("B", 1, 30)
                .build();
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);
        PlannedTimeline quiet = PlannedTimeline.of(
                        catalog,
                        recoverable,
                        new NewestCommit.Found(new LastCommit(7, minute(20), Archives.at(21, 64))))
                .getFirst();
        PlannedTimeline none = PlannedTimeline.of(catalog, recoverable, new NewestCommit.NoneIn(4))
                .getFirst();

        assertThat(quiet.spans())
                .extracting(Span::from, Span::until, Span::backup, Span::isSure)
                .containsExactly(tuple(minute(5), minute(20), "A", true));
        assertThat(none.spans().getLast().isSure()).isFalse();
    }

    @Test
    void aBackupWithDamagedPagesIsPassedOverForAnOlderOneThatIsNotNear() {
        Archives archives = new Archives().wal(1, 1, 100).backup("A", 1, 5);
        for (int i = 0; i < 10; i++) {
            archives.damagedBackup("D" + i, 1, 15L + 2L * i);
        }
        CatalogSnapshot catalog = archives.build();

        PlannedTimeline planned = of(catalog).getFirst();
        RecoveryPlan plan = new RecoveryPlanner().plan(planned.request(minute(60)), catalog);

        assertThat(at(planned, minute(60)).orElseThrow().backup())
                .isEqualTo(((RecoveryPlan.Chosen) plan).backup().id())
                .isEqualTo("A");
    }

    @Test
    void noMomentAfterAHoleIsPlannedUpToTheNextBackup() {
        PlannedTimeline planned = of(new Archives()
                        .wal(1, 1, 10)
                        .wal(1, 12, 40)
                        .backup("A", 1, 5)
                        .backup("B", 1, 15)
                        .build())
                .getFirst();

        assertThat(at(planned, minute(10))).isPresent();
        assertThat(at(planned, minute(12))).isEmpty();
        assertThat(at(planned, minute(15)).map(Span::backup)).contains("B");
    }

    @Test
    void aSpanSaysWhatThePlannerSays() {
        Random random = Rounds.random();
        Said said = new Said();
        for (int round = 0; round < Rounds.of(40, 4000); round++) {
            RandomArchives archives = new RandomArchives(random);
            said.compare((random.nextBoolean() ? archives.next() : archives.nextInOrder()).build(), random);
        }
        said.mustHaveBeenOfBothKinds();
    }

    /** More than are near a moment, and some of them damaged. */
    @Test
    void itSaysSoAmongManyBackups() {
        Random random = Rounds.random();
        Said said = new Said();
        for (int round = 0; round < Rounds.of(20, 1000); round++) {
            Archives archives = new Archives();
            long hole = 10L + random.nextInt(60);
            archives.wal(1, 1, hole - 1);
            archives.wal(1, hole + random.nextInt(2), 80);
            for (int index = 2; index < 60; index++) {
                switch (random.nextInt(4)) {
                    case 0 -> archives.damagedBackup("D" + index, 1, index);
                    case 1, 2 -> archives.backup("B" + index, 1, index);
                    default -> {}
                }
            }
            said.compare(archives.build(), random);
        }
        said.mustHaveBeenOfBothKinds();
    }

    /** What was compared with the planner. */
    private static final class Said {
        private int sure;
        private int unsure;

        /** At random moments, and beside each border. */
        void compare(CatalogSnapshot catalog, Random random) {
            for (PlannedTimeline planned : of(catalog)) {
                for (int i = 0; i < 200; i++) {
                    compare(planned, minute(-5).plusMillis(random.nextInt(90 * 60_000)), catalog);
                }
                for (Span each : planned.spans()) {
                    for (Instant border : List.of(each.from(), each.until())) {
                        compare(planned, border, catalog);
                        compare(planned, border.minusNanos(1000), catalog);
                    }
                }
            }
        }

        private void compare(PlannedTimeline planned, Instant moment, CatalogSnapshot catalog) {
            Optional<Span> said = at(planned, moment);
            RecoveryPlan plan = new RecoveryPlanner().plan(planned.request(moment), catalog);
            if (plan instanceof RecoveryPlan.Chosen chosen && plan.problems().isEmpty()) {
                assertThat(said).as("%s of %s", moment, planned).isPresent();
                assertThat(said.get().backup())
                        .as("%s of %s", moment, planned)
                        .isEqualTo(chosen.backup().id());
                assertThat(said.get().isSure())
                        .as("%s of %s", moment, planned)
                        .isEqualTo(PlannedTimeline.isSure(chosen));
                assertThat(said.get().first())
                        .isEqualTo(chosen.wal().runs().getFirst().first());
                sure += said.get().isSure() ? 1 : 0;
                unsure += said.get().isSure() ? 0 : 1;
            } else {
                assertThat(said).as("%s of %s: %s", moment, planned, plan).isEmpty();
            }
        }

        void mustHaveBeenOfBothKinds() {
            assertThat(sure).isPositive();
            assertThat(unsure).isPositive();
        }
    }

    @Test
    void theNewestOfManyBackupsArePlannedWithinTheLimit() {
        Archives archives = new Archives().wal(1, 1, 20_100);
        for (int i = 0; i < 10_000; i++) {
            archives.backup("B" + i, 1, 5L + 2L * i);
        }
        CatalogSnapshot catalog = archives.build();
        RecoverableIntervals recoverable = RecoverableIntervals.of(catalog);

        PlannedTimeline planned = PlannedTimeline.of(catalog, recoverable, new NewestCommit.NotLookedAt())
                .getFirst();

        assertThat(planned.spans()).as("about 1000 in a second").hasSizeGreaterThan(1);
        assertThat(planned.spans().getLast().backup()).isEqualTo("B9999");
        assertThat(planned.lookedAtFrom()).isBefore(planned.spans().get(1).from());
    }

    private static Optional<Span> at(PlannedTimeline planned, Instant moment) {
        return planned.spans().stream()
                .filter(each -> !moment.isBefore(each.from()) && moment.isBefore(each.until()))
                .findFirst();
    }
}
