// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.catalog.HeldEvidence;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.StoredArchive;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.Kept;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.session.StoredSession;
import org.tidemark.watch.audit.Act.Kind;

class AuditTrailTest {
    private static final Instant BEGIN = Instant.parse("2026-03-01T00:00:00Z");

    @TempDir
    private Path directory;

    private StoredSession stored;

    @BeforeEach
    void open() throws IOException {
        stored = StoredSession.ofTwo(directory, BEGIN);
    }

    @AfterEach
    void close() {
        stored.close();
    }

    private static Instant day(int number) {
        return BEGIN.plus(number, ChronoUnit.DAYS);
    }

    private List<Act> acts(Instant since) {
        return AuditTrail.of(stored.session(), since, day(100)).acts();
    }

    private void mark(BackupId id, Mark mark) throws IOException {
        stored.in("near").archive().backups().mark(id, mark);
    }

    @Test
    void whatWasDoneToABackupIsToldTheNewestFirst() throws IOException {
        BackupId id = stored.in("near").backup(1, 1, 2);
        mark(id, new Kept(day(1), Kept.Target.FULL, Optional.of(day(9)), Optional.of("case 7"), Optional.of("db1")));
        mark(id, new Mark.Released(day(2), Optional.of("db2")));
        mark(id, new Mark.Verified(day(3), 0, Mark.Scope.ALL));
        mark(id, new Mark.Verified(day(4), 2, Mark.Scope.ALL));
        mark(id, new Mark.Annotated(day(5), "before 5.0"));

        List<Act> acts = acts(BEGIN);

        assertThat(acts)
                .extracting(Act::kind)
                .containsExactly(Kind.DAMAGE_FOUND, Kind.BACKUP_RELEASED, Kind.BACKUP_KEPT, Kind.BACKUP_TAKEN);
        assertThat(acts)
                .allMatch(each ->
                        each.subject().equals(id.value()) && each.repository().equals("near"));
        assertThat(acts.getFirst().details()).isEqualTo("2 objects are damaged or missing");
        assertThat(acts.get(2).details()).isEqualTo("full, until 2026-03-10 00:00:00Z: case 7");
        assertThat(acts.get(2).host()).contains("db1");
        assertThat(acts(day(3))).extracting(Act::kind).containsExactly(Kind.DAMAGE_FOUND);
    }

    @Test
    void aDrillIsToldByWhatItCameToAndItsRestoreIsNotToldBeside() throws IOException {
        BackupId id = stored.in("near").backup(1, 1, 2);
        DrillChains chains = new DrillChains(stored.store("near"), StoredArchive.IDENTITY.keys());
        DrillKeys own = new DrillKeys(StoredArchive.IDENTITY.keys(), UUID.randomUUID(), UUID.randomUUID());
        DrillEvidence passed = HeldEvidence.proven(StoredArchive.IDENTITY.keys(), "1", id.value(), day(2));
        chains.append(own, passed);
        chains.append(own, HeldEvidence.failed(StoredArchive.IDENTITY.keys(), "2", id.value(), day(3), "wal"));
        chains.append(new DrillKeys(StoredArchive.IDENTITY.keys(), UUID.randomUUID(), UUID.randomUUID()), passed);
        mark(id, restored(id, passed.host(), passed.ended().minusSeconds(1)));
        mark(id, restored(id, passed.host(), day(4)));

        List<Act> acts = acts(BEGIN);

        assertThat(acts)
                .extracting(Act::kind)
                .containsExactly(Kind.BACKUP_RESTORED, Kind.DRILL_FAILED, Kind.DRILL_PASSED, Kind.BACKUP_TAKEN);
        assertThat(acts.get(1).subject()).isEqualTo(id.value());
        assertThat(acts.get(1).details()).endsWith(": moment, by the WAL");
        assertThat(acts.get(2).details()).isEqualTo("to the end of the archived WAL");
    }

    private static Mark.Restored restored(BackupId id, String host, Instant at) {
        return new Mark.Restored(at, id, host, Optional.empty(), Optional.empty(), Optional.empty());
    }

    @Test
    void aBackupIsDeletedWhenItIsNotThereAnyMore() throws IOException {
        BackupId id = stored.in("near").backup(1, 1, 2);
        Mark keep = new Kept(day(1), Kept.Target.STANDALONE, Optional.empty(), Optional.empty(), Optional.of("db1"));
        stored.in("near")
                .archive()
                .backups()
                .noteRemoval(new Tombstone(id, BEGIN, day(2), "db1", "deleted", Optional.of(keep)));
        assertThat(acts(BEGIN))
                .as("it is announced, and nothing is gone")
                .extracting(Act::kind)
                .containsExactly(Kind.BACKUP_TAKEN);

        stored.store("near")
                .delete(List.of(StoredArchive.IDENTITY.keys().backup(id).backup()));

        assertThat(acts(BEGIN)).extracting(Act::kind).containsExactly(Kind.BACKUP_DELETED, Kind.BACKUP_KEPT);
        assertThat(acts(BEGIN).getFirst().details()).isEqualTo("deleted");
    }

    @Test
    void eachRepositoryTellsOfItsOwnCopy() throws IOException {
        stored.in("near").backup(1, 1, 2);
        stored.in("far").backup(1, 1, 2);
        assertThat(acts(BEGIN)).extracting(Act::repository).containsExactlyInAnyOrder("near", "far");

        stored.remove("far");
        AuditTrail trail = AuditTrail.of(stored.session(), BEGIN, day(100));
        assertThat(trail.acts()).extracting(Act::repository).containsExactly("near");
        assertThat(trail.repositories().failures()).containsOnlyKeys("far");
    }

    @Test
    void aTaskIsDoneOrFailedOrCutOff() throws IOException {
        ScheduledRuns runs = new ScheduledRuns(stored.store("near"), StoredArchive.IDENTITY.keys());
        Claimant claimant = new Claimant("db1", "0011");
        RunKeys done = runs.run(ScheduledTask.BACKUP, day(1));
        runs.begin(done, 1, claimant, day(1));
        runs.end(done, 1, new Outcome(day(1).plusSeconds(60), true, 0, ""));
        RunKeys failed = runs.run(ScheduledTask.BACKUP, day(2));
        runs.begin(failed, 1, claimant, day(2));
        runs.end(failed, 1, new Outcome(day(2).plusSeconds(60), false, 12, "the disk is full"));
        RunKeys runsNow = runs.run(ScheduledTask.BACKUP, day(3));
        runs.begin(runsNow, 1, claimant, day(3));

        Instant soon = Instant.now().plus(Duration.ofMinutes(1));
        assertThat(AuditTrail.of(stored.session(), BEGIN, soon).acts())
                .extracting(Act::kind)
                .containsExactly(Kind.TASK_FAILED, Kind.TASK_DONE);
        assertThat(AuditTrail.of(stored.session(), BEGIN, soon)
                        .acts()
                        .getFirst()
                        .details())
                .isEqualTo("the disk is full");
        Instant later = Instant.now().plus(Duration.ofDays(2));
        assertThat(AuditTrail.of(stored.session(), BEGIN, later).acts())
                .extracting(Act::kind)
                .contains(Kind.TASK_CUT_OFF);
    }
}
