// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** {@code ssh-host}: a backup host reads PostgreSQL's files by a real sshd that serves SFTP and nothing else. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
@Order(1) // among the longest
@InTurn
final class SshSourceTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    private final TidemarkHost host = new TidemarkHost();
    private Optional<PostgresServer> server = Optional.empty();
    private Optional<OpenSshServer> sshd = Optional.empty();

    @BeforeEach
    void start() throws IOException {
        sshd = Optional.of(OpenSshServer.startAsOrdinaryUser(Serves.READ_ONLY_SFTP));
        server = Optional.of(PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start());
        configure(sshd.get(), OperatingUser.current().name());
        host.must("init");
    }

    @AfterEach
    void stop() {
        server.ifPresent(PostgresServer::close);
        sshd.ifPresent(OpenSshServer::close);
        host.close();
    }

    private void configure(OpenSshServer ssh, String user) throws IOException {
        host.configure("[repository.local]\nurl = '"
                + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                + server().conninfo() + "'\n" + sshHost(host, ssh, user));
    }

    /** The lines of a cluster in the configuration. */
    static String sshHost(TidemarkHost host, OpenSshServer ssh, String user) throws IOException {
        return "ssh-host = 'ssh://" + user + "@127.0.0.1:" + ssh.port() + "'\nssh-config = '"
                + ssh.writeClientConfiguration(host.directory()) + "'\n";
    }

    private PostgresServer server() {
        return server.orElseThrow();
    }

    private OpenSshServer sshd() {
        return sshd.orElseThrow();
    }

    private Outcome backup(String... more) {
        return host.must(Stream.concat(Stream.of("backup", "--method", "ssh"), Stream.of(more))
                .toArray(String[]::new));
    }

    private void assertRestores(String id, Map<String, String> rows) {
        try (RestoredBackup backup = RestoredBackup.of(host, id);
                PostgresServer restored =
                        PostgresServer.of(binaries).from(backup.directory()).start()) {
            restored.awaitRecoveryEnd(LIMIT);
            assertThat(restored.tableHashes()).as(id).isEqualTo(rows);
        }
    }

    /** Other bytes in a file that seems to be unwritten are not noticed: so it was not read. */
    @Test
    void anIncrementReadsOnlyWhatWasWrittenSinceOnTheSameMachine() throws IOException {
        assumeTrue(Files.isReadable(Path.of("/etc/machine-id")), "this machine has no machine-id");
        server().sql(
                        "CREATE TABLESPACE fast LOCATION '" + server().newDirectory("fast") + "'",
                        "CREATE TABLE resting TABLESPACE fast AS SELECT i, md5(i::text) AS t"
                                + " FROM generate_series(1, 40000) i",
                        "CREATE TABLE changing AS SELECT i, md5(i::text) AS t FROM generate_series(1, 40000) i",
                        "VACUUM FREEZE",
                        "CHECKPOINT");
        Path resting = server().dataDirectory().resolve(server().query("SELECT pg_relation_filepath('resting')"));
        Instant written = Instant.now().minus(Duration.ofHours(1));
        Files.setLastModifiedTime(resting, FileTime.from(written));
        Outcome full = backup("--verbose");
        assertThat(full.talk())
                .contains("--method ssh: PostgreSQL's data directory '" + server().dataDirectory() + "' is on "
                        + OperatingUser.current().name() + "@127.0.0.1:" + sshd().port());
        server().sql("UPDATE changing SET t = 'changed' WHERE i % 1000 = 0", "CHECKPOINT");
        Map<String, String> rows = server().tableHashes();
        byte[] content = Files.readAllBytes(resting);

        // One of 64 such files is read, by a number that each backup has another one of: then the backup is full, and
        // has the other bytes, which no later one may refer to.
        Optional<Outcome> increment = Optional.empty();
        for (int attempt = 0; attempt < 4 && increment.isEmpty(); attempt++) {
            backup("--type", attempt == 0 ? "incremental" : "full");
            Files.write(resting, new byte[content.length]);
            Files.setLastModifiedTime(resting, FileTime.from(written));
            Outcome outcome = backup("--type", "incremental", "--verbose");
            Files.write(resting, content);
            Files.setLastModifiedTime(resting, FileTime.from(written));
            increment = Optional.of(outcome).filter(done -> !done.talk().contains("the backup is full"));
        }

        assertThat(increment.orElseThrow().talk()).contains("the backup is incremental: it refers to backup");
        assertRestores(increment.get().data().strip(), rows);
    }

    @Test
    void aLostConnectionEndsTheBackupAndBackupMode() {
        server().sql("CREATE TABLE t AS SELECT i, repeat(md5(i::text), 20) AS t FROM generate_series(1, 250000) i");
        TidemarkHost.Running running = host.start("backup", "--method", "ssh", "--verbose");
        Awaitility.await()
                .atMost(LIMIT)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> running.talk().contains("copying files"));
        while (running.isRunning()) {
            sshd().killSessions();
        }
        Outcome lost = running.await();

        assertThat(lost.status()).as(lost.talk()).isEqualTo(ExitCode.BACKUP_FAILED.status());
        assertThat(lost.talk())
                .containsPattern("(the connection to .* was lost|no connection to).*; there is no backup");
        assertThat(host.must("list-backup", "--json").data()).doesNotContain("complete");
        Awaitility.await()
                .atMost(LIMIT)
                .until(() -> server().query(
                                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_%start%backup%'"
                                        + " AND pid <> pg_backend_pid()")
                        .equals("0"));
        assertRestores(backup().data().strip(), server().tableHashes());
    }

    @Test
    void aHostThatIsNotTheOneThatIsKnownIsNotRead() throws IOException {
        sshd().stop();
        sshd().changeHostKey();
        sshd().startAgain();

        Outcome refused = host.run("backup", "--method", "ssh");

        assertThat(refused.status()).as(refused.talk()).isEqualTo(ExitCode.BACKUP_FAILED.status());
        assertThat(refused.talk()).contains("no connection to", "host key", "no backup was begun");
    }

    private static boolean canHideProcesses() throws IOException {
        if (!OperatingUser.current().switched()) {
            return false;
        }
        Process process = new ProcessBuilder("unshare", "--pid", "--fork", "--mount-proc", "true").start();
        Awaitility.await().atMost(LIMIT).until(() -> !process.isAlive());
        return process.exitValue() == 0;
    }

    /** As from another host, since the processes of this one are not seen: the files of the server are not here. */
    private String fromElsewhere(int status, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("unshare", "--pid", "--fork", "--mount-proc"));
        command.addAll(OperatingUser.current()
                .command(List.of(InstalledTidemark.launcher().toString())));
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", host.config().toString()));
        Path output = Files.createTempFile(host.directory(), "elsewhere", ".out");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        Awaitility.await().atMost(LIMIT).until(() -> !process.isAlive());
        String said = Files.readString(output);
        assertThat(process.exitValue()).as(said).isEqualTo(status);
        return said;
    }

    @Test
    void autoReadsTheFilesOfAnotherHostAndCheckKnowsIt() throws IOException {
        assumeTrue(canHideProcesses(), "only root can hide processes");
        Files.writeString(host.config(), "[cluster.main.schedule]\nbackup = '0 3 * * *'\nfull = '0 3 * * 0'\n", APPEND);
        OperatingUser.current().own(host.directory());

        assertThat(fromElsewhere(0, "backup", "--verbose"))
                .contains("--method ssh: PostgreSQL's data directory", "(method ssh)");
        assertThat(fromElsewhere(1, "check", "--verbose"))
                .contains("ssh-host", "backups read PostgreSQL's files on postgres@127.0.0.1")
                .doesNotContain("summarize-wal");

        if (binaries.major() >= 17) {
            server().sql("ALTER SYSTEM SET summarize_wal = on", "SELECT pg_reload_conf()");
            assertThat(fromElsewhere(0, "backup", "--type", "incremental", "--verbose"))
                    .contains("--method stream: ", "; PostgreSQL has summaries of what has changed");
        }

        sshd().stop();
        assertThat(fromElsewhere(0, "backup", "--type", "full", "--verbose"))
                .contains(
                        "--method stream: the server's processes are not seen on this host: they run on another host",
                        "; no connection to",
                        "so PostgreSQL sends them: no connection to");
        assertThat(fromElsewhere(1, "check"))
                .contains(
                        "backups cannot read PostgreSQL's files on",
                        "so PostgreSQL sends them: no connection to",
                        " when it was taken: ");
        sshd().startAgain();
    }

    @Test
    void aUserWithoutRightsIsToldWhichOneIsNeeded() throws IOException {
        assumeTrue(OperatingUser.current().switched(), "only root can let a server serve another user");
        try (OpenSshServer other = OpenSshServer.start(
                Serves.SHELL,
                List.of("ForceCommand setpriv --reuid=nobody --regid=nogroup --clear-groups"
                        + " /usr/lib/openssh/sftp-server"))) {
            configure(other, "root");

            Outcome refused = host.run("backup", "--method", "ssh");

            assertThat(refused.status()).as(refused.talk()).isEqualTo(ExitCode.USAGE.status());
            assertThat(refused.talk())
                    .contains("cannot read '", "no backup was begun", "the owner of the data directory as its user");
        }
    }

    /** The processes that it sees there are not those of the server, though the files are. */
    @Test
    void aContainerWithTheSameFilesIsNotTheHost() throws IOException {
        assumeTrue(canHideProcesses(), "only root can hide processes");
        try (OpenSshServer other = OpenSshServer.start(
                Serves.SHELL, List.of("ForceCommand unshare --pid --fork --mount-proc /usr/lib/openssh/sftp-server"))) {
            configure(other, "root");
            Outcome refused = host.run("backup", "--method", "ssh");
            assertThat(refused.status()).as(refused.talk()).isEqualTo(ExitCode.USAGE.status());
            assertThat(refused.talk()).contains("they run on another host or in a container");
        }
    }

    @Test
    void theMethodNeedsAHost() throws IOException {
        host.configure(server().conninfo(), server().dataDirectory());

        Outcome refused = host.run("backup", "--method", "ssh");

        assertThat(refused.status()).isEqualTo(ExitCode.USAGE.status());
        assertThat(refused.talk()).contains("has no ssh-host");
    }
}
