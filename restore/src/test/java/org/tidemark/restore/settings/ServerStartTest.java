// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.restore.Shell;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.TemporaryTree;

/** With its configuration in /etc, as Debian has it, a cluster that runs is restored on its own host. */
class ServerStartTest {
    private final Path home = OperatingUser.current().newTemporaryDirectory("tidemark-start-");
    private final PostgresBinaries binaries = PostgresBinaries.oldestAndNewest().getLast();
    private final Path etc = home.resolve("etc/postgresql/" + binaries.major() + "/main");
    private final Path restored = home.resolve("restored");

    @AfterEach
    void removeHome() {
        TemporaryTree.delete(home);
    }

    private void shell(String command) {
        Shell.run(OperatingUser.current()
                .command(List.of(
                        "env",
                        "LC_ALL=C",
                        "PATH=" + binaries.programs() + ":/usr/bin:/bin",
                        "/bin/sh",
                        "-c",
                        "cd " + home + "; " + command + " > " + home + "/log 2>&1")));
    }

    @Test
    void thePrintedCommandOpensTheRestoredDirectoryAndNotTheRunningOriginal() throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).create()) {
            Path original = server.dataDirectory();
            Files.createDirectories(etc);
            for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
                Files.move(original.resolve(name), etc.resolve(name));
            }
            Files.writeString(
                    etc.resolve("postgresql.conf"),
                    Files.readString(etc.resolve("postgresql.conf")) + "data_directory = '" + original
                            + "'\nlisten_addresses = ''\nunix_socket_directories = '" + home
                            + "'\nexternal_pid_file = '" + home + "/main.pid'\nport = 5432\n");
            Shell.run(List.of("cp", "-a", original.toString(), restored.toString()));
            OperatingUser.current().own(home);
            shell("pg_ctl -D " + etc + " start");
            try {
                ServerStart start = ServerStart.find(
                        home, binaries.major(), Map.of(), new ServerStart.Directories(restored, Optional.of(original)));

                shell(start.command(restored));

                try {
                    List<String> running = Files.readAllLines(restored.resolve("postmaster.pid"));
                    assertThat(running.get(1)).isEqualTo(restored.toString());
                    assertThat(running.get(3)).isEqualTo("5433");
                    assertThat(Files.readString(restored.resolve("start.log")))
                            .contains("starting PostgreSQL")
                            .doesNotContain("could not write");
                    shell(start.status(restored));
                    assertThat(Files.readAllLines(original.resolve("postmaster.pid"))
                                    .get(3))
                            .isEqualTo("5432");
                } finally {
                    shell("pg_ctl -D " + restored + " -m immediate stop");
                }
            } finally {
                shell("pg_ctl -D " + original + " -m immediate stop");
            }
        }
    }

    /** Also while the original runs, whose file its server has read. */
    @Test
    void theConfigurationThatNamesTheRestoredDirectoryIsItsOwn() throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            Path original = server.dataDirectory();
            Files.createDirectories(etc);
            Files.writeString(etc.resolve("postgresql.conf"), "data_directory = '" + original + "'\nport = 5432\n");
            Path own = Files.createDirectories(etc.resolveSibling("standby"));
            Files.writeString(own.resolve("postgresql.conf"), "data_directory = '" + restored + "'\nport = 5599\n");

            ServerStart start = ServerStart.find(
                    home, binaries.major(), Map.of(), new ServerStart.Directories(restored, Optional.of(original)));

            assertThat(start.outside())
                    .hasValueSatisfying(found -> assertThat(found.file()).isEqualTo(own.resolve("postgresql.conf")));
            assertThat(start.listening().wanted()).isEqualTo(5599);
        }
    }

    /** A restore in place may move them away with the data directory. */
    @Test
    void linksInTheRestoredDirectoryAreFollowed() throws IOException {
        try (PostgresServer server = PostgresServer.of(binaries).create()) {
            Path original = server.dataDirectory();
            Files.createDirectories(etc);
            for (String name : List.of("postgresql.conf", "pg_hba.conf")) {
                Files.move(original.resolve(name), etc.resolve(name));
                Files.createSymbolicLink(original.resolve(name), etc.resolve(name));
            }
            OperatingUser.current().own(home);
            server.start();

            ServerStart start = ServerStart.find(
                    home.resolve("nothing"),
                    binaries.major(),
                    Map.of(),
                    new ServerStart.Directories(original, Optional.of(original)));

            assertThat(start.outside()).hasValueSatisfying(found -> {
                assertThat(found.file()).isEqualTo(etc.resolve("postgresql.conf"));
                assertThat(found.hbaFile()).isEqualTo(etc.resolve("pg_hba.conf"));
                assertThat(found.identFile()).isEqualTo(original.resolve("pg_ident.conf"));
            });
        }
    }
}
