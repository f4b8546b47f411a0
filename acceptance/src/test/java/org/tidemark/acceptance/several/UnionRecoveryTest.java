// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A recovery out of two repositories neither of which holds everything. */
@InTurn
class UnionRecoveryTest {
    private final TwoDisks disks = new TwoDisks("local", "offsite");
    private final TidemarkHost host = disks.host();
    private final PostgresServer server = disks.server();

    @BeforeEach
    void start() {
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
    }

    @AfterEach
    void stop() {
        disks.close();
    }

    private String archive(int rows) {
        server.sql("INSERT INTO ticks SELECT generate_series(1, " + rows + ")");
        return server.archiveCurrentSegment(TwoDisks.LIMIT);
    }

    private String rowsOfACopy(String name, String... options) throws Exception {
        Path restored = host.directory().resolve(name);
        List<String> command = Stream.concat(Stream.of("recover", "--to", restored.toString()), Stream.of(options))
                .toList();
        host.must(command.toArray(String[]::new));
        assertThat(Files.readAllLines(host.directory().resolve(name + ".tidemark-plan.txt")))
                .filteredOn(line -> line.matches(".*tidemark (backup|verify|setup).*"))
                .isNotEmpty()
                .allMatch(line -> line.contains("--config " + host.config()));
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            return copy.query("SELECT count(*) FROM ticks");
        }
    }

    @Test
    void aFailoverThatOnlyTheSecondHoldsIsFollowed() throws Exception {
        archive(1_000);
        host.must("backup");
        disks.unmount("local");
        server.stopFast();
        Path signal = Files.createFile(server.dataDirectory().resolve("standby.signal"));
        OperatingUser.current().own(signal);
        server.start();
        server.promote();
        server.awaitRecoveryEnd(TwoDisks.LIMIT);
        archive(4_000);
        disks.mount("local");

        assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                .contains("timeline 2");
        assertThat(rowsOfACopy("restored")).isEqualTo("5000");

        disks.unmount("offsite");
        Outcome plan = host.run("recover", "--to", "/nowhere/x", "--dry-run");
        assertThat(plan.status()).isEqualTo(1);
        assertThat(plan.data())
                .contains("repository 'offsite' did not answer", "a newer timeline", "add --repository local");
        assertThat(rowsOfACopy("older", "--repository", "local")).isEqualTo("1000");
    }

    @Test
    void aRepositoryThatFailsAfterItsBackupsWereListedIsAProblemOfThePlan() throws Exception {
        host.must("backup");
        archive(1_000);
        Path wal = disks.directory("offsite").resolve("main").resolve(system()).resolve("wal");
        Files.setPosixFilePermissions(wal, Set.of());

        Outcome plan = host.run("recover", "--to", "/nowhere/x", "--dry-run");

        assertThat(plan.status()).as(plan.talk()).isEqualTo(1);
        assertThat(plan.data())
                .contains("repository 'offsite' did not answer", "a newer timeline", "add --repository local");
        assertThat(rowsOfACopy("restored", "--repository", "local")).isEqualTo("1000");
    }

    private String system() {
        return server.query("SELECT system_identifier FROM pg_control_system()");
    }

    @Test
    void whatOneLacksOrHasDamagedIsReadFromTheOther() throws Exception {
        host.must("backup");
        host.must("sync");
        String first = archive(100);
        String second = archive(100);
        archive(100);
        Files.delete(disks.files("local", first).getFirst());
        Files.delete(disks.files("offsite", second).getFirst());
        Path bundle = disks.files("local", "/bundle/").getFirst();
        try (RandomAccessFile file = new RandomAccessFile(bundle.toFile(), "rw")) {
            file.seek(file.length() / 2);
            int before = file.read();
            file.seek(file.length() / 2);
            file.write(before ^ 0x40);
        }

        Path restored = host.directory().resolve("restored");
        Outcome recovery = host.must("recover", "--to", restored.toString());

        assertThat(recovery.talk()).contains("'local' has no good copy, and 'offsite' was read instead");
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            assertThat(copy.query("SELECT count(*) FROM ticks")).isEqualTo("300");
        }

        String newest = host.must("backup", "--repository", "offsite").data().strip();
        assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                .contains(newest);
        assertThePlanIsGivenAsValues(newest);
    }

    private void assertThePlanIsGivenAsValues(String backup) {
        JsonNode plan = JsonMapper.shared()
                .readTree(host.run("recover", "--to", "/nowhere/x", "--dry-run", "--json")
                        .data());
        assertThat(plan.at("/cluster").stringValue()).isEqualTo("main");
        assertThat(plan.at("/target/kind").stringValue()).isEqualTo("latest");
        assertThat(plan.at("/target/reachable").stringValue()).isEqualTo("yes");
        assertThat(plan.at("/backup/id").stringValue()).isEqualTo(backup);
        assertThat(plan.at("/backup/ended").stringValue())
                .matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{6}Z");
        assertThat(plan.at("/backup/repositories/0").stringValue()).isEqualTo("offsite");
        assertThat(plan.at("/read/bytes").longValue()).isPositive();
        assertThat(plan.at("/write/bytes").longValue())
                .isGreaterThan(plan.at("/read/bytes").longValue());
        assertThat(plan.at("/write/places/0/directory").stringValue()).isEqualTo("/nowhere/x");
        assertThat(plan.at("/wal/segments").longValue()).isPositive();
        assertThat(plan.at("/wal/missing").longValue()).isZero();
        assertThat(plan.at("/settings/recovery_target_timeline").stringValue()).isEqualTo("1");
        assertThat(plan.at("/settings/restore_command").stringValue()).contains("wal-fetch %f %p");
        assertThat(plan.at("/steps/0/commands/0").stringValue()).contains("/nowhere/x");
        assertThat(plan.at("/possible").booleanValue())
                .isEqualTo(plan.at("/findings")
                        .valueStream()
                        .noneMatch(each -> each.get("severity").stringValue().equals("PROBLEM")));
        assertThat(plan.at("/text").stringValue().lines().filter(line -> line.contains("tidemark backup")))
                .isNotEmpty()
                .allMatch(line -> line.contains("--config " + host.config()));
    }

    @Test
    void aBackupThatThisHostHasNoKeyForIsPassedOver() throws Exception {
        Path key = host.directory().resolve("offsite.key");
        disks.with("offsite", host.must("init", "--make-key", key.toString()).data());
        disks.acknowledgeAll(); // a copy that is late on a loaded machine would wait for the next segment
        List<String> backups = host.must("backup").data().lines().toList();
        assertThat(backups).hasSize(2);
        archive(1_000);

        Outcome plan = host.run("recover", "--to", "/nowhere/x", "--dry-run");
        assertThat(plan.data())
                .contains(
                        backups.getFirst(),
                        "the newest, of those that can be used",
                        "backup " + backups.getLast() + " was passed over: ",
                        "no private key");
        assertThat(rowsOfACopy("restored")).isEqualTo("1000");

        Outcome named = host.run("recover", "--to", "/nowhere/x", "--dry-run", "--backup", backups.getLast());
        assertThat(named.status()).isEqualTo(33);
        Outcome alone = host.run("recover", "--to", "/nowhere/x", "--dry-run", "--repository", "offsite");
        assertThat(alone.status()).isEqualTo(33);
        assertThat(alone.talk()).contains("no private key");
    }

    /** Somebody ran initdb over production, and has backed the empty cluster up. */
    @Test
    void aMomentOfAnOlderIncarnationLeadsToItsBackup() throws Exception {
        archive(1_000);
        String old = host.must("backup").data().strip();
        archive(1_000);
        String moment = server.query("SELECT clock_timestamp()");
        archive(1_000);
        archive(1);
        server.stopFast();
        try (PostgresServer empty = disks.newServer()) {
            disks.configure(empty);
            host.must("init", "--new-incarnation");
            String young = host.must("backup").data().strip();

            Outcome plan = host.run("recover", "--to", "/nowhere/x", "--dry-run", "--target-time", moment);
            assertThat(plan.status()).isEqualTo(1);
            assertThat(plan.data())
                    .contains("the target is in another incarnation of cluster 'main'", "add --backup " + old)
                    .doesNotContain("The nearest possible target");
            assertThat(rowsOfACopy("restored", "--backup", old, "--target-time", moment, "--target-action", "promote"))
                    .isEqualTo("2000");

            assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                    .contains(young, "has another incarnation", "its newest backup is " + old);
            String later = empty.query("SELECT '" + moment + "'::timestamptz - interval '1 day'");
            assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run", "--target-time", later)
                            .data())
                    .contains("is earlier than the end of");

            for (String repository : List.of("local", "offsite")) {
                Files.delete(disks.files(repository, young + "/bundle/").getFirst());
            }
            assertThat(host.run("verify").status()).isEqualTo(1);
            assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                    .as("what is damaged here is not in the other incarnation")
                    .contains("backup " + young + " leads to the target, but is not reliable")
                    .doesNotContain("the target is in another incarnation");
        }
    }
}
