// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.lives;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** {@code host.pg-wal-full}: which WAL is dropped, which never is, and that nobody can overlook it. */
@InTurn
class GivenUpWalTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    /** No disk has so much free, so the valve is always open. */
    private static final String OPEN = "pg-wal-full = 'drop at 900000TiB free'\n";
    /** Every disk of a test has so much free. */
    private static final String NOT_REACHED = "pg-wal-full = 'drop at 1KiB free'\n";

    private final TidemarkHost host = new TidemarkHost();
    private final PostgresServer server = PostgresServer.of(
                    PostgresBinaries.oldestAndNewest().getLast())
            .initdb("--wal-segsize=1")
            .archiving(host.archiveCommand())
            .start();

    @AfterEach
    void end() {
        server.close();
        host.close();
    }

    private void configure(String valve, String... repositories) throws IOException {
        StringBuilder toml = new StringBuilder(valve);
        for (String name : repositories) {
            toml.append("[repository.%s]\nurl = '%s'\n"
                    .formatted(name, repository(name).toUri()));
        }
        host.configure(toml + "[cluster.main]\nconninfo = '" + server.conninfo() + "'\ndata-directory = '"
                + server.dataDirectory() + "'\nacknowledge = 1\nrepositories = ['"
                + String.join("', '", repositories) + "']\n");
    }

    private Path repository(String name) {
        return host.directory().resolve(name);
    }

    private Path away(String name) {
        return host.directory().resolve(name + "-away");
    }

    private String archive() {
        server.sql("INSERT INTO ticks VALUES (1)");
        return server.archiveCurrentSegment(LIMIT);
    }

    private List<String> files(Path below) throws IOException {
        if (!Files.isDirectory(below)) {
            return List.of();
        }
        try (Stream<Path> files = Files.walk(below)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> String.valueOf(file.getFileName()))
                    .toList();
        }
    }

    private List<String> notes() throws IOException {
        return files(host.directory().resolve("spool/v1/given-up")).stream()
                .filter(name -> name.endsWith(".json"))
                .toList();
    }

    /** As if time had passed: after a try that took long, the repositories are not asked again for half a minute. */
    private void anHourPasses() throws IOException {
        Path notes = host.directory().resolve("spool/v1/given-up");
        if (!Files.isDirectory(notes)) {
            return;
        }
        try (Stream<Path> files = Files.walk(notes)) {
            for (Path tried : files.filter(file -> file.endsWith("tried")).toList()) {
                long millis = Long.parseLong(Files.readString(tried));
                Files.writeString(
                        tried, Long.toString(millis - Duration.ofHours(1).toMillis()));
            }
        }
    }

    @Test
    void aHoleThatWasMadeOnPurposeIsToldByEveryoneUntilABackupFollowsIt() throws Exception {
        Files.createDirectory(repository("local"));
        configure(OPEN, "local");
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        host.must("backup");
        String before = archive();
        assertThat(server.log())
                .as("nothing is dropped while a repository takes it")
                .doesNotContain("without archiving it");

        Files.move(repository("local"), away("local"));
        String first = archive();
        String last = archive();

        assertThat(server.log())
                .contains("WARNING: dropped '" + first + "' without archiving it", "dropped '" + last + "'");
        assertThat(server.log())
                .as("a server that writes faster than a repository fails does not stop")
                .containsPattern("WARNING: dropped '" + last + "' .* the last attempt timed out less than 30 s ago");
        assertThat(notes()).containsExactly(first + "-" + last + ".json");
        Outcome blind = host.run("check");
        assertThat(blind.status()).isEqualTo(1);
        assertThat(blind.data()).contains("given-up", "2 segments, " + first + " to " + last + ", are not archived");

        Files.move(away("local"), repository("local"));
        anHourPasses();
        String after = archive();

        assertThat(notes()).as("the repository knows it now").isEmpty();
        assertThat(files(repository("local"))).contains(before, after, first + "-" + last + "-given-up.json");
        assertThat(files(repository("local"))).doesNotContain(first, last);
        Outcome check = host.run("check");
        assertThat(check.status()).isEqualTo(1);
        assertThat(check.data())
                .contains("dropped them", "there is no backup after this gap", "nothing that came after it");
        assertThat(host.must("wal-list").data()).contains("HOLE: dropped at ");
        Outcome verified = host.run("wal-verify");
        assertThat(verified.status()).isEqualTo(1);
        assertThat(verified.data()).contains(first + " to " + last, "dropped them");
        Outcome plan =
                host.run("recover", "--to", host.directory().resolve("restored").toString(), "--dry-run");
        assertThat(plan.status()).as(plan.data() + plan.talk()).isEqualTo(1);
        assertThat(plan.data() + plan.talk()).contains("was never archived", "dropped them");

        // A backup archives what pg_wal still has.
        for (String each : List.of(first, last)) {
            Files.deleteIfExists(server.dataDirectory().resolve("pg_wal").resolve(each));
        }
        host.must("backup");
        archive();

        configure(NOT_REACHED, "local");
        assertThat(host.run("check").data())
                .contains("a backup that was taken before this gap")
                .doesNotContain("given-up");
        host.must("recover", "--to", host.directory().resolve("restored").toString(), "--dry-run");
        host.must("verify", "--all");
    }

    @Test
    void nothingIsGivenUpWhileThereIsRoomOrARepository() throws Exception {
        Files.createDirectory(repository("local"));
        Files.createDirectory(repository("offsite"));
        configure(OPEN, "local", "offsite");
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        archive();

        Files.move(repository("offsite"), away("offsite"));
        String queued = archive();
        assertThat(files(repository("local"))).contains(queued);
        assertThat(notes()).isEmpty();

        configure(NOT_REACHED, "local", "offsite");
        Files.move(repository("local"), away("local"));
        server.sql("INSERT INTO ticks VALUES (1)");
        String waits = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        Outcome push = host.run(
                "wal-push",
                server.dataDirectory().resolve("pg_wal").resolve(waits).toString());
        assertThat(push.status()).as(push.talk()).isEqualTo(10);
        assertThat(notes()).isEmpty();

        Files.move(away("local"), repository("local"));
        Files.move(away("offsite"), repository("offsite"));
        anHourPasses();
        archive();
        host.must("sync");
        assertThat(files(repository("offsite"))).contains(queued, waits);
        host.must("wal-verify");
    }

    /** Both repositories learn of it, each when it is back; and a file that is refused is no reason. */
    @Test
    void eachRepositoryLearnsOfItAndAWrongFileIsStillRefused() throws Exception {
        Files.createDirectory(repository("local"));
        Files.createDirectory(repository("offsite"));
        configure(OPEN, "local", "offsite");
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        archive();
        Files.move(repository("local"), away("local"));
        Files.move(repository("offsite"), away("offsite"));
        String lost = archive();
        String note = lost + "-" + lost + "-given-up.json";
        assertThat(notes()).hasSize(1);
        Outcome byHand = host.run(
                "wal-push",
                server.dataDirectory().resolve("pg_wal").resolve(lost).toString());
        assertThat(byHand.status()).as(byHand.talk()).isEqualTo(10);
        server.stopImmediately();
        assertThat(host.run("check").data())
                .as("also while neither the server nor a repository answers")
                .contains(lost + " is not archived: ");
        server.start();

        Files.move(away("local"), repository("local"));
        anHourPasses();
        archive();
        assertThat(files(repository("local"))).contains(note);
        assertThat(notes()).as("the other one does not know").hasSize(1);
        Files.move(away("offsite"), repository("offsite"));
        host.must("sync");
        assertThat(files(repository("offsite"))).contains(note);
        archive();
        assertThat(notes()).isEmpty();

        Path torn = host.directory().resolve(lost);
        Files.write(torn, new byte[1 << 20]);
        assertThat(host.run("wal-push", torn.toString()).status()).isEqualTo(20);
    }

    /**
     * A standby takes what it received for archived, so its archive_command is never called for it: the call for the
     * history archives it, and if the history is not archived, the next call that works.
     */
    @Test
    void whatTheFormerPrimaryHadNotArchivedIsArchivedWhenARepositoryIsBack() throws Exception {
        Files.createDirectory(repository("local"));
        configure(NOT_REACHED, "local");
        host.must("init");
        server.sql(
                "CREATE TABLE ticks (i integer)",
                "ALTER SYSTEM SET wal_keep_size = '512MB'",
                "SELECT pg_reload_conf()");
        archive();
        Files.move(repository("local"), away("local"));
        server.sql("INSERT INTO ticks VALUES (1)");
        String inherited = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        server.sql("INSERT INTO ticks VALUES (1)");
        server.stopImmediately();
        Path marks = server.dataDirectory().resolve("pg_wal/archive_status");
        Files.deleteIfExists(marks.resolve(inherited + ".ready"));
        Files.writeString(marks.resolve(inherited + ".done"), "");
        OperatingUser.current().own(marks);
        configure(OPEN, "local");
        Files.writeString(server.dataDirectory().resolve("recovery.signal"), "");
        Files.writeString(
                server.dataDirectory().resolve("postgresql.auto.conf"),
                "restore_command = 'false'\nrecovery_target_timeline = 'current'\nrecovery_target_action = 'promote'\n",
                StandardOpenOption.APPEND);
        server.start();
        server.awaitRecoveryEnd(LIMIT);
        archive();
        assertThat(server.log()).contains("'00000002.history' is not archived yet");

        Files.move(away("local"), repository("local"));
        anHourPasses();
        archive();

        assertThat(files(repository("local"))).contains("00000002.history", inherited);
        assertThat(files(host.directory().resolve("spool/v1/given-up"))).isSubsetOf("tried");
    }

    /** It stays in pg_wal, so the first segment of its timeline brings it along. */
    @Test
    void aHistoryIsNotLost() throws Exception {
        Files.createDirectory(repository("local"));
        configure(OPEN, "local");
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
        host.must("backup");
        archive();
        Files.move(repository("local"), away("local"));
        server.stopFast();
        Files.writeString(server.dataDirectory().resolve("recovery.signal"), "");
        Files.writeString(
                server.dataDirectory().resolve("postgresql.auto.conf"),
                "restore_command = 'false'\nrecovery_target_timeline = 'current'\nrecovery_target_action = 'promote'\n",
                StandardOpenOption.APPEND);
        server.start();
        server.awaitRecoveryEnd(LIMIT);
        assertThat(server.query("SELECT timeline_id FROM pg_control_checkpoint()"))
                .isNotEmpty();
        String lost = archive();
        assertThat(server.log()).contains("'00000002.history' is not archived yet");

        Files.move(away("local"), repository("local"));
        anHourPasses();
        String segment = archive();

        assertThat(segment).startsWith("00000002");
        assertThat(files(repository("local"))).contains("00000002.history", segment);
        assertThat(host.must("wal-list").data())
                .as("a timeline may begin with a hole")
                .containsPattern(" 2 +" + lost + " +" + lost + " .* HOLE: dropped at ");
        host.must("backup");
        host.must("recover", "--to", host.directory().resolve("restored").toString(), "--dry-run");
    }
}
