// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;

class BackupLabelTest {
    private static final String LABEL = """
            START WAL LOCATION: A9/65000028 (file 00000003000000A900000065)
            CHECKPOINT LOCATION: A9/65000060
            BACKUP METHOD: streamed
            BACKUP FROM: primary
            START TIME: 2026-11-20 06:30:11 CET
            LABEL: nightly: the second
            START TIMELINE: 3
            """;

    @Test
    void aLabelIsRead() throws CorruptFileException {
        BackupLabel label = BackupLabel.parse(LABEL, "backup_label");

        assertThat(label.start()).isEqualTo(Lsn.parse("A9/65000028"));
        assertThat(label.startSegment().name()).isEqualTo("00000003000000A900000065");
        assertThat(label.timeline()).isEqualTo(new Timeline(3));
        assertThat(label.label()).isEqualTo("nightly: the second");
        assertThat(label.stop()).isEmpty();
        assertThat(label.incrementalFrom()).isEmpty();
    }

    @Test
    void aBackupHistoryFileTellsTheStopToo() throws CorruptFileException {
        String history = LABEL.replace(
                "CHECKPOINT", "STOP WAL LOCATION: A9/65000100 (file 00000003000000A900000065)\nCHECKPOINT");

        assertThat(BackupLabel.parse(history, "x").stop()).contains(Lsn.parse("A9/65000100"));
    }

    @Test
    void bothFormsOfAnLsnAreRead() throws CorruptFileException {
        String padded = LABEL.replace("A9/65000028", "A9/00000028").replace("A9/65000060", "A9/60");

        BackupLabel label = BackupLabel.parse(padded, "backup_label");

        assertThat(label.start()).isEqualTo(Lsn.parse("A9/28"));
        assertThat(label.checkpoint()).isEqualTo(Lsn.parse("A9/00000060"));
    }

    @Test
    void anIncrementTellsSo() throws CorruptFileException {
        String increment = LABEL + "INCREMENTAL FROM LSN: A9/61000028\nINCREMENTAL FROM TLI: 3\n";

        assertThat(BackupLabel.parse(increment, "x").incrementalFrom()).contains(Lsn.parse("A9/61000028"));
    }

    @Test
    void aLabelThatLacksALineIsRefusedByTheLinesName() {
        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(() -> BackupLabel.parse(LABEL.replaceAll("CHECKPOINT.*\n", ""), "backup_label"))
                .withMessage("'backup_label': the line 'CHECKPOINT LOCATION' is missing");
    }

    @Test
    void pathsWithLineFeedsAndBackslashesComeBackFromATablespaceMap() throws CorruptFileException {
        TablespaceMap map = new TablespaceMap(List.of(
                new TablespaceMap.Entry(16384, "/mnt/fast"), new TablespaceMap.Entry(4294967295L, "/a b\\c\nd\r")));

        assertThat(map.print()).isEqualTo("16384 /mnt/fast\n4294967295 /a b\\\\c\\\nd\\\r\n");
        assertThat(TablespaceMap.parse(map.print())).isEqualTo(map);
        assertThat(TablespaceMap.parse("").entries()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"16384 /mnt/fast", "16384\n", "x /mnt\n", "16384 /mnt\\", " /mnt\n", "16384 \n"})
    void aTablespaceMapThatIsCutOffOrInvalidIsRefused(String text) {
        assertThatExceptionOfType(CorruptFileException.class).isThrownBy(() -> TablespaceMap.parse(text));
    }
}
