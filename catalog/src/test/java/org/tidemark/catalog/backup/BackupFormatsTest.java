// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.testkit.Rounds;

class BackupFormatsTest {
    private final Random random = Rounds.random();

    @Test
    void backupJsonGivesBackWhatWasWritten() throws IOException {
        for (int round = 0; round < Rounds.of(50, 2_000); round++) {
            BaseBackup backup = BackupFixtures.backup(random);

            byte[] document = BaseBackupJson.encode(backup);

            assertThat(BaseBackupJson.decode(document, backup.keys().backup())).isEqualTo(backup);
        }
    }

    /** An older program is asked about a newer one's backup: it is not damaged. */
    @Test
    void anIncrementalBackupHasALineageAndNoOtherOne() throws Exception {
        BaseBackup full = BackupFixtures.backup(random);
        BaseBackup.Objects of = full.objects();
        BaseBackup.Objects referring = new BaseBackup.Objects(
                of.nonce(),
                of.encryption(),
                of.fingerprintKey(),
                of.bundles(),
                of.backupManifest(),
                of.manifestParts(),
                of.configuration(),
                Optional.of(new BaseBackup.Lineage(new BackupId("20260101T000000Z"), new BackupId("20250101T000000Z"))),
                4711);
        BaseBackup incremental = typed(full, BaseBackup.Type.INCREMENTAL, referring);

        assertThat(BaseBackupJson.decode(incremental.encode(), full.keys().backup()))
                .isEqualTo(incremental);
        assertThatThrownBy(() -> typed(full, BaseBackup.Type.FULL, referring))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> typed(full, BaseBackup.Type.INCREMENTAL, of))
                .isInstanceOf(IllegalArgumentException.class);
    }

    private static BaseBackup typed(BaseBackup of, BaseBackup.Type type, BaseBackup.Objects objects) {
        return new BaseBackup(
                of.id(), type, of.name(), of.origin(), of.run(), of.wal(), of.nextXid(), of.contents(), objects);
    }

    @Test
    void anUnknownTypeIsOfANewerFormat() {
        BaseBackup backup = BackupFixtures.backup(random);
        String document = new String(BaseBackupJson.encode(backup), StandardCharsets.UTF_8);
        byte[] newer = ChecksummedJson.write(document.substring(0, document.lastIndexOf(",\n\"sha256\""))
                        .replace("\"type\": \"full\"", "\"type\": \"unheard of\"")
                + "}");

        assertThatThrownBy(() -> BaseBackupJson.decode(newer, backup.keys().backup()))
                .isInstanceOfSatisfying(
                        UserFacingException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.UNKNOWN_FORMAT));
    }

    @Test
    void everyFlippedBitOfBackupJsonIsFound() {
        BaseBackup backup = BackupFixtures.backup(random);
        byte[] document = BaseBackupJson.encode(backup);

        int step = Rounds.of(11, 1);

        for (int bit = random.nextInt(step); bit < document.length * 8; bit += step) {
            byte[] flipped = document.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);

            assertThatThrownBy(
                            () -> BaseBackupJson.decode(flipped, backup.keys().backup()))
                    .isInstanceOf(DamagedObjectException.class);
        }
    }

    @Test
    void backupJsonHasTheMembersThatTheFormatNames() {
        String document = new String(BaseBackupJson.encode(BackupFixtures.backup(random)), StandardCharsets.UTF_8);

        assertThat(document)
                .startsWith("{\"formatVersion\": 1,\n\"id\": \"20261120T063011Z\",\n\"type\": \"full\",\n")
                .contains("\"systemIdentifier\": \"7312089945514410\"", "\"postgresVersion\": 150019")
                .contains("\"walFirst\": \"00000003000000160000", "\"startLsn\": \"16/B374D848\"")
                .contains("\"tablespaces\": [{\"oid\":4294967295,\"name\":\"schnell=\\\"1\\\" \u00e9\","
                        + "\"location\":\"/mnt/\\\"fast\\\"\",\"size\":77}]")
                .endsWith("\"}\n");
    }

    @Test
    void aManifestLineGivesBackItsEntry() {
        for (int round = 0; round < Rounds.of(500, 50_000); round++) {
            ManifestEntry entry = BackupFixtures.entry(random, "base/5/1259");

            byte[] line = ManifestLine.encode(entry);

            assertThat(new String(line, StandardCharsets.UTF_8)).endsWith("}\n").containsOnlyOnce("\n");
            assertThat(JsonLine.parseAll(line, each -> ManifestLine.parse(each, 8192)))
                    .containsExactly(entry);
        }
    }

    @Test
    void aManifestLineIsWrittenAsTheFormatShows() {
        assertThat(new String(
                        ManifestLine.encode(new ManifestEntry.FileEntry(
                                "base/5/1259",
                                0600,
                                106496,
                                Instant.parse("2026-11-20T06:30:11Z"),
                                0x0a1b2c3d,
                                List.of(new Piece(
                                        1,
                                        512,
                                        3411,
                                        0,
                                        0,
                                        106496,
                                        new PieceChecksums(0x0a1b2c3d, 0x0123456789abcdefL))))),
                        StandardCharsets.UTF_8))
                .isEqualTo("{\"type\":\"file\",\"path\":\"base/5/1259\",\"mode\":\"0600\",\"size\":106496,"
                        + "\"modified\":\"2026-11-20T06:30:11Z\",\"crc32c\":\"0a1b2c3d\","
                        + "\"pieces\":[{\"bundle\":1,\"start\":512,\"length\":3411,\"offset\":0,\"at\":0,\"size\":106496,"
                        + "\"crc32c\":\"0a1b2c3d\",\"fingerprint\":\"0123456789abcdef\"}]}\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/etc/passwd", "a//b", "a/", "..", "a/../b", "./a", "a/.", "a\0b", "\ud83d"})
    void aPathThatIsNotBelowTheDataDirectoryIsRefused(String path) {
        assertThatIllegalArgumentException().isThrownBy(() -> new ManifestEntry.DirectoryEntry(path, 0700));
    }

    @Test
    void aGapBetweenPiecesIsRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ManifestEntry.FileEntry(
                        "f",
                        0600,
                        20,
                        Instant.EPOCH,
                        0,
                        List.of(
                                new Piece(1, 0, 9, 0, 0, 5, new PieceChecksums(0, 0)),
                                new Piece(1, 9, 9, 0, 10, 10, new PieceChecksums(0, 0)))))
                .withMessageContaining("gap");
    }

    @Test
    void aFileWhosePiecesDoNotAddUpToItsChecksumIsRefused() {
        ManifestEntry.FileEntry file = BackupFixtures.file(random, "f");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new ManifestEntry.FileEntry(
                        file.path(),
                        file.mode(),
                        file.size(),
                        file.modified(),
                        file.crc32c().orElseThrow() ^ 1,
                        file.pieces()));
    }

    @Test
    void aCutOffLineIsRefused() {
        byte[] line = ManifestLine.encode(new ManifestEntry.DirectoryEntry("base", 0700));

        assertThatIllegalArgumentException()
                .isThrownBy(() -> JsonLine.parseAll(
                        java.util.Arrays.copyOf(line, line.length - 1), each -> ManifestLine.parse(each, 8192)));
    }

    @Test
    void idsAreOrderedByTimeThenByNumber() {
        assertThat(List.of("20261120T063011Z-10", "20261120T063012Z", "20261120T063011Z", "20261120T063011Z-2").stream()
                        .map(BackupId::new)
                        .sorted()
                        .map(BackupId::value))
                .containsExactly("20261120T063011Z", "20261120T063011Z-2", "20261120T063011Z-10", "20261120T063012Z");
        assertThat(BackupId.of(BackupFixtures.STARTED, 2).value()).isEqualTo("20261120T063011Z-2");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "latest",
                "20261120T063011",
                "20261120T063011Z-1",
                "20261120T063011Z-02",
                "20261320T063011Z",
                "20260230T063011Z",
                "20261120T063011Z/"
            })
    void whatIsNoIdIsRefused(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> new BackupId(text));
    }

    @Test
    void anIntentGivesBackWhatWasWritten() throws IOException {
        Intent intent = new Intent(
                BackupFixtures.KEYS.id(), "00ff", "db1", BackupFixtures.STARTED, Optional.empty(), List.of());
        Intent incremental = new Intent(
                BackupFixtures.KEYS.id(),
                "00ff",
                "db1",
                BackupFixtures.STARTED,
                Optional.of(Lsn.parse("1F/80")),
                List.of(new BackupId("20261119T063011Z"), new BackupId("20261119T063011Z-2")));

        assertThat(Intent.decode(intent.encode(), BackupFixtures.KEYS.intent())).isEqualTo(intent);
        assertThat(Intent.decode(incremental.encode(), BackupFixtures.KEYS.intent()))
                .isEqualTo(incremental);
        assertThat(new String(intent.encode(), StandardCharsets.UTF_8))
                .doesNotContain("walFrom")
                .doesNotContain("parents");
    }
}
