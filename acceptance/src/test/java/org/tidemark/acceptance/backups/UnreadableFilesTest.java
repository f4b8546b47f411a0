// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.backups;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.OpenSshServer;
import org.tidemark.testkit.OpenSshServer.Serves;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** Somebody left files in the data directory that only root may read. */
class UnreadableFilesTest {
    private final TidemarkHost host = new TidemarkHost();

    @AfterEach
    void close() {
        host.close();
    }

    @Test
    void allAreNamedBeforeTheBackupWithWhatHelps() throws IOException {
        assumeTrue(OperatingUser.current().switched(), "only root can make files of another user");
        try (OpenSshServer ssh = OpenSshServer.startAsOrdinaryUser(Serves.READ_ONLY_SFTP);
                PostgresServer server = PostgresServer.of(PostgresBinaries.newestEmbedded())
                        .withTemplates()
                        .initdb("--wal-segsize=1")
                        .archiving(host.archiveCommand())
                        .start()) {
            host.configure("[repository.local]\nurl = '"
                    + host.directory().resolve("repository").toUri() + "'\n[cluster.main]\nconninfo = '"
                    + server.conninfo() + "'\n"
                    + SshSourceTest.sshHost(host, ssh, OperatingUser.current().name()));
            host.must("init");
            Path lost = Files.createDirectory(server.dataDirectory().resolve("lost+found"));
            Files.setPosixFilePermissions(lost, PosixFilePermissions.fromString("rwx------"));
            host.must("backup", "--method", "ssh");
            Path first = ofRoot(server.dataDirectory().resolve("base/5/bar.save"));
            Path second = ofRoot(server.dataDirectory().resolve("foo.save"));

            Outcome refused = host.run("backup", "--method", "ssh");

            assertThat(refused.status()).as(refused.talk()).isEqualTo(60);
            assertThat(refused.talk())
                    .contains("no right to read 2 files and directories: '" + first + "', '" + second + "'")
                    .contains("and 1 more do not belong to the owner of the data directory")
                    .contains("chown --reference='" + server.dataDirectory() + "' '" + first + "'")
                    .doesNotContain("--method stream");
            assertThat(server.query("SELECT count(*) FROM pg_ls_waldir() WHERE name LIKE '%.backup'"))
                    .isEqualTo("1");
            Files.delete(lost);

            Outcome sent = host.run("backup", "--method", "stream");

            assertThat(sent.status()).as(sent.talk()).isEqualTo(41);
            assertThat(sent.talk())
                    .contains("PostgreSQL may not read the file or directory that its message names")
                    .doesNotContain("GRANT");
        }
    }

    private static Path ofRoot(Path file) throws IOException {
        Files.writeString(file, "saved");
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    }
}
