// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalRange;

class PostgresManifestTest {
    private static final Optional<SystemIdentifier> SYSTEM =
            Optional.of(SystemIdentifier.parse("17312089945514410999"));
    private static final List<WalRange> RANGES =
            List.of(new WalRange(Timeline.FIRST, Lsn.parse("0/2000028"), Lsn.parse("0/2000100")));
    private static final List<PostgresManifest.File> FILES = List.of(
            file("backup_label", 227, Optional.of(ManifestChecksum.ofCrc32c(0x12345678))),
            file("log/\"quoted\\\" é\u0001\n", 0, Optional.empty()),
            file("base/5/1259", 1L << 40, Optional.of(sha("SHA256", 64))),
            file("base/5/1260", 1, Optional.of(sha("SHA512", 128))));

    @Test
    void whatIsWrittenIsReadAgain() throws IOException {
        List<PostgresManifest.File> files = new ArrayList<>();

        PostgresManifest manifest = read(write(SYSTEM), files);

        assertThat(manifest).isEqualTo(new PostgresManifest(2, SYSTEM, RANGES, 4));
        assertThat(files).isEqualTo(FILES);
    }

    @Test
    void withoutASystemIdentifierItIsOfVersion1() throws IOException {
        assertThat(read(write(Optional.empty()), new ArrayList<>()).version()).isEqualTo(1);
    }

    @Test
    void theBytesAreThoseOfPostgres() throws IOException {
        String text = new String(write(SYSTEM), StandardCharsets.UTF_8);

        assertThat(text).startsWith("""
                { "PostgreSQL-Backup-Manifest-Version": 2,
                "System-Identifier": 17312089945514410999,
                "Files": [
                { "Path": "backup_label", "Size": 227, "Last-Modified": "2026-11-20 06:30:11 GMT", \
                "Checksum-Algorithm": "CRC32C", "Checksum": "78563412" },
                { "Path": "log/\\"quoted\\\\\\" é\\u0001\\n", "Size": 0, "Last-Modified": "2026-11-20 06:30:11 GMT" },
                """);
        assertThat(text).contains("""
                ],
                "WAL-Ranges": [
                { "Timeline": 1, "Start-LSN": "0/2000028", "End-LSN": "0/2000100" }
                ],
                "Manifest-Checksum": \"""");
    }

    @Test
    void everyFlippedBitIsFound() throws IOException {
        byte[] manifest = write(SYSTEM);

        for (int at = 0; at < manifest.length; at++) {
            byte[] changed = manifest.clone();
            changed[at] ^= 0x04;

            assertThatExceptionOfType(CorruptFileException.class)
                    .as("byte %d", at)
                    .isThrownBy(() -> read(changed, new ArrayList<>()));
        }
    }

    @Test
    void everyTruncationIsFound() throws IOException {
        byte[] manifest = write(SYSTEM);

        for (int length = 0; length < manifest.length; length++) {
            byte[] cut = Arrays.copyOf(manifest, length);

            assertThatExceptionOfType(CorruptFileException.class)
                    .as("%d bytes", length)
                    .isThrownBy(() -> read(cut, new ArrayList<>()));
        }
    }

    @Test
    void theAnswerDoesNotDependOnHowTheBytesArrive() throws IOException {
        List<PostgresManifest.File> files = new ArrayList<>();
        InputStream dribble = new ByteArrayInputStream(write(SYSTEM)) {
            @Override
            public synchronized int read(byte[] bytes, int offset, int length) {
                return super.read(bytes, offset, Math.min(length, 1));
            }
        };

        PostgresManifest.read(dribble, "backup_manifest", files::add);

        assertThat(files).isEqualTo(FILES);
    }

    @Test
    void anEncodedPathIsDecodedAndOneThatIsNotUtf8IsEncoded() throws IOException {
        List<PostgresManifest.File> files = new ArrayList<>();

        read(encoded("62617365c3a9"), files);
        read(encoded("62617365e9"), files);

        assertThat(files).extracting(PostgresManifest.File::path).containsExactly("baseé", "base\udce9");
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PostgresManifestWriter writer = new PostgresManifestWriter(bytes, Optional.empty());
        writer.add(file("base\udce9", 1, Optional.empty()));
        writer.finish(RANGES);
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .contains("\n{ \"Encoded-Path\": \"62617365e9\", \"Size\": 1");
        files.clear();
        read(bytes.toByteArray(), files);
        assertThat(files).extracting(PostgresManifest.File::path).containsExactly("base\udce9");
        assertThatExceptionOfType(CorruptFileException.class).isThrownBy(() -> read(encoded("6"), files));
    }

    @Test
    void anUnknownVersionIsRefusedByItsNumber() {
        byte[] manifest = sealed("{ \"PostgreSQL-Backup-Manifest-Version\": 3,\n\"Files\": [\n],\n");

        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(() -> read(manifest, new ArrayList<>()))
                .withMessageContaining("unknown version 3");
    }

    @Test
    void manyFilesPass() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PostgresManifestWriter writer = new PostgresManifestWriter(bytes, SYSTEM);
        for (int number = 0; number < 20_000; number++) {
            writer.add(file("base/5/" + number, number, Optional.of(ManifestChecksum.ofCrc32c(number))));
        }
        writer.finish(RANGES);

        long[] sum = new long[1];
        PostgresManifest manifest = PostgresManifest.read(
                new ByteArrayInputStream(bytes.toByteArray()), "backup_manifest", file -> sum[0] += file.size());

        assertThat(manifest.files()).isEqualTo(20_000);
        assertThat(sum[0]).isEqualTo(20_000L * 19_999 / 2);
    }

    private static PostgresManifest read(byte[] manifest, List<PostgresManifest.File> files) throws IOException {
        return PostgresManifest.read(new ByteArrayInputStream(manifest), "backup_manifest", files::add);
    }

    private static byte[] write(Optional<SystemIdentifier> system) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        PostgresManifestWriter writer = new PostgresManifestWriter(bytes, system);
        for (PostgresManifest.File file : FILES) {
            writer.add(file);
        }
        writer.finish(RANGES);
        return bytes.toByteArray();
    }

    private static byte[] encoded(String hex) {
        return sealed("{ \"PostgreSQL-Backup-Manifest-Version\": 1,\n\"Files\": [\n{ \"Encoded-Path\": \"" + hex
                + "\", \"Size\": 1, \"Last-Modified\": \"2026-11-20 06:30:11 GMT\" }\n],\n");
    }

    private static byte[] sealed(String lines) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(lines.getBytes(StandardCharsets.UTF_8));
            return (lines + "\"Manifest-Checksum\": \"" + HexFormat.of().formatHex(digest) + "\"}\n")
                    .getBytes(StandardCharsets.UTF_8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private static PostgresManifest.File file(String path, long size, Optional<ManifestChecksum> checksum) {
        return new PostgresManifest.File(path, size, Instant.parse("2026-11-20T06:30:11Z"), checksum);
    }

    private static ManifestChecksum sha(String algorithm, int digits) {
        return new ManifestChecksum(ManifestChecksum.Algorithm.valueOf(algorithm), "a".repeat(digits));
    }
}
