// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;

/** {@code recover --remote}, over a real sshd, by a Tidemark that is installed there. */
@InTurn
final class RemoteRestoreTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();
    private static final TidemarkHost HOST = new TidemarkHost();
    private static final List<AutoCloseable> OPEN = new ArrayList<>();
    private static Optional<PostgresServer> original = Optional.empty();
    private static String remote = "";
    private static Optional<OpenSshServer> sshd = Optional.empty();
    private static Path sshConfig = Path.of("/");

    /** Nothing of it may reach a shell unquoted. */
    private final Path restored = HOST.directory().resolve("it's here; $(touch pwned) \"x\"");

    private final Path plain = HOST.directory().resolve("plain");

    @BeforeAll
    static void archive() throws Exception {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        OpenSshServer ssh = OpenSshServer.startAsOrdinaryUser(Serves.SHELL);
        sshd = Optional.of(ssh);
        OPEN.add(ssh);
        remote = "ssh://" + OperatingUser.current().name() + "@127.0.0.1:" + ssh.port();
        sshConfig = ssh.writeClientConfiguration(HOST.directory());
        OperatingUser.current().own(HOST.directory());
        PostgresServer server = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(HOST.archiveCommand())
                .start();
        original = Optional.of(server);
        HOST.configure(server.conninfo(), server.dataDirectory());
        HOST.must("init");
        server.sql("ALTER SYSTEM SET port = " + server.port());
        server.sql("CREATE TABLE t AS SELECT n, repeat('x', 500) AS filler FROM generate_series(1, 40000) n");
        HOST.must("backup");
        server.sql("INSERT INTO t VALUES (0, 'last')");
        server.archiveCurrentSegment(LIMIT);
    }

    @AfterAll
    static void close() throws Exception {
        original.ifPresent(PostgresServer::close);
        for (AutoCloseable each : OPEN) {
            each.close();
        }
        HOST.close();
    }

    @AfterEach
    void stop() throws Exception {
        if (Files.exists(plain.resolve("postmaster.pid"))) {
            OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D '" + plain + "' -m immediate stop");
        }
        OwnersShell.shell(
                "find " + HOST.directory() + " -maxdepth 1 \\( -name 'it*' -o -name 'plain*' \\) -exec rm -rf {} +");
    }

    private static String[] recover(Path to, String... options) {
        List<String> line = new ArrayList<>(List.of("recover", "--to", to.toString(), "--remote", remote));
        line.addAll(List.of(
                "--ssh-config",
                sshConfig.toString(),
                "--remote-program",
                InstalledTidemark.launcher().toString()));
        line.addAll(List.of(options));
        return line.toArray(String[]::new);
    }

    /** What a restore on this host writes. */
    private static String differences(Path there, Path here) throws Exception {
        return OwnersShell.shell("diff -r --no-dereference -x pg_wal \"$(printf '%s' '"
                + there.toString().replace("'", "'\\''") + "')\" '" + here + "'");
    }

    @Test
    void itIsTheSameAsOnThisHost() throws Exception {
        Outcome outcome = HOST.must(recover(restored));

        assertThat(outcome.talk())
                .contains("Runs on " + OperatingUser.current().name() + "@127.0.0.1:", "PLAN for main");
        HOST.must("recover", "--to", plain.toString());
        String differences = differences(restored, plain);
        if (InstalledTidemark.walLauncher().equals(InstalledTidemark.launcher())) {
            assertThat(differences).isEmpty();
        } else {
            assertThat(differences)
                    .as("restore_command has another launcher")
                    .doesNotContain("Only in", "Binary files", "recovery_target")
                    .contains("postgresql.auto.conf")
                    .hasLineCount(5);
        }
        assertThat(HOST.directory().resolve("pwned")).doesNotExist();
    }

    @Test
    void aPlanInJsonIsTheOneOfTheOtherHost() {
        Outcome there = HOST.must(recover(plain, "--dry-run", "--output", "json"));

        assertThat(comparable(there.data()))
                .isEqualTo(comparable(HOST.must("recover", "--to", plain.toString(), "--dry-run", "--output", "json")
                        .data()));
        assertThat(plain).doesNotExist();
    }

    /** The launcher of the tests is another one there, and others fill the disk meanwhile. */
    private static String comparable(String document) {
        return document.replace("tidemark-resident/", "tidemark/").replaceAll("free(Bytes\" :)? [0-9]+( [A-Z]iB)?", "");
    }

    @Test
    void itStartsTheServerThere() throws Exception {
        Outcome outcome = HOST.must(recover(plain, "--start"));

        assertThat(outcome.talk()).contains("PostgreSQL is open for writing");
        assertThat(OwnersShell.ask(plain, "SELECT count(*) FROM t")).isEqualTo("40001");
    }

    @Test
    void theStatusAndTheReasonComeFromThere() throws IOException {
        Files.createDirectories(plain);
        Files.writeString(plain.resolve("somebody's"), "x");
        OperatingUser.current().own(plain);

        Outcome outcome = HOST.run(recover(plain));

        assertThat(outcome.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(outcome.talk()).contains("somebody's");
    }

    @Test
    void whatCannotRunThereIsSaid() throws IOException {
        String[] line = recover(plain);
        line[8] = "/nowhere/tidemark";
        assertThat(HOST.run(line))
                .satisfies(outcome -> assertThat(outcome.status()).isEqualTo(ExitCode.USAGE.status()))
                .satisfies(outcome -> assertThat(outcome.talk())
                        .contains("there is no program '/nowhere/tidemark' on", "--remote-program"));

        Path other = HOST.directory().resolve("other");
        Files.writeString(other, "#!/bin/sh\necho welcome\necho 'unknown option' >&2\nexit 3\n");
        Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));
        line[8] = other.toString();
        assertThat(HOST.run(line))
                .satisfies(outcome -> assertThat(outcome.status()).isEqualTo(ExitCode.USAGE.status()))
                .satisfies(outcome -> assertThat(outcome.talk()).contains("ended with status 3", "welcome"));

        assertThat(HOST.run("recover", "--to", "relative", "--remote", remote).talk())
                .contains("'relative' is relative");
        assertThat(HOST.run("recover", "--to", plain.toString(), "--remote", "db2")
                        .talk())
                .contains("--remote does not name a host");
        assertThat(plain).doesNotExist();
    }

    @Test
    void aProfileThatTalksConfusesNobody() throws IOException {
        Path wrapper = HOST.directory().resolve("wrapper");
        Files.writeString(
                wrapper,
                "#!/bin/sh\necho '{\"status\":0}'\necho 'Welcome'\necho '{\"status\":0}' >&2\nexec "
                        + InstalledTidemark.launcher() + " \"$@\"\n");
        Files.setPosixFilePermissions(wrapper, PosixFilePermissions.fromString("rwxr-xr-x"));
        OperatingUser.current().own(HOST.directory());
        String[] line = recover(plain);
        line[8] = wrapper.toString();

        HOST.must(line);

        assertThat(plain.resolve("recovery.signal")).exists();
    }

    /** It may be an attacker's: it decides neither this program's status at will, nor what the terminal does. */
    @Test
    void whatAnotherProgramSendsIsNotBelieved() throws IOException {
        Path other = HOST.directory().resolve("speaks");
        String[] line = recover(plain);
        line[8] = other.toString();
        for (String sent : List.of("{\"status\":256}", "{\"status\":\"x\"}", "{\"talk\":7}")) {
            Files.writeString(
                    other,
                    "#!/bin/sh\nprintf '%s\\n' '{\"tidemark\":\"1\"}' '{\"talk\":\"\\u001b[2Jseen\"}' '" + sent
                            + "'\n");
            Files.setPosixFilePermissions(other, PosixFilePermissions.fromString("rwxr-xr-x"));

            Outcome outcome = HOST.run(line);

            assertThat(outcome.status()).as(sent).isEqualTo(ExitCode.USAGE.status());
            assertThat(outcome.talk())
                    .contains("?[2Jseen", "sent what this program does not understand")
                    .doesNotContain("\u001b");
        }
    }

    /** With Ctrl-C, a terminal signals every process that it has started. */
    @Test
    void anInterruptIsTakenThereAsWellAndItsEndIsSeen() throws Exception {
        Path waits = HOST.directory().resolve("waits");
        Files.writeString(
                waits,
                "#!/bin/sh\necho '{\"tidemark\":\"1\"}'\ncat > /dev/null\necho '{\"talk\":\"ended there\"}'"
                        + "\necho '{\"status\":75}'\n");
        Files.setPosixFilePermissions(waits, PosixFilePermissions.fromString("rwxr-xr-x"));
        String[] line = recover(plain);
        line[8] = waits.toString();

        Running running = HOST.start(line);
        PostgresWait.until(
                "it runs there",
                LIMIT,
                original.orElseThrow(),
                () -> !OwnersShell.shell("pgrep -f '[w]aits recover'").isBlank());
        Thread.sleep(500);
        running.signal("INT");
        Outcome outcome = running.await();

        assertThat(outcome.status()).isEqualTo(ExitCode.INTERRUPTED.status());
        assertThat(outcome.talk()).contains("ended there", "was told to end, and it ended with status 75");
    }

    @Test
    void aHostThatChangesItsKeyGetsNothing() throws Exception {
        OpenSshServer ssh = OpenSshServer.startAsOrdinaryUser(Serves.SHELL);
        OPEN.add(ssh);
        String[] line = recover(plain);
        line[4] = "ssh://" + OperatingUser.current().name() + "@127.0.0.1:" + ssh.port();

        Outcome outcome = HOST.run(line);

        assertThat(outcome.status()).isEqualTo(ExitCode.STORE_UNAVAILABLE.status());
        assertThat(outcome.talk()).contains("host key");
        assertThat(plain).doesNotExist();
    }

    /** Whichever end dies at whichever moment, nothing can be started half, and the same command completes it. */
    @Test
    void eitherEndMayDie() throws Exception {
        for (int round = 0; round < Rounds.of(4, 30); round++) {
            Running running = HOST.start(recover(plain));
            Thread.sleep(Rounds.random().nextInt(200, 2500));
            if (round % 2 == 0) {
                running.kill();
            } else {
                sshd.orElseThrow().killSessions();
                running.await();
            }
            PostgresWait.until(
                    "the command there has ended",
                    LIMIT,
                    original.orElseThrow(),
                    () -> OwnersShell.shell("pgrep -f 'recover .*--attache[d]'").isBlank());
            // It may have ended between the directory and the marker in it.
            boolean isWhole =
                    Files.exists(plain.resolve("recovery.signal")) && !Files.exists(plain.resolve("tidemark.restore"));
            assertThat(!Files.exists(plain.resolve("global/pg_control"))
                            || Files.exists(plain.resolve("recovery.signal")))
                    .as("round %s: pg_control comes last", round)
                    .isTrue();
            if (!isWhole) {
                HOST.must(recover(plain));
            }
            assertThat(plain.resolve("recovery.signal")).exists();
            assertThat(plain.resolve("tidemark.restore")).doesNotExist();
            OwnersShell.shell("rm -rf '" + plain + "'");
        }
    }
}
