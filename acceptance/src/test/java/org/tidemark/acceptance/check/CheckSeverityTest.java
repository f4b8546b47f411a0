// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.TemporaryTree;

/** Each severity with the situation that makes it. The cluster is sound again after each test. */
@InTurn
class CheckSeverityTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static CheckedCluster cluster;

    @BeforeAll
    static void start() {
        cluster = new CheckedCluster(PostgresBinaries.oldestAndNewest().getLast(), "local");
        cluster.archive();
        cluster.host().must("backup");
    }

    @AfterAll
    static void stop() {
        cluster.close();
    }

    /** A test before may have configured another server while the archiver was at a file: it has this to do first. */
    private static void mustBeSound() {
        cluster.archive();
        Outcome check = cluster.host().run("check", "-v");
        assertThat(check.status()).as(check.data() + check.talk()).isZero();
    }

    @Test
    void aSoundSetUpWithAVariableBeforeOurWalPushIsProtected() {
        mustBeSound();
        assertThat(cluster.host().must("check").data()).contains("main · protected", "0 critical, 0 warnings");
    }

    @Test
    void anotherProgramsArchiveCommandIsCriticalBeforeAnythingIsLost() {
        cluster.archiveBy("/bin/true");
        assertThat(cluster.findings("archiving"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL archive_command does not call tidemark wal-push");
        cluster.archiveBy(cluster.ownCommand() + " || true");
        assertThat(cluster.findings("archiving"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL archive_command succeeds even if wal-push fails");
        cluster.archiveBy(cluster.ownCommand());
        mustBeSound();
    }

    @Test
    void aGapAfterTheNewestBackupIsCriticalUntilThereIsABackupAfterIt() throws IOException {
        Path aside = cluster.server().newDirectory("aside");
        cluster.archiveBy("cp %p " + aside + "/%f");
        String lost = cluster.archive();
        cluster.archiveBy(cluster.ownCommand());
        cluster.archive();

        assertThat(cluster.findings("holes"))
                .containsExactly(
                        "CRITICAL " + lost + " is not archived in 'local', and there is no backup after this gap:"
                                + " nothing that came after it can be restored");
        assertThat(cluster.host().run("check", "--nagios").status()).isEqualTo(2);

        Path found = cluster.server().dataDirectory().resolve("pg_wal").resolve(lost);
        Files.deleteIfExists(found);
        cluster.host().must("backup");
        assertThat(cluster.findings("holes"))
                .containsExactly(
                        "WARNING " + lost + " is not archived in 'local': a backup that was taken before this gap"
                                + " cannot be recovered past it");
        assertThat(cluster.hints("holes")).singleElement().asString().startsWith("Look for the segments in pg_wal");
        Files.copy(aside.resolve(lost), found, StandardCopyOption.REPLACE_EXISTING);
        cluster.own(found);
        assertThat(cluster.hints("holes"))
                .singleElement()
                .asString()
                .startsWith("pg_wal still has it, until the next checkpoint; archive it now: ")
                .endsWith(" " + found);
        cluster.host().must("wal-push", found.toString());
        mustBeSound();
    }

    /** Its checkpoint would remove what pg_wal alone still has. */
    @Test
    void aBackupFirstArchivesWhatPostgresqlWronglyCountsAsArchived() throws IOException {
        cluster.archive();
        cluster.archiveBy("/bin/true");
        String first = cluster.archive();
        String last = cluster.archive();
        cluster.archiveBy(cluster.ownCommand());
        cluster.archive();
        assertThat(cluster.findings("holes")).singleElement().asString().startsWith("CRITICAL ");

        Outcome backup = cluster.host().run("backup");

        assertThat(backup.status()).as(backup.talk()).isZero();
        assertThat(backup.talk())
                .contains("2 segments that PostgreSQL counts as archived, and no repository had, were archived from"
                        + " pg_wal: " + first + " to " + last);
        assertThat(cluster.findings("holes")).isEmpty();
        assertThat(cluster.host().must("backup").talk()).doesNotContain("no repository had");
        mustBeSound();
    }

    @Test
    void temporaryFilesOfKilledWritersAreCountedWhenTheyAreOlderThanADay() throws IOException {
        Path wal = cluster.stored("local", cluster.archive()).resolveSibling(".tmp-0123456789abcdef");
        Files.writeString(wal, "half a segment");
        cluster.own(wal);
        assertThat(cluster.findings("temporary-files")).isEmpty();

        Files.setLastModifiedTime(wal, FileTime.from(Instant.now().minus(Duration.ofHours(25))));
        assertThat(cluster.findings("temporary-files"))
                .containsExactly(
                        "WARNING 'local' holds 1 temporary file older than a day, of writers that were killed");
        Files.delete(wal);
    }

    @Test
    void aDataDirectoryThatIsMissingOrAnotherServersIsCritical() throws IOException {
        String right = cluster.server().dataDirectory().toString();
        cluster.configure(cluster.server(), "/nowhere/at/all", "");
        assertThat(cluster.findings("data-directory"))
                .containsExactly(
                        "CRITICAL cluster.main.data-directory is '/nowhere/at/all', and there is no such directory;"
                                + " the server's is '" + right + "'");
        cluster.configure(cluster.server(), cluster.host().directory().toString(), "");
        assertThat(cluster.findings("data-directory"))
                .singleElement()
                .asString()
                .startsWith("CRITICAL ")
                .endsWith("but the server that answers runs in '" + right + "'");
        cluster.configure(cluster.server(), right, "");
        assertThat(cluster.findings("data-directory")).containsExactly("OK '" + right + "' is the server's");
    }

    @Test
    void roomThatRunsOutIsAWarningAndTheRoomIsANumber() throws IOException {
        String directory = cluster.server().dataDirectory().toString();
        cluster.configure(cluster.server(), directory, "free-space = '100%'\n");
        assertThat(cluster.findings("free-space"))
                .singleElement()
                .asString()
                .matches("(WARNING|CRITICAL) .* of the disk of 'local' is free, .*");
        cluster.configure(cluster.server(), directory, "");

        assertThat(cluster.host().run("check", "--nagios").data())
                .containsPattern(" local_free-space_freeBytes=[1-9][0-9]*B;0:;0:;0")
                .containsPattern(" local_backup_ageSeconds=[0-9]+s;93600;;0")
                .containsPattern(" local_wal_ageSeconds=[0-9]+s")
                .containsPattern(" archiver_ready=[0-9]+ archiver_oldestReadySeconds=[0-9]+s;120;900;0");
    }

    @Test
    void aTimelineWithWalAndNoHistoryIsCritical() throws IOException {
        try (PostgresServer promoted = PostgresServer.of(cluster.server().binaries())
                .standbyOf(cluster.server())
                .from(cluster.server()
                        .takeBaseBackup(cluster.server().newDirectory("copy"))
                        .dataDirectory())
                .start()) {
            promoted.promote();
            // The primary still runs: which of the two archives is for the configuration to say.
            cluster.configure(cluster.server(), promoted.dataDirectory().toString(), "");
            promoted.archiveCurrentSegment(LIMIT);
            cluster.configure(cluster.server(), cluster.server().dataDirectory().toString(), "");
            assertThat(cluster.findings("timeline"))
                    .containsExactly("WARNING the server is on timeline 1, but 'local' has WAL of timeline 2, which"
                            + " began on it: another server was promoted");
            Path history = cluster.stored("local", "00000002.history");
            Path aside = cluster.host().directory().resolve("aside");
            Files.move(history, aside);

            assertThat(cluster.findings("history"))
                    .containsExactly("CRITICAL 'local' has WAL of timeline 2, but '00000002.history' is not archived:"
                            + " nothing of this timeline can be restored");
            assertThat(cluster.findings("recovery"))
                    .isNotEmpty()
                    .allMatch(finding -> finding.startsWith("CRITICAL recover would refuse"));
            assertThat(cluster.json("list-backup")
                            .at("/recoverable/0/unreachable/0/reason")
                            .asString())
                    .isEqualTo("NO_HISTORY");
            assertThat(cluster.host()
                            .run("recover", "--to", cluster.host().directory() + "/copy", "--dry-run")
                            .status())
                    .isEqualTo(1);
            Files.move(aside, history);
            assertThat(cluster.findings("history")).isEmpty();
            Files.delete(history);
        }
        TemporaryTree.delete(cluster.stored("local", "wal").resolve("00000002"));
    }

    @Test
    void anOpenPrimaryWithANumberAsTargetTimelineIsWarnedOf() {
        cluster.server().sql("ALTER SYSTEM SET recovery_target_timeline = '1'");
        cluster.server().restart();
        assertThat(cluster.findings("timeline"))
                .singleElement()
                .asString()
                .startsWith("WARNING recovery_target_timeline is '1', from a recovery that is over");
        cluster.server().sql("ALTER SYSTEM RESET recovery_target_timeline");
        cluster.server().restart();
        assertThat(cluster.findings("timeline")).isEmpty();
    }

    @Test
    void theArchiverOfAStandbyThatArchivesIsAskedAndOneWithoutRestoreCommandIsWarnedOf() throws IOException {
        try (PostgresServer standby = PostgresServer.of(cluster.server().binaries())
                .standbyOf(cluster.server())
                .from(cluster.server()
                        .takeBaseBackup(cluster.server().newDirectory("base"))
                        .dataDirectory())
                .setting("archive_mode", "always")
                // Tests before this one may have left a command in the file that counts more than postgresql.conf.
                .autoSetting("archive_command", "exit 1; tidemark wal-push %p")
                .start()) {
            // A segment is complete for a standby when it has received something of the next one.
            cluster.archive();
            cluster.archive();
            PostgresWait.until(
                    "the standby's archiver fails",
                    LIMIT,
                    standby,
                    () -> !standby.query("SELECT last_failed_wal FROM pg_stat_archiver")
                            .isEmpty());
            cluster.configure(standby, standby.dataDirectory().toString(), "");

            assertThat(cluster.findings("archiver")).singleElement().asString().startsWith("CRITICAL archiving '");
            assertThat(cluster.findings("restore-command"))
                    .singleElement()
                    .asString()
                    .startsWith("WARNING this standby has no restore_command");
        } finally {
            cluster.configure(cluster.server(), cluster.server().dataDirectory().toString(), "");
        }
    }
}
