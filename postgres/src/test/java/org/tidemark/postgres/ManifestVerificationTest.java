// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.ManifestVerification.Problem;

class ManifestVerificationTest {
    @TempDir
    private Path home;

    private Path directory = Path.of("");
    private Path tablespace = Path.of("");

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = home.resolve("data");
        tablespace = Files.createDirectory(home.resolve("tablespace"));
        Files.createDirectories(directory.resolve("base/5"));
        Files.createDirectories(directory.resolve("pg_wal/archive_status"));
        Files.createDirectories(directory.resolve("pg_tblspc"));
        Files.createSymbolicLink(directory.resolve("pg_tblspc/16384"), tablespace);
        try (OutputStream out = Files.newOutputStream(directory.resolve(PostgresManifest.PATH))) {
            PostgresManifestWriter writer = new PostgresManifestWriter(out, Optional.empty());
            for (String path : List.of(
                    "PG_VERSION", "base/5/1259", "pg_tblspc/16384/1", "postgresql.conf", "postgresql.auto.conf")) {
                writer.add(write(path, "content of " + path));
            }
            writer.finish(List.of(new WalRange(Timeline.FIRST, new Lsn(40), new Lsn(100))));
        }
    }

    @Test
    void aDirectoryAsTheManifestSaysHasNoProblem() throws IOException {
        ManifestVerification.Result result = ManifestVerification.verify(directory, 10);

        assertThat(result.problems()).isEmpty();
        assertThat(result.files()).isEqualTo(4);
    }

    @Test
    void whatARestoreMustChangeIsNoProblem() throws IOException {
        write("postgresql.auto.conf", "restore_command = 'x'");
        write("recovery.signal", "");
        write("standby.signal", "");
        write("pg_wal/000000010000000000000001", "wal");
        Files.createDirectory(directory.resolve("pg_replslot"));

        assertThat(ManifestVerification.verify(directory, 10).problems()).isEmpty();
    }

    @Test
    void aFileThatIsMissingLongerChangedOrNotListedIsAProblemEach() throws IOException {
        Files.delete(directory.resolve("PG_VERSION"));
        write("base/5/1259", "content of base/5/1258");
        write("pg_tblspc/16384/1", "longer content of pg_tblspc/16384/1");
        write("postmaster.pid", "1");

        ManifestVerification.Result result = ManifestVerification.verify(directory, 10);

        assertThat(result.problemsCount()).isEqualTo(4);
        assertThat(result.problems())
                .extracting(Problem::path, problem -> problem.problem().replaceAll("[0-9a-f]{8}", "x"))
                .containsExactlyInAnyOrder(
                        tuple("PG_VERSION", "listed in the manifest, but not there"),
                        tuple("base/5/1259", "CRC32C is x (expected x)"),
                        tuple("pg_tblspc/16384/1", "has 35 bytes (expected 28)"),
                        tuple("postmaster.pid", "not listed in the manifest"));
    }

    @Test
    void moreProblemsThanAskedForAreCountedOnly() throws IOException {
        write("a", "");
        write("b", "");
        write("c", "");

        ManifestVerification.Result result = ManifestVerification.verify(directory, 2);

        assertThat(result.problems()).hasSize(2);
        assertThat(result.problemsCount()).isEqualTo(3);
    }

    @Test
    void anEditedPostgresqlConfIsAProblemAsForPgVerifybackup() throws IOException {
        write("postgresql.conf", "edited");

        assertThat(ManifestVerification.verify(directory, 10).problems())
                .extracting(Problem::path)
                .containsExactly("postgresql.conf");
    }

    @Test
    void aLinkThatLeadsNowhereIsAProblem() throws IOException {
        Files.createSymbolicLink(directory.resolve("pg_tblspc/16385"), tablespace.resolve("gone"));

        assertThat(ManifestVerification.verify(directory, 10).problems())
                .extracting(Problem::path)
                .containsExactly("pg_tblspc/16385");
    }

    @Test
    void withoutAManifestThereIsNoAnswer() throws IOException {
        Files.delete(directory.resolve(PostgresManifest.PATH));

        assertThatExceptionOfType(NoSuchFileException.class)
                .isThrownBy(() -> ManifestVerification.verify(directory, 10));
    }

    private PostgresManifest.File write(String path, String content) throws IOException {
        Path file = directory.resolve(path);
        Files.writeString(file, content);
        ManifestChecksum.Digest digest = ManifestChecksum.Algorithm.CRC32C.newDigest();
        byte[] bytes = Files.readAllBytes(file);
        digest.update(bytes, 0, bytes.length);
        return new PostgresManifest.File(path, bytes.length, Instant.EPOCH, Optional.of(digest.finish()));
    }
}
