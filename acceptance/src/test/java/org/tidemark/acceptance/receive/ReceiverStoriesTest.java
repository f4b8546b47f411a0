// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.receive;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.acceptance.TidemarkHost.Running;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresServerBuilder;
import org.tidemark.testkit.PostgresWait;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.RsyncDaemon;
import org.tidemark.testkit.SmallDisk;

/** What happens to a receiver in the course of years; each time the archive is complete, and a restore proves it. */
@InTurn
class ReceiverStoriesTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    /** A receiver that is connected to a standby of a standby, while first the one is promoted and then the other. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void twoPromotionsAreFollowedFromTheEndOfACascade(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer primary = server(binaries).archiving("/bin/true").start();
                PostgresServer first = standbyOf(primary);
                PostgresServer second = standbyOf(first)) {
            configure(host, primary);
            primary.sql("CREATE TABLE rows (n integer)");
            host.must("init");
            awaitRows(second, 0);
            configure(host, second);
            Running receiver = receive(host, second);
            configure(host, primary);
            host.must("backup", "--method", "stream");
            write(primary, 100);
            awaitRows(second, 100);

            primary.stopImmediately();
            first.promote();
            write(first, 100);
            awaitRows(second, 200);
            first.stopImmediately();
            second.promote();
            write(second, 100);

            awaitArchived(host, second, receiver);
            receiver.signal("TERM");
            assertThat(receiver.await().talk()).contains("timeline 1 ended", "timeline 2 ended");
            assertRestored(host, second);
        }
    }

    /**
     * An operator removes the slot, which takes the end of the connection; a new slot goes on where the old one was.
     */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSlotThatIsRemovedUnderItIsToldAndANewOneMissesNothing(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(binaries).archiving("/bin/true").start()) {
            Running receiver = begin(host, server);
            write(server, 100);
            server.sql("DO $$ BEGIN PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots;"
                    + " FOR i IN 1..200 LOOP BEGIN PERFORM pg_drop_replication_slot('receiver'); RETURN;"
                    + " EXCEPTION WHEN object_in_use THEN PERFORM pg_sleep(0.01); END; END LOOP; END $$");

            Outcome ended = receiver.await();

            assertThat(ended.status()).as(ended.talk()).isEqualTo(41);
            assertThat(ended.talk())
                    .contains("replication slot \"receiver\" does not exist", "--create-slot --slot receiver");
            write(server, 100);
            host.must("wal-receive", "--slot", "receiver", "--create-slot");
            goOn(host, server);
        }
    }

    /** The receiver hangs until the server gives its slot up; archive_command has archived what is missing then. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSlotThatKeepsTooMuchIsLostAndWhatArchiveCommandArchivedIsNot(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .setting("min_wal_size", "2MB")
                        .setting("max_slot_wal_keep_size", "2MB")
                        .archiving(host.archiveCommand())
                        .start()) {
            Running receiver = begin(host, server);
            write(server, 100);
            receiver.signal("STOP");
            PostgresWait.until("the slot is lost", LIMIT, server, () -> {
                write(server, 100);
                server.sql("SELECT pg_switch_wal()", "CHECKPOINT");
                return server.query("SELECT wal_status FROM pg_replication_slots")
                        .equals("lost");
            });
            receiver.signal("CONT");

            Outcome ended = receiver.await();

            assertThat(ended.status()).as(ended.talk()).isEqualTo(41);
            assertThat(ended.talk())
                    .contains("replication slot \"receiver\"", "max_slot_wal_keep_size", "--slot receiver --drop-slot");
            server.archiveCurrentSegment(LIMIT);
            host.must("wal-receive", "--slot", "receiver", "--drop-slot");
            host.must("wal-receive", "--slot", "receiver", "--create-slot");
            assertThat(goOn(host, server)).doesNotContain("WARNING");
        }
    }

    /** The server is away for a while; then another cluster is in its place by mistake. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aServerThatIsAwayIsAwaitedAndAnotherClusterInItsPlaceIsRefused(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(binaries).archiving("/bin/true").start();
                PostgresServer other = server(binaries).ownIdentity().create()) {
            Running receiver = begin(host, server);
            write(server, 100);
            server.stopImmediately();
            TimeUnit.SECONDS.sleep(Rounds.of(2, 60));
            server.start();
            write(server, 100);
            awaitArchived(host, server, receiver);
            assertThat(receiver.talk()).contains("it is tried again after 1s", "connected again");

            Path data = server.dataDirectory();
            Path away = data.resolveSibling("away");
            server.stopFast();
            Files.move(data, away);
            Files.move(other.dataDirectory(), data);
            server.start();
            Outcome ended = receiver.await();
            assertThat(ended.status()).as(ended.talk()).isEqualTo(22);
            assertThat(host.run("wal-receive", "--slot", "receiver").status()).isEqualTo(22);

            server.stopFast();
            Files.move(data, other.dataDirectory());
            Files.move(away, data);
            server.start();
            goOn(host, server);
        }
    }

    /** Something else fills the disk of the spool, also while the receiver is started again. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aFullDiskIsAwaitedAndNothingIsAcknowledgedMeanwhile(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                SmallDisk disk = SmallDisk.mount(host.directory().resolve("spool"), "size=8m");
                PostgresServer server = server(binaries).archiving("/bin/true").start()) {
            Running receiver = begin(host, server, "--synchronous");
            write(server, 100);
            awaitArchived(host, server, receiver);
            server.awaitStandbyAtCommit("tidemark");
            disk.fill();
            CompletableFuture<Void> commit = CompletableFuture.runAsync(() -> write(server, 50_000));

            awaitTalk(receiver, server, "no room");
            receiver.kill();
            Running next = host.start("wal-receive", "--slot", "receiver", "--synchronous");
            awaitTalk(next, server, "no room");
            String all = server.query("SELECT pg_current_wal_insert_lsn()");
            assertThat(commit).isNotDone();
            assertThat(server.query("SELECT restart_lsn < '" + all + "' FROM pg_replication_slots"))
                    .isEqualTo("t");
            disk.makeRoom();

            commit.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
            awaitTalk(next, server, "connected again");
            awaitArchived(host, server, next);
            next.signal("TERM");
            next.await();
            server.sql("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()");
            assertRestored(host, server);
        }
    }

    /** Once in the service file and once by another service in the configuration; the server changes it first. */
    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aPasswordThatIsChangedIsUsedWithoutARestart(PostgresBinaries binaries) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = server(binaries).archiving("/bin/true").start()) {
            Path access = server.dataDirectory().resolve("pg_hba.conf");
            String method = "all receiver scram-sha-256\nlocal replication receiver scram-sha-256\n";
            Files.writeString(
                    access,
                    "local " + method + "host all receiver all scram-sha-256\nhost replication receiver all"
                            + " scram-sha-256\n" + Files.readString(access));
            server.sql(
                    "SET password_encryption = 'scram-sha-256'",
                    "CREATE ROLE receiver LOGIN REPLICATION PASSWORD 'one'",
                    "GRANT pg_monitor TO receiver",
                    "SELECT pg_reload_conf()");
            Path services = host.directory().resolve(".pg_service.conf");
            service(services, server, "main", "one");
            Running first = begin(host, server);
            first.signal("KILL");
            first.await();
            PostgresWait.until(
                    "the killed one is gone",
                    LIMIT,
                    server,
                    () -> server.query("SELECT count(*) FROM pg_stat_replication")
                            .equals("0"));
            Path config = host.config();
            String toml = Files.readString(config);
            configureService(config, toml, server, "main");
            Running receiver = receive(host, server, "--slot", "receiver");

            String change = "ALTER ROLE receiver PASSWORD '%s'";
            String end = "SELECT pg_terminate_backend(pid) FROM pg_stat_replication WHERE usename = 'receiver'";
            server.sql(change.formatted("two"), end);
            awaitTalk(receiver, server, "password authentication failed");
            service(services, server, "main", "two");
            write(server, 100);
            awaitArchived(host, server, receiver);
            server.sql(change.formatted("three"));
            service(services, server, "other", "three");
            configureService(config, toml, server, "other");
            server.sql(end);
            write(server, 100);
            awaitArchived(host, server, receiver);

            receiver.signal("TERM");
            receiver.await();
            Files.writeString(config, toml);
            assertRestored(host, server);
        }
    }

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
    void aSecretOfAStoreThatIsChangedIsReadAgain(PostgresBinaries binaries, @TempDir Path home) throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                RsyncDaemon daemon = RsyncDaemon.start(home);
                PostgresServer server = server(binaries).archiving("/bin/true").start()) {
            Path password = host.directory().resolve("password");
            secret(password, RsyncDaemon.PASSWORD);
            host.configure(
                    "[repository.local]\nurl = 'rsync://" + RsyncDaemon.USER + "@127.0.0.1:" + daemon.port() + "/"
                            + RsyncDaemon.Module.WRITABLE + "/r'\nsingle-writer = true\npassword-file = '" + password
                            + "'\n[cluster.main]\nconninfo = '" + server.conninfo() + "'\nrepositories = ['local']\n");
            server.sql("CREATE TABLE rows (n integer)");
            host.must("init");
            Running receiver = receive(host, server);
            awaitArchived(daemon.data(), server, receiver);

            Path known = home.resolve("secrets");
            Files.writeString(known, RsyncDaemon.USER + ":another\n");
            write(server, 100);
            server.sql("SELECT pg_switch_wal()");
            PostgresWait.until(
                    "the store refuses", LIMIT, server, () -> daemon.log().contains("auth failed"));
            secret(password, "another");
            write(server, 100);
            awaitArchived(daemon.data(), server, receiver);
            receiver.signal("TERM");
            receiver.await();
        }
    }

    private static void secret(Path file, String text) throws IOException {
        Files.writeString(file, text + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(file);
    }

    private static void service(Path file, PostgresServer server, String name, String password) throws IOException {
        Files.writeString(
                file,
                "[" + name + "]\n"
                        + server.conninfo()
                                .replaceAll("user=\\S+", "user=receiver")
                                .replace(' ', '\n') + "\npassword=" + password + "\n");
        OperatingUser.current().own(file);
    }

    private static void configureService(Path config, String toml, PostgresServer server, String service)
            throws IOException {
        Files.writeString(config, toml.replace(server.conninfo(), "service=" + service));
    }

    /** A receiver with a slot, and a backup. */
    private static Running begin(TidemarkHost host, PostgresServer server, String... options) throws IOException {
        configure(host, server);
        server.sql("CREATE TABLE rows (n integer)");
        host.must("init");
        host.must("wal-receive", "--slot", "receiver", "--create-slot");
        List<String> all = new ArrayList<>(List.of("--slot", "receiver"));
        all.addAll(List.of(options));
        Running receiver = receive(host, server, all.toArray(String[]::new));
        host.must("backup", "--method", "stream");
        return receiver;
    }

    /** Another receiver goes on by the slot, and all rows are restored; what it said. */
    private static String goOn(TidemarkHost host, PostgresServer server) throws IOException {
        Running next = receive(host, server, "--slot", "receiver");
        write(server, 100);
        awaitArchived(host, server, next);
        next.signal("TERM");
        String talk = next.await().talk();
        assertRestored(host, server);
        return talk;
    }

    private static void awaitTalk(Running receiver, PostgresServer server, String text) {
        PostgresWait.until("'" + text + "' is told", LIMIT, server, () -> {
            if (!receiver.isRunning()) {
                throw new AssertionError(receiver.await().talk());
            }
            return receiver.talk().contains(text);
        });
    }

    private static void awaitArchived(TidemarkHost host, PostgresServer server, Running receiver) {
        awaitArchived(host.directory().resolve("repository"), server, receiver);
    }

    /** Ends the segment, and waits until it is in the repository. */
    private static void awaitArchived(Path repository, PostgresServer server, Running receiver) {
        String last = server.query("SELECT pg_walfile_name(pg_switch_wal())");
        PostgresWait.until("'" + last + "' is archived", LIMIT, server, () -> {
            if (!receiver.isRunning()) {
                throw new AssertionError(receiver.await().talk());
            }
            try (Stream<Path> files = Files.walk(repository)) {
                return files.anyMatch(file -> file.endsWith(last) && Files.isRegularFile(file));
            } catch (UncheckedIOException e) {
                return false; // a temporary file was renamed meanwhile
            }
        });
    }

    private static void assertRestored(TidemarkHost host, PostgresServer server) {
        host.must("wal-verify");
        Path restored = host.directory().resolve("restored");
        host.must("recover", "--to", restored.toString());
        try (PostgresServer copy =
                PostgresServer.of(server.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(LIMIT);
            assertThat(copy.tableHashes()).isEqualTo(server.tableHashes());
        }
    }

    private static PostgresServerBuilder server(PostgresBinaries binaries) {
        return PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .setting("wal_keep_size", "64MB")
                .setting("wal_receiver_status_interval", "1s");
    }

    private static PostgresServer standbyOf(PostgresServer upstream) {
        Path base = upstream.takeBaseBackup(upstream.newDirectory("copies").resolve("base"))
                .dataDirectory();
        return server(upstream.binaries()).from(base).standbyOf(upstream).start();
    }

    private static void write(PostgresServer server, int rows) {
        server.sql("INSERT INTO rows SELECT generate_series(1, " + rows + ")");
    }

    private static void awaitRows(PostgresServer server, int rows) {
        PostgresWait.until(
                rows + " rows have arrived",
                LIMIT,
                server,
                () -> server.query("SELECT count(*) FROM pg_class WHERE relname = 'rows'")
                                .equals("1")
                        && server.query("SELECT count(*) FROM rows").equals(Integer.toString(rows)));
    }

    private static void configure(TidemarkHost host, PostgresServer server) throws IOException {
        Path repository = host.directory().resolve("repository");
        Path work = host.directory().resolve("work"); // a small spool has no room for a backup
        Files.createDirectories(repository);
        Files.createDirectories(work);
        host.configure("work-directory = '" + work + "'\npush-timeout = '20s'\n[repository.local]\nurl = '"
                + repository.toUri() + "'\n[cluster.main]\nconninfo = '" + server.conninfo()
                + "'\nrepositories = ['local']\n");
    }

    private static Running receive(TidemarkHost host, PostgresServer server, String... options) {
        List<String> arguments = new ArrayList<>(List.of("wal-receive", "--status-interval", "1s"));
        arguments.addAll(List.of(options));
        Running running = host.start(arguments.toArray(String[]::new));
        PostgresWait.until("it receives", LIMIT, server, () -> {
            if (!running.isRunning()) {
                throw new AssertionError(running.await().talk());
            }
            return server.query("SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'"
                            + " AND application_name = 'tidemark'")
                    .equals("1");
        });
        return running;
    }
}
