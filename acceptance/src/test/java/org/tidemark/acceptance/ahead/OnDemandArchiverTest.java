// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.ahead;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.tidemark.acceptance.ahead.ArchivingHost.LIMIT;
import static org.tidemark.acceptance.ahead.ArchivingHost.SEGMENTS;
import static org.tidemark.acceptance.ahead.ArchivingHost.awaitDrained;
import static org.tidemark.acceptance.ahead.ArchivingHost.fill;
import static org.tidemark.acceptance.ahead.ArchivingHost.marks;
import static org.tidemark.acceptance.ahead.ArchivingHost.mib;
import static org.tidemark.acceptance.ahead.ArchivingHost.staying;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.WalProcesses;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.SmallDisk;

/** Where segments wait, a wal-push stays after its answer, archives what comes next, and is in nobody's way. */
@Order(1) // among the longest
@InTurn
class OnDemandArchiverTest {
    /** With a start of Java for each segment it would be more. */
    private static final int FEW = 4;
    /** PostgreSQL's stop and this process's end are seen by looks. */
    private static final Duration SOON = Duration.ofSeconds(40);

    static Stream<PostgresBinaries> versions() {
        return PostgresBinaries.oldestAndNewest().stream();
    }

    private static PostgresServer server(PostgresBinaries binaries, String collector) {
        PostgresServer server = PostgresServer.of(binaries)
                .initdb("--wal-segsize=1")
                .archiving("false")
                .setting("logging_collector", collector)
                .create();
        server.start();
        return server;
    }

    private static PostgresServer server() {
        return server(PostgresBinaries.newestEmbedded(), "off");
    }

    private static void awaitEnd(PostgresServer server) {
        await().atMost(SOON)
                .until(() -> WalProcesses.of(server, WalProcesses.ALL).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aBacklogCostsFewStartsOfJavaAndNothingOfPostgresIsHeld(PostgresBinaries binaries) throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server(binaries, "on")) {
            host.add("main", server);
            ProcessHandle java = host.drained(server, host.command("main"));
            assertThat(host.starts()).isLessThan(FEW);
            assertThat(mib(java)).isBetween(1L, 250L);
            assertThat(openFiles(java))
                    .filteredOn(file -> file.contains(server.dataDirectory().toString()) || file.startsWith("pipe:"))
                    .as("files of PostgreSQL, and its log")
                    .isEmpty();

            fill(server, SEGMENTS);
            awaitDrained(server);
            assertThat(host.starts()).isLessThan(FEW);

            server.stopFast();
            awaitEnd(server);
            server.start();
            fill(server, 3);
            awaitDrained(server);
            host.compare("main", server);
            server.stopImmediately();
            awaitEnd(server);
        }
    }

    /** But for those that were handed to the JVM of this test, and so to everything that it starts. */
    private static List<String> openFiles(ProcessHandle process) throws IOException {
        List<String> own = links(ProcessHandle.current().pid());
        return links(process.pid()).stream().filter(file -> !own.contains(file)).toList();
    }

    private static List<String> links(long pid) throws IOException {
        try (Stream<Path> files = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            return files.flatMap(file -> {
                        try {
                            return Stream.of(Files.readSymbolicLink(file).toString());
                        } catch (IOException e) {
                            return Stream.empty(); // closed meanwhile
                        }
                    })
                    .toList();
        }
    }

    @Test
    void itEndsWithItsCallItsConfigurationAndASignal() throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server()) {
            host.add("main", server);
            ProcessHandle first = host.drained(server, host.command("main"));

            first.destroy();
            awaitEnd(server);
            ProcessHandle second = host.drained(server, host.command("main"));

            host.configure(""); // the same again, which is another version
            awaitGone(second);
            ProcessHandle third = host.drained(server, host.command("main"));

            ProcessHandle fourth = host.drained(server, host.command("main") + " --repository local");
            awaitGone(third);

            host.archiveBy(server, host.command("main"));
            await().atMost(SOON).until(() -> {
                fill(server, 1); // PostgreSQL may hand the first one over to the command before
                awaitDrained(server);
                return !fourth.isAlive();
            });
            host.compare("main", server);
        }
    }

    /** busybox compares the times of files in seconds, and so takes no note for one of this very file. */
    @Test
    void whereTheShellBelievesNoNotesItEnds() throws Exception {
        Path busybox = RequiredServer.program("busybox", "apt-get install busybox");
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server()) {
            host.add("main", server);
            host.drain(server, host.commandBy(busybox + " sh"));

            awaitEnd(server);
            fill(server, 3);
            awaitDrained(server);
            assertThat(staying(server)).isEmpty();
            host.compare("main", server);
        }
    }

    private static void awaitGone(ProcessHandle process) {
        await().atMost(SOON).until(() -> !process.isAlive());
    }

    @Test
    void whatItHasToSayIsInPostgresLog() throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server()) {
            host.add("main", server);
            host.addRepository("other");
            host.drained(server, host.command("main"));
            assertThat(server.log()).doesNotContain("is queued for 'other'");

            Path other = host.directory().resolve("other");
            Files.move(other, other.resolveSibling("away"));
            fill(server, SEGMENTS);
            awaitDrained(server);

            await().atMost(LIMIT).untilAsserted(() -> {
                fill(server, 1);
                assertThat(server.log()).contains("is queued for 'other'");
            });
            Files.move(other.resolveSibling("away"), other);
            host.must("sync", "--cluster", "main");
            host.compare("main", server);
        }
    }

    /** It inherits what stays, and up to 17 takes the end of a process that it does not know for a crash. */
    @ParameterizedTest
    @MethodSource("versions")
    void thePostmasterMayBeProcess1(PostgresBinaries binaries) throws Exception {
        List<String> namespace = List.of("unshare", "--pid", "--fork", "--mount-proc");
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server(binaries, "off")) {
            host.add("main", server);
            server.stopFast();
            Path log = host.directory().resolve("postgres.log");
            List<String> command = new ArrayList<>(namespace);
            command.addAll(OperatingUser.current()
                    .command(List.of(
                            binaries.programs().resolve("postgres").toString(),
                            "-D",
                            server.dataDirectory().toString(),
                            "-k",
                            server.socketDirectory().toString(),
                            "-h",
                            "127.0.0.1",
                            "-p",
                            Integer.toString(server.port()))));
            Process postmaster = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
            try {
                await().atMost(LIMIT)
                        .ignoreExceptions() // it does not take connections yet
                        .until(() -> !postmaster.isAlive()
                                || server.query("SELECT 1").equals("1"));
                if (!postmaster.isAlive() && Files.readString(log).contains("unshare")) {
                    throw RequiredServer.missing("this user may not make process namespaces", "root");
                }
                assertThat(postmaster.isAlive()).as(Files.readString(log)).isTrue();
                try (Connection connection = server.connect();
                        Statement statement = connection.createStatement()) {
                    for (boolean hard : List.of(false, true)) {
                        ProcessHandle java = host.drained(server, host.command("main"));
                        boolean _ = hard ? java.destroyForcibly() : java.destroy();
                        awaitEnd(server);
                        statement.execute("SELECT 'the connection goes on'");
                    }
                }
                host.compare("main", server);
            } finally {
                // The end of a namespace's process 1 is that of all in it.
                postmaster.descendants().forEach(ProcessHandle::destroyForcibly);
                postmaster.waitFor();
            }
        }
    }

    /** Without the kernel's watches it looks by itself. */
    @Test
    void itArchivesWhereTheKernelHasNoWatchesLeft() throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server()) {
            host.add("main", server);
            Path script = host.directory().resolve("without-watches");
            Files.writeString(script, """
                    exec unshare --user --map-current-user --keep-caps sh -c '
                        echo 0 > /proc/sys/user/max_inotify_watches &&
                        exec setpriv --inh-caps=-all --ambient-caps=-all --bounding-set=-all "$@"' sh "$@"
                    """);
            if (new ProcessBuilder(OperatingUser.current().command(List.of("sh", script.toString(), "true")))
                            .inheritIO()
                            .start()
                            .waitFor()
                    != 0) {
                throw RequiredServer.missing(
                        "this user may not make user namespaces", "util-linux 2.39, and a kernel that allows them");
            }
            host.drained(server, host.commandBy("sh " + script));
            int starts = host.starts();

            fill(server, SEGMENTS);
            awaitDrained(server);

            assertThat(host.starts() - starts).isLessThan(FEW);
            host.compare("main", server);
        }
    }

    @Test
    void aPromotionIsFollowed() throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server()) {
            host.add("main", server);
            host.drained(server, host.command("main"));

            server.stopFast();
            Files.createFile(server.dataDirectory().resolve("standby.signal"));
            server.start();
            server.promote();
            fill(server, SEGMENTS);
            awaitDrained(server);

            assertThat(marks(server, ".done"))
                    .contains("00000002.history")
                    .anyMatch(name -> name.matches("00000002[0-9A-F]{16}"));
            host.compare("main", server);
        }
    }

    /** The disk of the spool has no block left, then no name either: PostgreSQL waits for neither. */
    @Test
    void aFullSpoolDelaysNothingAndNoSegmentIsMissing() throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                SmallDisk disk = SmallDisk.mount(host.spool(), "size=1m,nr_inodes=60");
                PostgresServer server = server()) {
            host.add("main", server);
            disk.fill();
            host.drain(server, host.command("main"));
            List<Path> names = new ArrayList<>();
            while (takeName(host.spool().resolve("name-" + names.size()))) {
                names.add(host.spool().resolve("name-" + names.size()));
            }
            host.drain(server, host.command("main"));

            for (Path name : names) {
                Files.delete(name);
            }
            disk.makeRoom();
            host.drained(server, host.command("main"));
            host.compare("main", server);
        }
    }

    private static boolean takeName(Path file) {
        try {
            Files.createFile(file);
            return true;
        } catch (IOException e) {
            return false; // no inode is left
        }
    }

    /** One version in a build: PostgreSQL waits before it starts an archiver again. */
    static Stream<PostgresBinaries> versionsOfKills() {
        return versions().skip(Rounds.of(1, 0));
    }

    @ParameterizedTest
    @MethodSource("versionsOfKills")
    void whateverIsKilledWhatIsAcknowledgedIsInTheRepository(PostgresBinaries binaries) throws Exception {
        try (ArchivingHost host = new ArchivingHost();
                PostgresServer server = server(binaries, "off")) {
            host.add("main", server);
            host.archiveBy(server, host.command("main"));
            for (int round = 0; round < Rounds.of(1, 100); round++) {
                fill(server, Rounds.random().nextInt(1, SEGMENTS));
                Thread.sleep(Rounds.random().nextInt(1_000));
                // Java, its shell, or the launcher that PostgreSQL waits for.
                WalProcesses.of(server, round % 2 == 0 ? WalProcesses.JAVA : WalProcesses.ALL)
                        .forEach(ProcessHandle::destroyForcibly);
            }
            awaitDrained(server);
            assertThat(marks(server, ".done")).isNotEmpty();
            host.compare("main", server);
        }
    }
}
