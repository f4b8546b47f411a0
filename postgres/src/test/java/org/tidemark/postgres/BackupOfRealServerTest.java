// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.RequiredServer;

/** With the client programs of the machine's own PostgreSQL: the embedded ones have none. */
class BackupOfRealServerTest {
    @ParameterizedTest
    @ValueSource(strings = {"CRC32C", "SHA224", "NONE"})
    void aBackupByPgBasebackupIsReadAndVerifiedAsPgVerifybackupDoes(String algorithm) throws IOException {
        PostgresBinaries machine = PostgresBinaries.ofMachine()
                .filter(binaries -> binaries.program("pg_basebackup").isPresent()
                        && binaries.program("pg_verifybackup").isPresent())
                .orElseThrow(() -> RequiredServer.missing(
                        "there is no pg_basebackup or pg_verifybackup", "apt-get install postgresql"));
        try (PostgresServer server = PostgresServer.of(machine).withTemplates().start()) {
            Path tablespace = server.newDirectory("tablespace");
            server.sql(
                    "CREATE TABLESPACE fast LOCATION '" + tablespace + "'",
                    "CREATE TABLE t TABLESPACE fast AS SELECT generate_series(1, 1000) g");
            Path backup = server.newDirectory("backup");
            Path tablespaceCopy = server.newDirectory("tablespace-copy");
            run(
                    server,
                    "pg_basebackup",
                    "-d",
                    server.conninfo(),
                    "-D",
                    backup.toString(),
                    "-c",
                    "fast",
                    "-X",
                    "none",
                    "-T",
                    tablespace + "=" + tablespaceCopy,
                    "--manifest-checksums=" + algorithm,
                    "--no-sync");

            BackupLabel label = BackupLabel.parse(Files.readString(backup.resolve("backup_label")), "backup_label");
            assertThat(label.method()).isEqualTo("streamed");
            assertThat(ControlFile.read(backup).checkpoint().redo()).isEqualTo(label.start());

            ManifestVerification.Result result = ManifestVerification.verify(backup, 10);
            assertThat(result.problems()).isEmpty();
            assertThat(result.files()).isGreaterThan(500);

            byte[] written = copyOf(backup.resolve(PostgresManifest.PATH));
            assertThat(written).isEqualTo(Files.readAllBytes(backup.resolve(PostgresManifest.PATH)));

            Files.write(backup.resolve("PG_VERSION"), List.of("99x"));
            assertThat(ManifestVerification.verify(backup, 10).problems())
                    .extracting(ManifestVerification.Problem::path)
                    .containsExactly("PG_VERSION");
            assertThatThrownBy(() -> run(server, "pg_verifybackup", "-n", backup.toString()))
                    .hasMessageContaining("PG_VERSION");
        }
    }

    private static byte[] copyOf(Path manifestFile) throws IOException {
        ByteArrayOutputStream copy = new ByteArrayOutputStream();
        PostgresManifestWriter writer = new PostgresManifestWriter(copy, Optional.empty());
        try (InputStream in = Files.newInputStream(manifestFile)) {
            PostgresManifest manifest = PostgresManifest.read(in, manifestFile.toString(), writer::add);
            assertThat(manifest.version()).isOne();
            writer.finish(manifest.walRanges());
        }
        return copy.toByteArray();
    }

    private static void run(PostgresServer server, String program, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(server.binaries().program(program).orElseThrow().toString());
        command.addAll(List.of(arguments));
        server.run(command);
    }
}
