// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.postgres.PageCheck.PageVerdict;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

class FilesOfStreamedBackupTest {
    private static final int PAGE_BYTES = 8192;

    @TempDir
    private Path home;

    @ParameterizedTest
    @MethodSource("org.tidemark.testkit.PostgresBinaries#ofThisRun")
    void onABusyServerTheDamagedPagesAreFoundAndNoOthers(PostgresBinaries binaries) throws Exception {
        try (PostgresServer server = PostgresServer.of(binaries).start()) {
            Path elsewhere = server.newDirectory("elsewhere");
            server.sql(
                    "CREATE TABLESPACE elsewhere LOCATION '" + elsewhere + "'",
                    "CREATE TABLE damaged AS SELECT i, repeat('x', 200) AS filler FROM generate_series(1, 2000) i",
                    "CREATE TABLE busy TABLESPACE elsewhere AS SELECT * FROM damaged");
            String path = server.query("SELECT pg_relation_filepath('damaged')");
            server.stopFast();
            damage(server.dataDirectory().resolve(path));
            server.start();

            UnpackedBackup backup = new UnpackedBackup(Files.createDirectory(home.resolve("data")));
            BaseBackupResult result;
            Thread writer = Thread.ofVirtual().start(() -> write(server));
            try (ReplicationConnection connection = new TestConnections(home).replication(server.socketConninfo())) {
                result = connection.baseBackup(BaseBackupOptions.of("files"), backup);
            } finally {
                writer.interrupt();
                assertThat(writer.join(Duration.ofSeconds(60))).isTrue();
            }

            assertThat(damagedPages(backup, result)).containsExactly(path + " 2", path + " 3");
            assertThat(ManifestVerification.verify(backup.directory, 10).problems())
                    .isEmpty();
            assertWhatTheFilesSay(backup, result, server);
        }
    }

    private static List<String> damagedPages(UnpackedBackup backup, BaseBackupResult result) {
        List<String> pages = new ArrayList<>();
        for (RelationFileCheck.Finding finding : backup.findings) {
            boolean isDamage = switch (finding.verdict()) {
                case PageVerdict.Sound sound -> false;
                case PageVerdict.Damaged damaged -> true;
                case PageVerdict.Undecided undecided -> undecided.isDamage(result.end());
            };
            if (isDamage) {
                pages.add(finding.path() + " " + finding.block());
            }
        }
        return pages;
    }

    private static void assertWhatTheFilesSay(UnpackedBackup backup, BaseBackupResult result, PostgresServer server)
            throws IOException {
        ControlFile control = ControlFile.read(backup.directory);
        BackupLabel label =
                BackupLabel.parse(Files.readString(backup.directory.resolve("backup_label")), "backup_label");
        assertThat(label.start()).isEqualTo(result.start());
        assertThat(label.label()).isEqualTo("files");
        assertThat(control.system())
                .isEqualTo(SystemIdentifier.parse(server.query("SELECT system_identifier FROM pg_control_system()")));

        TablespaceMap map = TablespaceMap.parse(Files.readString(backup.directory.resolve("tablespace_map")));
        TablespaceInfo tablespace = backup.tablespaces.getFirst();
        assertThat(map.entries()).containsExactly(new TablespaceMap.Entry(tablespace.oid(), tablespace.location()));

        try (var in = Files.newInputStream(backup.directory.resolve(PostgresManifest.PATH))) {
            PostgresManifest manifest = PostgresManifest.read(in, PostgresManifest.PATH, file -> {});
            assertThat(manifest.version()).isEqualTo(control.postgresMajor() >= 17 ? 2 : 1);
            assertThat(manifest.system().orElse(control.system())).isEqualTo(control.system());
            assertThat(manifest.walRanges()).singleElement().satisfies(range -> {
                assertThat(range.start()).isEqualTo(result.start());
                assertThat(range.stop()).isEqualTo(result.end());
            });
        }
    }

    /** A flipped bit, and a page of which only pd_upper is zero. */
    private static void damage(Path file) throws IOException {
        try (RandomAccessFile pages = new RandomAccessFile(file.toFile(), "rw")) {
            pages.seek(2 * PAGE_BYTES + 5000);
            int old = pages.read();
            pages.seek(2 * PAGE_BYTES + 5000);
            pages.write(old ^ 1);
            pages.seek(3 * PAGE_BYTES + 14);
            pages.writeShort(0);
        }
    }

    private static void write(PostgresServer server) {
        for (int round = 0; round < 200 && !Thread.currentThread().isInterrupted(); round++) {
            server.sql("UPDATE busy SET i = i + 1", "CHECKPOINT");
        }
    }
}
