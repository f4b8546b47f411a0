// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.recoverability.Archives.SIZE;
import static org.tidemark.recoverability.Archives.at;
import static org.tidemark.recoverability.Archives.minute;
import static org.tidemark.recoverability.Archives.segment;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RandomArchives;
import org.tidemark.recoverability.RequiredWal;
import org.tidemark.recoverability.TimelineChoice;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.testkit.Rounds;

/** Plans for random archives: timelines that fork anywhere, holes, backups of abandoned parts. */
class RestorePlanPropertiesTest {
    private final Random random = Rounds.random();
    private final RandomArchives archives = new RandomArchives(random);

    @Test
    void aPlanWithoutProblemsReadsOnlyArchivedWalOfThePathWithoutAHole() {
        int carriedOut = 0;
        int rounds = Rounds.of(3_000, 100_000);

        for (int round = 0; round < rounds; round++) {
            CatalogSnapshot catalog = archives.next().build();
            RestoreRequest request = randomRequest();
            RestorePlan plan = new RestorePlanner().plan(request, catalog);
            assertThat(plan.findings())
                    .as("one form of times")
                    .noneMatch(each -> (each.message() + each.hint()).matches("(?s).*\\d-\\d\\dT\\d\\d:.*"));
            if (plan.problems().isEmpty()) {
                carriedOut++;
                check((Chosen) plan);
            }
        }

        assertThat(carriedOut).isGreaterThan(rounds / 20);
    }

    private void check(Chosen plan) {
        TimelineHistory history = TimelineHistory.parse(
                plan.timeline(),
                archives.histories().getOrDefault(plan.timeline().id(), ""));
        List<Segment> read = new ArrayList<>();
        for (RequiredWal.Run run : plan.wal().runs()) {
            for (Segment each = run.first(); each.compareTo(run.last()) <= 0; each = each.next(SIZE)) {
                read.add(each);
            }
        }
        BackupCandidate backup = plan.backup();
        assertThat(history.passes(backup.timeline(), backup.stopLsn())).isTrue();
        assertThat(archives.archived()).containsAll(read);
        assertThat(plan.wal().segments()).isEqualTo(read.size());
        for (int i = 0; i < read.size(); i++) {
            Segment segment = read.get(i);
            Optional<Lsn> end = history.endOf(segment.timeline());
            assertThat(history.includes(segment.timeline())).isTrue();
            if (end.isPresent()) {
                assertThat(segment.start(SIZE)).isLessThan(end.get());
                assertThat(!segment.end(SIZE).isAfter(end.get()) || i == read.size() - 1)
                        .as("%s is used whole, or at the very end", segment)
                        .isTrue();
            }
            if (plan.request().target() instanceof RecoveryTarget.AtXid
                    || plan.request().target() instanceof RecoveryTarget.AtRestorePoint) {
                continue; // the place of the target is not known, so a hole far after the backup is a warning
            }
            assertThat(segment.index(SIZE)).isEqualTo(SIZE.segmentNumber(backup.startLsn()) + i);
        }
        history.endOf(read.getLast().timeline())
                .ifPresent(end -> assertThat(backup.stopLsn()).isLessThanOrEqualTo(end));
        assertThat(read.stream().mapToLong(each -> each.index(SIZE)))
                .contains(SIZE.segmentNumber(backup.startLsn()), SIZE.segmentNumber(backup.stopLsn()));
        if (plan.request().target() instanceof RecoveryTarget.AtLsn target) {
            assertThat(read.getLast().index(SIZE)).isEqualTo(SIZE.segmentNumber(target.lsn()));
            assertThat(backup.stopLsn()).isLessThanOrEqualTo(target.lsn());
        }
        if (plan.request().target() instanceof RecoveryTarget.AtTime target) {
            assertThat(backup.ended()).isBeforeOrEqualTo(target.time());
        }
    }

    private RestoreRequest randomRequest() {
        RecoveryTarget target = switch (random.nextInt(6)) {
            case 0 -> new RecoveryTarget.Latest();
            case 1 -> new RecoveryTarget.Immediate();
            case 2 -> new RecoveryTarget.AtTime(minute(random.nextInt(25)), Bound.INCLUSIVE);
            case 3 -> new RecoveryTarget.AtLsn(at(random.nextInt(25), random.nextInt(0x20000)), Bound.EXCLUSIVE);
            case 4 -> new RecoveryTarget.AtXid(random.nextInt(25_000), Bound.INCLUSIVE);
            default -> new RecoveryTarget.AtRestorePoint("x");
        };
        RestoreRequest request = RestoreRequest.of(Path.of("/pg/restored"), target);
        return switch (random.nextInt(3)) {
            case 0 -> request;
            case 1 -> request.withTimeline(TimelineChoice.CURRENT);
            default -> request.withTimeline(new TimelineChoice.Numbered(new Timeline(1 + random.nextInt(4))));
        };
    }
}
