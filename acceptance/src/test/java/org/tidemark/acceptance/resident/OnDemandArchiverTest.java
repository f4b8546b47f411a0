// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.resident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.tidemark.acceptance.resident.ResidentHost.LIMIT;
import static org.tidemark.acceptance.resident.ResidentHost.awaitDrained;
import static org.tidemark.acceptance.resident.ResidentHost.fill;
import static org.tidemark.acceptance.resident.ResidentHost.marks;

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
import org.tidemark.acceptance.resident.ResidentHost.Archiver;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.RequiredServer;
import org.tidemark.testkit.Rounds;

/** Where segments wait, a wal-push stays after its answer, archives what comes next, and is in nobody's way. */
@Order(1) // among the longest
class OnDemandArchiverTest {
    private static final int SEGMENTS = 12;
    /** With a start of Java for each segment it would be more. */
    private static final int FEW = 4;
    /** PostgreSQL's stop and this process's end are seen by looks. */
    private static final Duration SOON = Duration.ofSeconds(5);

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

    private static void drain(ResidentHost host, PostgresServer server, String command) throws Exception {
        host.archiveBy(server, "false");
        fill(server, SEGMENTS);
        // A configuration that was written a moment ago could change again without a difference in its time.
        Thread.sleep(Duration.ofSeconds(3));
        host.archiveBy(server, command);
        awaitDrained(server);
    }

    /** A backlog that is drained by a process that stays; this process. */
    private static ProcessHandle drained(ResidentHost host, PostgresServer server, String command) throws Exception {
        drain(host, server, command);
        await().atMost(LIMIT).until(() -> staying(server).size() == 1);
        return staying(server).getFirst();
    }

    private static List<ProcessHandle> staying(PostgresServer server) throws IOException {
        return WalProcesses.of(server, WalProcesses.JAVA);
    }

    private static void awaitEnd(PostgresServer server) {
        await().atMost(SOON)
                .until(() -> WalProcesses.of(server, WalProcesses.ALL).isEmpty());
    }

    @ParameterizedTest
    @MethodSource("versions")
    void aBacklogCostsFewStartsOfJavaAndNothingOfPostgresIsHeld(PostgresBinaries binaries) throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server(binaries, "on")) {
            host.add("main", server);
            ProcessHandle java = drained(host, server, host.command("main"));
            assertThat(host.starts()).isLessThan(FEW);
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
    void itEndsWithItsCallItsConfigurationASignalAndForAnArchiver() throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            ProcessHandle first = drained(host, server, host.command("main"));

            first.destroy();
            awaitEnd(server);
            ProcessHandle second = drained(host, server, host.command("main"));

            host.configure(""); // the same again, which is another version
            awaitGone(second);
            ProcessHandle third = drained(host, server, host.command("main"));

            ProcessHandle fourth = drained(host, server, host.command("main") + " --repository local");
            awaitGone(third);

            Archiver archiver = host.start();
            awaitGone(fourth);
            host.archiveBy(server, host.command("main"));
            archiver.awaitServing(server, "are archived as soon as they are ready", 1);
            fill(server, SEGMENTS);
            awaitDrained(server);
            assertThat(staying(server)).isEmpty();
            host.compare("main", server);
        }
    }

    /** busybox compares the times of files in seconds, and so takes no note for one of this very file. */
    @Test
    void whereTheShellBelievesNoNotesItEnds() throws Exception {
        Path busybox = RequiredServer.program("busybox", "apt-get install busybox");
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            drain(host, server, host.commandBy(busybox + " sh"));

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
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server()) {
            host.add("main", server);
            host.addRepository("other");
            drained(host, server, host.command("main"));
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
        try (ResidentHost host = new ResidentHost();
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
                        ProcessHandle java = drained(host, server, host.command("main"));
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

    /** One version in a build: PostgreSQL waits before it starts an archiver again. */
    static Stream<PostgresBinaries> versionsOfKills() {
        return versions().skip(Rounds.of(1, 0));
    }

    @ParameterizedTest
    @MethodSource("versionsOfKills")
    void whateverIsKilledWhatIsAcknowledgedIsInTheRepository(PostgresBinaries binaries) throws Exception {
        try (ResidentHost host = new ResidentHost();
                PostgresServer server = server(binaries, "off")) {
            host.add("main", server);
            host.archiveBy(server, host.command("main"));
            for (int round = 0; round < Rounds.of(2, 100); round++) {
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
