// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A recovery out of two repositories neither of which holds everything. */
class UnionRecoveryTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    private final TidemarkHost host = new TidemarkHost();
    private final PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
    private final PostgresServer server = PostgresServer.of(binaries)
            .initdb("--wal-segsize=1")
            .archiving(host.archiveCommand())
            .start();

    @BeforeEach
    void start() throws IOException {
        configure("");
        Files.createDirectories(directory("local"));
        Files.createDirectories(directory("offsite"));
        OperatingUser.current().own(host.directory());
        host.must("init");
        server.sql("CREATE TABLE ticks (i integer)");
    }

    private void configure(String offsite) throws IOException {
        host.configure("push-timeout = '20s'\n[repository.local]\nurl = '"
                + directory("local").toUri() + "'\n[repository.offsite]\nurl = '"
                + directory("offsite").toUri() + "'\n" + offsite + "[cluster.main]\nconninfo = '" + server.conninfo()
                + "'\ndata-directory = '" + server.dataDirectory() + "'\nacknowledge = 1\n"
                + "repositories = ['local', 'offsite']\n");
    }

    @AfterEach
    void stop() {
        server.close();
        host.close();
    }

    private Path directory(String name) {
        return host.directory().resolve("disk-" + name);
    }

    private void unmount(String name) throws IOException {
        Files.move(directory(name), host.directory().resolve("unmounted-" + name));
        Files.createDirectory(directory(name));
        OperatingUser.current().own(directory(name));
    }

    private void mount(String name) throws IOException {
        Files.delete(directory(name));
        Files.move(host.directory().resolve("unmounted-" + name), directory(name));
    }

    private String archive(int rows) {
        server.sql("INSERT INTO ticks SELECT generate_series(1, " + rows + ")");
        return server.archiveCurrentSegment(LIMIT);
    }

    private List<Path> files(String repository, String part) throws IOException {
        try (Stream<Path> files = Files.walk(directory(repository))) {
            return files.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains(part))
                    .sorted()
                    .toList();
        }
    }

    private String rowsOfACopy(String name, String... options) throws Exception {
        Path restored = host.directory().resolve(name);
        List<String> command = Stream.concat(Stream.of("recover", "--to", restored.toString()), Stream.of(options))
                .toList();
        host.must(command.toArray(String[]::new));
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            return copy.query("SELECT count(*) FROM ticks");
        }
    }

    @Test
    void aFailoverThatOnlyTheSecondHoldsIsFollowed() throws Exception {
        archive(1_000);
        host.must("backup");
        unmount("local");
        server.stopFast();
        Path signal = Files.createFile(server.dataDirectory().resolve("standby.signal"));
        OperatingUser.current().own(signal);
        server.start();
        server.promote();
        server.awaitRecoveryEnd(LIMIT);
        archive(4_000);
        mount("local");

        assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                .contains("timeline 2");
        assertThat(rowsOfACopy("restored")).isEqualTo("5000");

        unmount("offsite");
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
        Path wal =
                host.directory().resolve("disk-offsite/main").resolve(system()).resolve("wal");
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
        Files.delete(files("local", first).getFirst());
        Files.delete(files("offsite", second).getFirst());
        Path bundle = files("local", "/bundle/").getFirst();
        try (RandomAccessFile file = new RandomAccessFile(bundle.toFile(), "rw")) {
            file.seek(file.length() / 2);
            int before = file.read();
            file.seek(file.length() / 2);
            file.write(before ^ 0x40);
        }

        Path restored = host.directory().resolve("restored");
        Outcome recovery = host.must("recover", "--to", restored.toString());

        assertThat(recovery.talk()).contains("'local' has no good copy, and 'offsite' was read instead");
        try (PostgresServer copy = PostgresServer.of(binaries).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.query("SELECT count(*) FROM ticks")).isEqualTo("300");
        }

        String newest = host.must("backup", "--repository", "offsite").data().strip();
        assertThat(host.run("recover", "--to", "/nowhere/x", "--dry-run").data())
                .contains(newest);
    }

    @Test
    void aBackupThatThisHostHasNoKeyForIsPassedOver() throws Exception {
        Path key = host.directory().resolve("offsite.key");
        configure(host.must("init", "--make-key", key.toString()).data());
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
}
