// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.core.UserFacingException;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.TemporaryTree;

class ThrowawayServerTest {
    private static final PostgresBinaries BINARIES = PostgresBinaries.embedded(17);
    private static final ServerPrograms PROGRAMS = new ServerPrograms(BINARIES.programs());

    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-throwaway-");

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    private ThrowawayServer server(String socket) {
        return new ThrowawayServer(PROGRAMS, home.resolve("data"), home.resolve(socket), "owner");
    }

    @Test
    void aNewClusterIsReachedByItsSocketAlone() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            server.start(Map.of("work_mem", "5MB"));

            assertThat(server.ask("SHOW listen_addresses")).isEmpty();
            assertThat(server.ask("SHOW work_mem")).isEqualTo("5MB");
            assertThat(server.ask("SELECT current_user")).isEqualTo("owner");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve("socket"))))
                    .isEqualTo("rwx------");
            assertThat(Files.getOwner(home.resolve("data")).getName())
                    .as("never root")
                    .isEqualTo(OperatingUser.current().name());
        }
        assertThat(postmasterPid()).doesNotExist();
    }

    @Test
    void whatWasWrittenIsThereWhenAnotherServerStartsOnTheDirectory() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            server.start(Map.of());
            server.execute("CREATE TABLE t AS SELECT 7 AS seven");
            server.stop();
            assertThat(postmasterPid()).doesNotExist();
        }

        try (ThrowawayServer again = server("another")) {
            again.start(Map.of());

            assertThat(again.ask("SELECT seven FROM public.t")).isEqualTo("7");
        }
    }

    @Test
    void aServerThatDoesNotStartSaysWhatItsLogSays() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            Files.writeString(
                    home.resolve("data/postgresql.conf"), "shared_buffers = 'plenty'\n", StandardOpenOption.APPEND);

            assertThatThrownBy(() -> server.start(Map.of())).isInstanceOfSatisfying(UserFacingException.class, e -> {
                assertThat(e.getMessage()).contains("did not start in '" + home + "/data': ", "FATAL: ");
                assertThat(e.hint()).contains("plenty");
            });
        }
        assertThat(postmasterPid()).doesNotExist();
    }

    @Test
    void aServerOfOthersOnTheDirectoryIsNotStopped() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            server.start(Map.of());

            try (ThrowawayServer second = server("another")) {
                assertThatThrownBy(() -> second.start(Map.of())).hasMessageContaining("postmaster.pid");
            }

            assertThat(server.ask("SELECT 1")).isEqualTo("1");
        }
    }

    @Test
    void anInterruptedThreadStopsIt() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            server.start(Map.of());
            Thread.currentThread().interrupt();
        }

        assertThat(Thread.interrupted()).isTrue();
        assertThat(postmasterPid()).doesNotExist();
    }

    @Test
    void aServerWhoseStartIsInterruptedIsStopped() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
            // The file of the log is made by pg_ctl's server, before its postmaster.pid.
            Thread starting = Thread.currentThread();
            Thread interruption = Thread.ofVirtual().start(() -> {
                Awaitility.await()
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> Files.exists(home.resolve("socket/server.log")));
                starting.interrupt();
            });

            assertThatThrownBy(() -> server.start(Map.of())).isInstanceOf(InterruptedException.class);

            interruption.join();
        }
        assertThat(postmasterPid()).doesNotExist();
    }

    @Test
    void aServerThatNobodyClosedEndsWithTheProcess() throws Exception {
        try (ThrowawayServer server = server("socket")) {
            server.create();
        }
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Forgetful.class.getName(),
                        home.toString(),
                        PROGRAMS.bin().toString()))
                .inheritIO()
                .start();
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(60))
                    .until(() -> Files.exists(home.resolve("started")) || !process.isAlive());
            assertThat(postmasterPid()).exists();

            process.destroy();

            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(postmasterPid()).doesNotExist();
        } finally {
            process.destroyForcibly();
        }
    }

    /** Starts a server, and waits to be ended by a signal. */
    static final class Forgetful {
        public static void main(String[] arguments) throws Exception {
            Path home = Path.of(arguments[0]);
            ServerPrograms programs = new ServerPrograms(Path.of(arguments[1]));
            new ThrowawayServer(programs, home.resolve("data"), home.resolve("socket"), "owner").start(Map.of());
            Files.createFile(home.resolve("started"));
            Thread.sleep(Duration.ofMinutes(2));
        }
    }

    @Test
    void programsAreFoundByTheirMajorVersion() throws IOException {
        Path bin = Files.createDirectories(home.resolve("usr/pgsql-16/bin"));
        Path program = Files.writeString(bin.resolve("pg_ctl"), "", StandardCharsets.UTF_8);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));

        assertThat(ServerPrograms.find(home, 16, "pg_ctl")).contains(program);
        assertThat(ServerPrograms.find(home, 15, "pg_ctl")).isEmpty();
        assertThat(ServerPrograms.find(99)).isEmpty();
        assertThat(ServerPrograms.in(bin)).as("without initdb").isEmpty();
    }

    private Path postmasterPid() {
        return home.resolve("data/postmaster.pid");
    }
}
