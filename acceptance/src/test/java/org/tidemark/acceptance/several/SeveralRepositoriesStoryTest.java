// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;

/** PostgreSQL archives to two directories through the launcher, and one of them is enough to be acknowledged. */
@Order(1) // among the longest
@InTurn
class SeveralRepositoriesStoryTest {
    private final TwoDisks disks = new TwoDisks("local", "offsite");
    private final TidemarkHost host = disks.host();
    private final PostgresServer server = disks.server();

    @BeforeEach
    void start() throws IOException {
        disks.with("offsite", "compression = 'gzip:6'\n");
        host.must("init");
    }

    @AfterEach
    void stop() {
        disks.close();
    }

    private String archive() {
        server.sql("INSERT INTO ticks SELECT coalesce(max(i), 0) + 1 FROM ticks");
        return server.archiveCurrentSegment(TwoDisks.LIMIT);
    }

    private boolean holds(String repository, String segment) throws IOException {
        return TwoDisks.filesBelow(disks.directory(repository)).stream().anyMatch(file -> file.endsWith(segment));
    }

    private List<String> kept() throws IOException {
        return TwoDisks.filesBelow(host.directory().resolve("spool/v1/pending")).stream()
                .map(file -> String.valueOf(file.getFileName()).split("\\.", 3)[1])
                .toList();
    }

    private static List<String> timesIn(String json) {
        return Pattern.compile("\"(\\d{4}-[^\" ]*T[^\" ]*)\"")
                .matcher(json)
                .results()
                .map(each -> each.group(1))
                .toList();
    }

    @Test
    void aRestoreFromTheLaggingRepositoryAloneTellsOfTheFilesThatAreQueuedForIt() throws IOException {
        server.sql("CREATE TABLE ticks (i int)");
        host.must("backup");
        disks.unmount("offsite");
        archive();
        disks.mount("offsite");

        PostgresWait.until(
                "list-backup tells what is lacking",
                TwoDisks.LIMIT,
                server,
                () -> host.must("list-backup").data().contains("'offsite' lacks"));
        assertThat(host.must("list-backup").data())
                .contains("that 'local' has", "sync --config")
                .doesNotContain("'local' lacks");
        String[] recover = {
            "recover", "--to", host.directory().resolve("restored").toString(), "--dry-run"
        };
        assertThat(host.run(recover).talk()).doesNotContain("queued on this host");
        assertThat(host.run(Stream.concat(Stream.of(recover), Stream.of("--repository", "offsite"))
                                .toArray(String[]::new))
                        .talk())
                .contains("queued on this host for 'offsite'", "sync --config");
    }

    @Test
    void aDirectoryThatIsGoneIsNamedAndNotMade() throws IOException {
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        Path gone = disks.directory("offsite");
        String directory = "'" + gone.toString() + "'";
        disks.removeDirectory("offsite");

        String segment = archive();

        assertThat(server.log())
                .contains("'" + segment + "' is queued for 'offsite'")
                .contains("there is no directory " + directory + ": is it mounted?");
        assertThat(host.run("check").data()).contains("there is no directory " + directory, "findmnt -T '" + gone);
        for (String command : List.of("list-backup", "sync", "init", "verify")) {
            Outcome outcome = host.run(command);
            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(10);
            assertThat(outcome.talk())
                    .contains(
                            "there is no directory " + directory, "findmnt -T '" + gone, "replace-repository offsite");
        }
        assertThat(gone).doesNotExist();

        disks.mount("offsite");
        host.must("sync");
        assertThat(holds("offsite", segment)).isTrue();
    }

    @Test
    void oneThatWasUnmountedIsFilledWhenItIsBackAndARecoveryFromItHasEveryRow() throws Exception {
        server.sql("CREATE TABLE ticks (i integer)");
        String before = archive();
        assertThat(holds("local", before)).isTrue();
        assertThat(holds("offsite", before)).isTrue();
        assertThat(kept()).isEmpty();

        disks.unmount("offsite");
        List<String> missed = List.of(archive(), archive(), archive());

        assertThat(kept()).containsSubsequence(missed);
        assertThat(TwoDisks.filesBelow(disks.directory("offsite"))).isEmpty();
        Outcome check = host.run("check");
        assertThat(check.status()).isEqualTo(1);
        assertThat(check.data()).contains("'offsite'", "tidemark sync");
        assertThat(host.run("check", "--output", "json").data().replaceAll("\\s", ""))
                .contains("\"backlog\":[{\"repository\":\"local\",\"objects\":0")
                .contains("{\"repository\":\"offsite\",\"objects\":" + kept().size());
        Outcome failed = host.run("sync");
        assertThat(failed.status()).isEqualTo(12);
        assertThat(failed.talk()).contains("offsite").contains("that its disk is mounted");

        String backup = host.run("backup").data().strip();
        assertThat(backup).isNotEmpty();
        SortedMap<String, String> rows = server.tableHashes();
        String moment = server.query("SELECT pg_current_wal_lsn()");
        archive();

        disks.mount("offsite");
        assertThat(host.run("check").data())
                .contains("'offsite' lacks backup " + backup)
                // What is queued for it is not lost.
                .doesNotContain("as archived, but 'offsite'");
        Outcome plan = host.must("sync", "--dry-run");
        assertThat(plan.data()).contains("would be delivered", "would be copied");
        assertThat(kept()).containsSubsequence(missed);
        Outcome sync = host.must("sync");
        assertThat(sync.data()).contains("queued for it delivered", "1 backup");
        assertThat(kept()).isEmpty();
        for (String segment : missed) {
            assertThat(holds("offsite", segment)).isTrue();
        }
        assertThat(host.must("sync").data()).contains("local -> offsite: nothing to copy", "offsite -> local: nothing");
        host.must("verify", "--all", "--repository", "offsite");
        assertThat(host.run("check").data()).doesNotContain("lacks", "for 'offsite'");

        server.sql("DROP TABLE ticks");
        Path restored = host.directory().resolve("restored");
        host.must(
                "recover",
                "--repository",
                "offsite",
                "--to",
                restored.toString(),
                "--target-lsn",
                moment,
                "--exclusive",
                "--target-action",
                "promote");
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            assertThat(copy.tableHashes()).as(copy.log()).isEqualTo(rows);
        }
    }

    @Test
    void anotherDiskAtTheAddressGetsNothingOfWhatIsKept() throws Exception {
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        disks.unmount("offsite");
        Path elsewhere = host.directory().resolve("elsewhere");
        host.must("init", "--repository", elsewhere.toUri().toString());
        Files.delete(disks.directory("offsite"));
        Files.move(elsewhere, disks.directory("offsite"));
        List<Path> before = TwoDisks.filesBelow(disks.directory("offsite"));

        String segment = archive();

        assertThat(kept()).contains(segment);
        assertThat(host.run("sync").status()).isEqualTo(13);
        assertThat(TwoDisks.filesBelow(disks.directory("offsite"))).isEqualTo(before);
        assertThat(kept()).contains(segment);
    }

    @Test
    void whereAllMustHoldItPostgresWaitsForOneThatIsGone() throws Exception {
        disks.acknowledgeAll();
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        disks.unmount("offsite");
        String segment = server.query("SELECT pg_walfile_name(pg_current_wal_lsn())");

        Outcome push = host.run(
                "wal-push",
                server.dataDirectory().resolve("pg_wal").resolve(segment).toString(),
                "--cluster",
                "main");

        assertThat(push.status()).isBetween(10, 99);
        assertThat(kept()).isEmpty();
    }

    @Test
    void aWholeArchiveIsCopiedToANewRepositoryAndStandsOnItsOwn() throws Exception {
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        String backup = host.must("backup").data().strip();
        archive();
        String third = host.directory().resolve("third").toUri().toString();
        Files.createDirectory(host.directory().resolve("third"));
        OperatingUser.current().own(host.directory());

        assertThat(host.run("sync", "local", third).status()).isEqualTo(12);
        host.must("init", "--repository", third);
        Outcome copy = host.must("sync", "local", third);

        assertThat(copy.data()).contains("copied", "1 backup");
        host.must("verify", "--all", "--repository", third);
        assertThat(host.must("list-backup", "--repository", third).data()).contains(backup);
        assertThat(host.must("sync", third, "local").data()).contains("nothing to copy");
        for (String command : List.of("list-backup", "show-backup " + backup, "wal-list")) {
            assertThat(timesIn(host.must((command + " --json").split(" ")).data()))
                    .as(command)
                    .isNotEmpty()
                    .allMatch(time -> time.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z"));
        }
    }

    @Test
    void oneThatIsGoneDoesNotKeepTheNextOneFromItsBackup() throws Exception {
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        disks.unmount("local");

        Outcome taken = host.run("backup");

        assertThat(taken.status()).as(taken.talk()).isEqualTo(12);
        String backup = taken.data().strip();
        assertThat(backup).isNotEmpty();
        assertThat(host.must("list-backup", "--repository", "offsite").data()).contains(backup);
        disks.mount("local");
        host.must("sync");
        assertThat(host.must("list-backup", "--repository", "local").data()).contains(backup);
    }

    /** More than one push delivers, and PostgreSQL has nothing more to archive. */
    @Test
    void aBackupIntoALaggingRepositoryDeliversWhatIsQueuedForItFirst() throws Exception {
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        disks.unmount("offsite");
        for (int i = 0; i < 20; i++) {
            server.sql("INSERT INTO ticks VALUES (1)", "SELECT pg_switch_wal()");
        }
        archive();
        assertThat(kept()).hasSizeGreaterThan(20);
        disks.mount("offsite");

        Outcome taken = host.run("backup", "--repository", "offsite");

        assertThat(taken.status()).as(taken.talk()).isZero();
        assertThat(taken.talk()).contains("queued for 'offsite'");
        assertThat(kept()).isEmpty();
    }
}
