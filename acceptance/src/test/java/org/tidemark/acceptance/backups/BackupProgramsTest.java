// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** {@code before-backup} and {@code after-backup}. */
@ParameterizedClass
@MethodSource("org.tidemark.testkit.PostgresBinaries#oneOfThisRun")
@InTurn
final class BackupProgramsTest {
    @Parameter
    PostgresBinaries binaries = PostgresBinaries.embedded().getLast();

    @Test
    void programsRunBeforeAndAfterEachBackup() throws Exception {
        try (TidemarkHost host = new TidemarkHost();
                PostgresServer server = PostgresServer.of(binaries)
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure(server.conninfo(), server.dataDirectory());
            Path told = host.directory().resolve("told");
            Path before = program(host, "before", "echo before >> " + told);
            program(host, "after", "env >> " + told);
            Files.writeString(
                    host.config(),
                    "before-backup = '" + before + "'\nafter-backup = '"
                            + host.directory().resolve("after") + "'\n",
                    StandardOpenOption.APPEND);
            host.must("init");

            String id = host.must("backup").data().strip();
            assertThat(taken(told))
                    .startsWith("before")
                    .contains("TIDEMARK_CLUSTER=main", "TIDEMARK_STATUS=0", "TIDEMARK_BACKUPS=" + id)
                    .as("nothing else of this program, and no secret")
                    .allMatch(line -> line.equals("before")
                            || line.matches("(?:PATH|HOME|LANG|LC_[A-Z]+|TZ|TMPDIR|PWD|SHLVL|_|OLDPWD"
                                    + "|TIDEMARK_(?:CLUSTER|STATUS|BACKUPS))=.*"));

            program(host, "before", "yes no | head -c 200000; exit 7");
            Outcome failed = host.run("backup");
            assertThat(failed.status()).isEqualTo(ExitCode.BACKUP_FAILED.status());
            assertThat(failed.talk()).contains("before-backup '" + before + "' exited with status 7: no");
            assertThat(failed.talk().length()).isLessThan(70_000);
            assertThat(taken(told)).contains("TIDEMARK_STATUS=" + ExitCode.BACKUP_FAILED.status(), "TIDEMARK_BACKUPS=");
            assertThat(host.must("list-backup", "--output", "json").data()).contains(id);

            program(host, "before", "true");
            program(host, "after", "echo cannot; exit 3");
            assertThat(host.must("backup").talk()).contains("exited with status 3: cannot");

            Files.setPosixFilePermissions(before, PosixFilePermissions.fromString("rwxrwxr-x"));
            Outcome refused = host.run("backup");
            assertThat(refused.status()).isEqualTo(ExitCode.USAGE.status());
            assertThat(refused.talk()).contains("other users may change '" + before + "'");
        }
    }

    private static Path program(TidemarkHost host, String name, String line) throws IOException {
        Path program = host.directory().resolve(name);
        Files.writeString(program, "#!/bin/sh\n" + line + "\n");
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
        OperatingUser.current().own(host.directory());
        return program;
    }

    private static List<String> taken(Path told) throws IOException {
        List<String> lines = Files.readAllLines(told);
        Files.delete(told);
        return lines;
    }
}
