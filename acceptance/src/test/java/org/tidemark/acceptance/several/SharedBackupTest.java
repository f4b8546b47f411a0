// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.several;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.SortedMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresServer;

/** One backup into two repositories: both get it, and one that fails meanwhile does not keep the other from it. */
@InTurn
class SharedBackupTest {
    private final TwoDisks disks = new TwoDisks("near", "far");
    private final TidemarkHost host = disks.host();
    private final PostgresServer server = disks.server();

    @BeforeEach
    void prepare() {
        host.must("init");
        server.sql("CREATE TABLE ticks AS SELECT i, md5(i::text) AS t FROM generate_series(1, 20000) i");
        server.archiveCurrentSegment(TwoDisks.LIMIT);
    }

    @AfterEach
    void stop() {
        disks.close();
    }

    @Test
    void postgresqlIsReadOnceAndEitherRepositoryRestoresAlone() throws IOException {
        server.sql("ALTER SYSTEM SET log_replication_commands = on", "SELECT pg_reload_conf()");

        Outcome backup = host.must("backup", "--method", "stream");

        String id = backup.data().strip();
        assertThat(backup.talk())
                .contains(
                        "backup " + id + " is complete in 'near'",
                        "backup " + id + " is complete in 'far' as well: ",
                        " were still missing there, and were copied from 'near'");
        assertThat(server.log().split("received replication command: BASE_BACKUP", -1).length - 1)
                .as("replication commands of this kind")
                .isEqualTo(1);
        assertThat(bundles("far")).isNotEmpty().hasSameSizeAs(bundles("near"));
        for (Path bundle : bundles("near")) {
            Path copy = disks.directory("far").resolve(disks.directory("near").relativize(bundle));
            assertThat(copy).hasSameBinaryContentAs(bundle);
        }
        host.must("verify", "--all");
        assertThat(host.must("list-backup").data()).contains(" verified ").doesNotContain("near: ", "far: ");
        SortedMap<String, String> rows = server.tableHashes();
        server.archiveCurrentSegment(TwoDisks.LIMIT);
        host.must("sync");
        for (String name : List.of("near", "far")) {
            restores(name, rows);
        }
    }

    /** Also in the repository with which the other one is compared. */
    @Test
    void syncRepairsABackupInWhicheverRepositoryItIsDamaged() throws IOException {
        host.must("backup");
        for (String name : List.of("near", "far")) {
            Path bundle = bundles(name).getLast();
            byte[] content = Files.readAllBytes(bundle);
            content[content.length / 2] ^= 1;
            Files.write(bundle, content);

            assertThat(host.must("sync").data()).contains("1 damaged object in " + name + " repaired");

            host.must("verify", "--all");
        }
    }

    private List<Path> bundles(String repository) throws IOException {
        return disks.files(repository, "/bundle/");
    }

    private void restores(String name, SortedMap<String, String> rows) {
        Path restored = host.directory().resolve("restored-" + name);
        host.must("recover", "--repository", name, "--to", restored.toString(), "--target-action", "promote");
        try (PostgresServer copy =
                PostgresServer.of(disks.binaries()).from(restored).start()) {
            copy.awaitRecoveryEnd(TwoDisks.LIMIT);
            assertThat(copy.tableHashes()).as(name).isEqualTo(rows);
        }
    }

    @Test
    void aRepositoryThatRefusesObjectsDoesNotKeepTheOtherFromTheBackup() throws IOException {
        for (String refusing : List.of("near", "far")) {
            String taking = refusing.equals("near") ? "far" : "near";
            Path folder = disks.files(refusing, "/cluster.json").getFirst().resolveSibling("backup");
            Files.createDirectories(folder);
            OperatingUser.current().own(folder);
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("---------"));

            Outcome backup = host.run("backup");

            assertThat(backup.status()).as(backup.talk()).isEqualTo(11);
            String id = backup.data().strip();
            assertThat(backup.talk()).contains("backup " + id + " is complete in '" + taking + "'", "'" + refusing);
            assertThat(host.must("list-backup", "--repository", taking).data()).contains(id + " ");

            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            host.must("sync");
            assertThat(host.must("list-backup", "--repository", refusing).data())
                    .contains(id + " ")
                    .doesNotContain("broken");
            host.must("verify", "--repository", refusing, id);
        }
    }
}
