// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.Rounds;

/** {@code clone}, on a host with the package of its version: a standby in one command, and never over a primary. */
@InTurn
final class CloneTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();

    private final TidemarkHost host = new TidemarkHost();
    private final Path standby = host.directory().resolve("standby");
    private final List<Path> started = new ArrayList<>(List.of(standby));
    private PostgresServer primary =
            PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst()).create();

    @BeforeEach
    void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        primary = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .start();
        host.configure(primary.conninfo(), primary.dataDirectory());
        host.must("init");
        primary.sql("ALTER SYSTEM SET port = " + primary.port());
        primary.sql("CREATE TABLE t AS SELECT 1 AS n");
        host.must("backup");
        primary.sql("INSERT INTO t VALUES (2)");
        primary.archiveCurrentSegment(LIMIT);
        primary.sql("INSERT INTO t VALUES (3)");
    }

    @AfterEach
    void stop() throws Exception {
        for (Path each : started) {
            if (Files.exists(each.resolve("postmaster.pid"))) {
                control(each, "-m immediate stop");
            }
        }
        primary.close();
        host.close();
    }

    private static void control(Path directory, String what) throws Exception {
        OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + directory + " " + what);
    }

    private static void await(Path directory, String sql, String answer) throws Exception {
        await(() -> OwnersShell.ask(directory, sql).equals(answer));
    }

    private static void await(Callable<Boolean> isSo) throws Exception {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (!isSo.call()) {
            assertThat(System.nanoTime()).isLessThan(end);
            Thread.sleep(100);
        }
    }

    private void refused(String why, String... options) {
        List<String> line = new ArrayList<>(List.of("clone"));
        line.addAll(List.of(options));

        Outcome outcome = host.run(line.toArray(String[]::new));

        assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(outcome.talk()).contains(why);
    }

    @Test
    void aNewStandbyStreamsAndAfterAFailoverTheOldPrimaryFollowsIt() throws Exception {
        Path wal = host.directory().resolve("disk/wal");
        Outcome made = host.run("clone", "--to", standby.toString(), "--wal-dir", wal.toString());

        assertThat(made.status()).as(made.talk()).isZero();
        assertThat(standby.resolve("pg_wal").toRealPath()).isEqualTo(wal.toRealPath());
        assertThat(made.talk()).contains("the standby streams: at ");
        await(standby, "SELECT string_agg(n::text, ',' ORDER BY n) FROM t", "1,2,3");

        control(standby, "promote");
        await(standby, "SELECT pg_is_in_recovery()", "f");
        // It does not know yet that it is the primary no more.
        primary.sql("INSERT INTO t VALUES (4)");
        String ofThisHost = host.archiveCommand() + " # of this host";
        primary.sql("ALTER SYSTEM SET archive_command = '" + ofThisHost.replace("'", "''") + "'");
        OwnersShell.ask(standby, "INSERT INTO t VALUES (5)");
        primary.stopImmediately();
        Path old = primary.dataDirectory();
        started.add(old);
        Outcome back = host.run(
                "clone",
                "--stopped",
                "--to",
                old.toString(),
                "--primary",
                OwnersShell.conninfo(standby),
                "--slot",
                "old_primary");

        assertThat(back.status()).as(back.talk()).isZero();
        assertThat(back.talk())
                .contains(
                        "the standby streams: at ",
                        "were in place",
                        "the primary keeps WAL for it without a limit",
                        "as in '" + old + "' now, not as in the backup: archive_command");
        assertThat(OwnersShell.ask(old, "SHOW archive_command")).isEqualTo(ofThisHost);
        assertThat(OwnersShell.ask(standby, "SELECT slot_name, active FROM pg_replication_slots"))
                .isEqualTo("old_primary|t");
        refused(
                "slot 'old_primary' of the primary is in use",
                "--to",
                host.directory().resolve("third").toString(),
                "--primary",
                OwnersShell.conninfo(standby),
                "--slot",
                "old_primary");
        await(old, "SELECT string_agg(n::text, ',' ORDER BY n) FROM t", "1,2,3,5");
        // Row 4 is nowhere else.
        assertThat(Path.of(old + ".aside")).isDirectoryContaining("glob:**/00000001????????????????");
        assertThat(OwnersShell.ask(standby, "SELECT state FROM pg_stat_replication"))
                .isEqualTo("streaming");
    }

    @Test
    void aSlotForAServerThatDoesNotStartIsDropped() throws Exception {
        primary.sql("ALTER SYSTEM SET shared_preload_libraries = 'nowhere'");
        host.must("backup");

        refused("nowhere", "--to", standby.toString(), "--slot", "standby1");

        assertThat(primary.query("SELECT count(*) FROM pg_replication_slots")).isEqualTo("0");
        assertThat(host.run("clone", "--to", standby.toString(), "--slot", "Not-a-name")
                        .status())
                .isEqualTo(ExitCode.USAGE.status());
    }

    @Test
    void neverGoesOverAPrimaryOrWhatMayBeOne() throws Exception {
        refused("a server runs in", "--to", primary.dataDirectory().toString());
        refused("a server runs in", "--stopped", "--to", primary.dataDirectory().toString());

        // The same files under another name, as through a mount: they have the lock of a server that is not seen here.
        Path image = host.directory().resolve("image");
        OwnersShell.shell("cp -a " + primary.dataDirectory() + " " + image);
        refused("its process is not seen here", "--to", image.toString());
        refused("the directory may be its primary's", "--stopped", "--to", image.toString());
        // A start that failed has removed the lock.
        Files.delete(image.resolve("postmaster.pid"));
        refused("the directory may be its primary's", "--to", image.toString());
        assertThat(image.resolve("global/pg_control")).exists();

        // One that was promoted is ahead of the one that is named.
        host.must("clone", "--to", standby.toString());
        control(standby, "promote");
        await(standby, "SELECT pg_is_in_recovery()", "f");
        control(standby, "stop");
        refused("the directory may be the real primary's", "--to", standby.toString());
        assertThat(standby.resolve("global/pg_control")).exists();
    }

    @Test
    void aStoppedPrimaryIsNotGoneOverForItsStandbyThatWasNotPromoted() throws Exception {
        host.must("clone", "--to", standby.toString());
        Path only = primary.dataDirectory();
        // It is as far as the standby, so that no position tells.
        primary.stopFast();
        refused(
                "the directory may be its primary's",
                "--to",
                only.toString(),
                "--primary",
                OwnersShell.conninfo(standby));

        primary.start();
        control(standby, "stop");
        primary.sql("INSERT INTO t SELECT generate_series(10, 20000)");
        primary.stopFast();
        // On its own now, it has nothing to stream from, and stays where it was.
        control(standby, "-w -l " + standby.resolve("start.log") + " -o '-c port=" + primary.port() + "' start");
        refused(
                "the directory may be the real primary's",
                "--to",
                only.toString(),
                "--primary",
                OwnersShell.conninfo(standby));

        assertThat(only.resolve("global/pg_control")).exists();
    }

    @Test
    void aPrimaryThatWasSetBackIsNotFollowed() throws Exception {
        primary.stopFast();
        Path image = host.directory().resolve("image");
        OwnersShell.shell("cp -a " + primary.dataDirectory() + " " + image);
        primary.start();
        primary.sql("INSERT INTO t VALUES (4)");
        primary.archiveCurrentSegment(LIMIT);
        primary.sql("INSERT INTO t VALUES (5)");
        primary.archiveCurrentSegment(LIMIT);
        primary.stopFast();
        OwnersShell.shell("rm -rf " + primary.dataDirectory() + "; mv " + image + " " + primary.dataDirectory());
        primary.start();

        refused("it was set back", "--to", standby.toString());

        assertThat(standby).doesNotExist();
    }

    /** It takes a minute: PostgreSQL asks for that WAL again and again. */
    @Test
    void aStandbyWhoseWalIsGoneIsNotSaidToStream() throws Exception {
        int rounds = Rounds.of(0, 3);
        assumeTrue(rounds > 0, "each round takes a minute: it is one of the campaign");
        primary.sql("ALTER SYSTEM SET archive_command = '/bin/true'", "SELECT pg_reload_conf()");
        for (int i = 0; i < 3; i++) {
            primary.sql("INSERT INTO t VALUES (4)", "SELECT pg_switch_wal()");
        }
        await(() -> primary.query("SELECT count(*) FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'")
                .equals("0"));
        primary.sql("CHECKPOINT");
        for (int round = 0; round < rounds; round++) {
            Path copy = host.directory().resolve("copy" + round);
            started.add(copy);

            Outcome outcome = host.run("clone", "--to", copy.toString());

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.TIMED_OUT.status());
            assertThat(outcome.talk()).contains("does not stream", "has already been removed");
        }
    }

    @Test
    void aNameThatPgCtlWouldExpandIsAnErrorOfUse() {
        for (String name : List.of("$HOME", "a\nb", "\"", "`id`", "back\\slash")) {
            Outcome outcome =
                    host.run("clone", "--to", host.directory().resolve(name).toString());

            assertThat(outcome.status()).as(outcome.talk()).isEqualTo(ExitCode.USAGE.status());
            assertThat(host.directory().resolve(name)).doesNotExist();
        }
    }

    @Test
    void theDirectoryOfAnotherSystemAndAPrimaryThatDoesNotAnswerEndIt() throws Exception {
        try (PostgresServer other =
                PostgresServer.of(MACHINE.orElseThrow()).initdb().start()) {
            other.stopFast();
            refused("holds a cluster of system", "--to", other.dataDirectory().toString());
        }
        Outcome silent = host.run("clone", "--to", standby.toString(), "--primary", "host=127.0.0.1 port=1");

        assertThat(silent.status()).isEqualTo(ExitCode.POSTGRES_UNAVAILABLE.status());
        assertThat(standby).doesNotExist();
    }
}
