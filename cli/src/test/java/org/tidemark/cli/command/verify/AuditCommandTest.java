// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.RejectedContent;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.ScheduledRuns;
import org.tidemark.catalog.ScheduledRuns.Claimant;
import org.tidemark.catalog.ScheduledRuns.Outcome;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Tombstone;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.RunKeys;
import org.tidemark.catalog.layout.ScheduledTask;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.HostName;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** What was done to the golden repository's two backups, and to a copy of it. */
class AuditCommandTest extends TwoRepositories {
    private static final String HOST = host();

    private static String host() {
        try {
            return HostName.ofThisMachine();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    @BeforeEach
    void twoRepositories() throws IOException {
        unpackGolden();
    }

    private interface Doing {
        void act(ClusterArchive archive) throws IOException;
    }

    private void in(String name, Doing doing) throws IOException {
        try (ObjectStore store = store(name)) {
            doing.act(Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst());
        }
    }

    private String audit(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "audit";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return must(all).data();
    }

    @Test
    void whatWasDeletedKeptAndReleasedIsShownWithItsHost() {
        must("keep", OLDER, "--until", "2199-11-01", "--note", "before 5.0", "--repository", "local");
        assertThat(audit())
                .containsPattern(
                        "local +" + HOST + " +keep +" + OLDER + ": full, until 2199-11-01 23:59:59Z: before 5\\.0\\n");
        must("keep", OLDER, "--release", "--repository", "local");
        must("delete", OLDER, "--repository", "local", "--force");

        assertThat(audit("--repository", "local"))
                .containsPattern("TIME \\(UTC\\) +REPOSITORY +HOST +ACT +WHAT\\n")
                .containsOnlyOnce(" keep released ")
                .containsPattern("local +" + HOST + " +keep released +" + OLDER + "\\n")
                .containsPattern("local +" + HOST + " +backup deleted +" + OLDER + ": \\w+");
        String both = audit("--since", "2000-01-01 00:00:00Z");
        assertThat(both)
                .containsPattern("2026-11-20 06:30 +offsite +\\S+ +backup taken +" + OLDER + "\\n")
                .containsPattern("2026-11-20 06:30 +local +\\S+ +backup taken +" + LATEST + "\\n")
                .doesNotContainPattern("local +\\S+ +backup taken +" + OLDER + "\\n")
                .doesNotContainPattern("offsite +" + HOST + " +backup deleted");
        assertThat(both.indexOf("backup deleted")).isLessThan(both.indexOf("keep released"));
        assertThat(both.indexOf("keep released")).isLessThan(both.indexOf("backup taken"));
    }

    /** The store refused, or somebody kept it in the last moment. */
    @Test
    void aBackupThatIsStillThereWasNotDeleted() throws IOException {
        in(
                "local",
                archive -> archive.backups()
                        .noteRemoval(new Tombstone(new BackupId(OLDER), now, now, "db1", "REDUNDANCY 1")));

        assertThat(audit()).doesNotContain("backup deleted");
    }

    @Test
    void theLastKeepOfADeletedBackupIsShown() throws IOException {
        in(
                "local",
                archive -> archive.backups()
                        .mark(
                                new BackupId(OLDER),
                                new Mark.Kept(
                                        now.minusSeconds(60),
                                        Mark.Kept.Target.STANDALONE,
                                        Optional.of(now.minusSeconds(30)),
                                        Optional.empty(),
                                        Optional.of("db5"))));
        must("delete", OLDER, "--repository", "local", "--force");

        assertThat(audit("--repository", "local"))
                .doesNotContain("released")
                .containsPattern("local +db5 +keep +" + OLDER + ": standalone, until 2");
    }

    @Test
    void onlyWhatWasDoneSinceThenIsShown() throws IOException {
        in("local", archive -> {
            for (int days : new int[] {29, 31, 300}) {
                archive.backups()
                        .mark(
                                archive.backups().list().getFirst().id(),
                                new Mark.Released(now.minus(Duration.ofDays(days)), Optional.of("host" + days)));
            }
        });

        assertThat(audit()).contains("host29").doesNotContain("host31", "host300");
        assertThat(audit("--since", "299d")).contains("host29", "host31").doesNotContain("host300");
        assertThat(audit("--since", "301d")).contains("host29", "host31", "host300");
        assertThat(audit("--since", "1h")).doesNotContain("released", "taken");
        ProgramRun wrong = run("audit", "--since", "yesterday");
        assertThat(wrong.status()).isEqualTo(2);
        assertThat(wrong.talk())
                .contains("'yesterday' is not a time", "Write an age, such as 12h or 365d. For a time: ");
    }

    @Test
    void aMarkOfAnEarlierProgramHasNoHost() throws IOException {
        in(
                "local",
                archive -> archive.backups()
                        .mark(archive.backups().list().getFirst().id(), new Mark.Released(now, Optional.empty())));

        assertThat(audit())
                .containsPattern("local +- +keep released +" + OLDER)
                .containsPattern("local +- +timeline begun +timeline 2: a promotion or a restore left timeline 1 at ");
        JsonNode act = json(run("audit", "--json"))
                .at("/acts")
                .valueStream()
                .filter(each -> each.at("/act").stringValue().equals("backup-released"))
                .findFirst()
                .orElseThrow();
        assertThat(act.has("host")).isFalse();
    }

    @Test
    void walThatWasDroppedOrRejectedAndKeysAndDamageAreShown() throws IOException {
        Segment segment = WalNames.requireSegment("00000001000000A900000070");
        in("offsite", archive -> {
            archive.wal()
                    .gaps()
                    .noteGivenUp(new GivenUpWal(segment, segment, now, "db9", "pg_wal was about to fill its disk"));
            archive.backups().markWal(new Mark.Proven(now, "0123456789abcdef"));
            archive.backups().markWal(new Mark.Verified(now, 2, Mark.Scope.ALL));
            archive.backups().markWal(new Mark.Verified(now, 0, Mark.Scope.ALL));
            archive.repository()
                    .withRepairs()
                    .repairs()
                    .orElseThrow()
                    .reject(archive.identity().keys().of(segment), new RejectedContent(Optional.empty(), now, "db8"));
        });

        assertThat(audit())
                .containsPattern(
                        "offsite +db9 +WAL dropped +" + segment.name() + ": pg_wal was about to fill its disk\\n")
                .containsPattern("offsite +- +key proven +0123456789abcdef\\n")
                .containsOnlyOnce("damage found")
                .containsPattern("offsite +- +damage found +wal: 2 objects are damaged or missing\\n")
                .containsPattern("offsite +db8 +WAL rejected +wal/00000001/000000A9/" + segment.name() + "\\n");
    }

    @Test
    void tasksAreShownAsTheyEnded() throws IOException {
        in("local", archive -> {
            ScheduledRuns runs = new ScheduledRuns(
                    archive.repository().store(), archive.identity().keys());
            Claimant claimant = new Claimant("db7", "spool");
            RunKeys backup = runs.run(ScheduledTask.BACKUP, now.minusSeconds(60));
            runs.begin(backup, 1, claimant, now);
            runs.end(backup, 1, new Outcome(now, false, 10, "no server answers"));
            runs.begin(backup, 2, claimant, now);
            runs.end(backup, 2, new Outcome(now, true, 0, ""));
            RunKeys running = runs.run(ScheduledTask.VERIFY, now.minusSeconds(50));
            runs.begin(running, 1, claimant, now);
        });

        assertThat(audit())
                .containsPattern("local +db7 +task failed +backup of 2\\S+ \\S+Z: no server answers\\n")
                .containsPattern("local +db7 +task done +backup of 2\\S+ \\S+Z\\n")
                .doesNotContain("verify of");
    }

    @Test
    void aRepositoryThatIsGoneIsNamedAndTheOtherIsShown() throws IOException {
        must("keep", OLDER);
        Path gone = root.resolve("offsite");
        Files.move(gone, root.resolve("unmounted"));

        ProgramRun run = run("audit");

        assertThat(run.status()).isEqualTo(10);
        assertThat(run.data()).containsPattern("local +" + HOST + " +keep +" + OLDER);
        assertThat(run.talk()).contains("'offsite' is left out");
    }
}
