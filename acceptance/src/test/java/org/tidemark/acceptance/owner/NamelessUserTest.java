// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.owner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** A user id that the password database does not know, as containers are given. */
class NamelessUserTest {
    private static final String UID = "1000660000";
    private static final int LIMIT_SECONDS = 120;

    @TempDir
    private Path directory;

    private String talk = "";

    @Test
    void itHasANumberNoDirectoryOfItsOwnAndNoRole() throws Exception {
        assumeTrue(OperatingUser.current().switched(), "only root can become a user without a name");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Path config = directory.resolve("tidemark.toml");
        Files.writeString(
                config,
                "[repository.disk]\nurl = 'file://" + directory + "/disk'\n[cluster.main]\nrepositories = ['disk']\n"
                        + "conninfo = 'dbname=postgres'\n");
        Files.setAttribute(config, "unix:uid", Integer.valueOf(UID));
        Files.setPosixFilePermissions(config, PosixFilePermissions.fromString("rw-------"));

        try (PostgresServer server =
                PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst()).start()) {
            assertThat(run(
                            List.of("PGHOST=127.0.0.1", "PGPORT=" + server.port()),
                            "init",
                            "--config",
                            config.toString()))
                    .isEqualTo(41);
            assertThat(talk)
                    .contains("'" + UID + "'", "The user of this process has no name", "PGUSER")
                    .doesNotContain("'?'", "?/.pgpass");
        }
        assertThat(run(List.of("HOME=/"), "status", "--config", config.toString()))
                .isNotEqualTo(70);
        assertThat(run(List.of(), "wal-push", "pg_wal/000000010000000000000001", "--config", config.toString()))
                .isPositive();

        try (Stream<Path> files = Files.walk(directory)) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).doesNotContain("?");
        }
    }

    private int run(List<String> variables, String... arguments) throws IOException, InterruptedException {
        Path output = directory.resolve("output");
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + UID, "--regid=0", "--clear-groups", "env", "-i", "PATH=/usr/bin:/bin"));
        command.addAll(variables);
        command.add(InstalledTidemark.launcher().toString());
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)).isTrue();
        talk = Files.readString(output, StandardCharsets.UTF_8);
        return process.exitValue();
    }
}
