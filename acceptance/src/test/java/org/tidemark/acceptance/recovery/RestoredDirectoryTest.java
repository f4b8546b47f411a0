// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** The directory is a mount point: its parent belongs to root. The data directory holds a file that is read-only. */
class RestoredDirectoryTest {
    private final TidemarkHost host = new TidemarkHost();
    private final Path mounts = host.directory().resolve("mounts");
    private final Path restored = mounts.resolve("restored");

    @AfterEach
    void close() throws IOException {
        Files.setPosixFilePermissions(mounts, PosixFilePermissions.fromString("rwxr-xr-x"));
        host.close();
    }

    @Test
    void aMountPointIsRestoredIntoAndAnInterruptedRestoreIsCompleted() throws Exception {
        PostgresBinaries binaries = PostgresBinaries.embedded(16);
        try (PostgresServer server = ArchivedCluster.primary(binaries)
                .archiving(host.archiveCommand())
                .start()) {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\ndata-directory = '" + server.dataDirectory() + "'\n");
            Path key = Files.writeString(server.dataDirectory().resolve("server.key"), "secret");
            Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("r--------"));
            OperatingUser.current().own(key);
            host.must("init");
            host.must("backup");
            String system = server.query("SELECT system_identifier FROM pg_control_system()");
            Files.createDirectories(restored);
            OperatingUser.current().own(restored);
            Files.setPosixFilePermissions(restored, PosixFilePermissions.fromString("rwx------"));
            Files.setPosixFilePermissions(mounts, PosixFilePermissions.fromString("r-xr-xr-x"));

            Outcome first = host.must("recover", "--to", restored.toString());

            assertThat(first.talk())
                    .contains(
                            "PLAN for main · is carried out now",
                            "WARNING: the plan cannot be written beside",
                            "its WAL can be fetched");
            Path plan = planIn(first);
            assertThat(plan)
                    .content()
                    .startsWith("PLAN for main · as it was before the restore")
                    .contains("1. Start");

            String backup = host.must("list-backup")
                    .data()
                    .lines()
                    .filter(line -> line.contains("complete"))
                    .findFirst()
                    .orElseThrow()
                    .split(" ", 2)[0];
            // As if the first one had been killed at its end.
            Files.delete(restored.resolve("global/pg_control"));
            Path marker = Files.write(
                    restored.resolve("tidemark.restore"),
                    ChecksummedJson.write(
                            Map.of("systemIdentifier", system, "backup", backup, "started", "2026-11-20T06:30:00Z")));
            OperatingUser.current().own(marker);

            host.must("recover", "--to", restored.toString());

            assertThat(restored.resolve("global/pg_control")).exists();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(restored.resolve("server.key"))))
                    .isEqualTo("r--------");
        }
    }

    private static Path planIn(Outcome outcome) {
        String said = outcome.talk()
                .lines()
                .filter(line -> line.contains("what to do next: "))
                .findFirst()
                .orElseThrow();
        return Path.of(
                said.substring(said.indexOf("next: ") + "next: ".length()).strip());
    }
}
