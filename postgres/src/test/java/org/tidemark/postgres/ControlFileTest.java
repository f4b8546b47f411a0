// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.ControlFile.UnknownControlFileException;

class ControlFileTest {
    @ParameterizedTest
    @CsvSource({
        "1300, 202007201, 13",
        "1300, 202107181, 14",
        "1300, 202209061, 15",
        "1300, 202307071, 16",
        "1700, 202406281, 17",
        "1800, 202506291, 18"
    })
    void eachVersionIsRead(int version, int catalogVersion, int major) throws IOException {
        ControlFile control = ControlFile.parse(sealed(fields(version, catalogVersion)), "pg_control");

        assertThat(control.system()).isEqualTo(new SystemIdentifier(7312089945514410L));
        assertThat(control.postgresMajor()).isEqualTo(major);
        assertThat(control.state()).isEqualTo(ClusterState.IN_PRODUCTION);
        assertThat(control.checkpoint().redo()).isEqualTo(Lsn.parse("A9/65000028"));
        assertThat(control.timeline()).isEqualTo(new Timeline(3));
        assertThat(control.walSegmentSize()).isEqualTo(new WalSegmentSize(64 << 20));
        assertThat(control.pageSize()).isEqualTo(8192);
        assertThat(control.dataChecksumVersion()).isOne();
    }

    @Test
    void aBitFlippedAnywhereInTheDataOrTheCrcIsDamage() {
        byte[] good = sealed(fields(1300, 202307071));

        for (int at = 0; at < 292; at++) {
            byte[] changed = good.clone();
            changed[at] ^= 0x10;

            assertThatExceptionOfType(IOException.class)
                    .as("byte %d", at)
                    .isThrownBy(() -> ControlFile.parse(changed, "pg_control"));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 295})
    void aTruncatedFileIsDamage(int length) {
        byte[] bytes = Arrays.copyOf(sealed(fields(1300, 202307071)), length);

        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(() -> ControlFile.parse(bytes, "pg_control"))
                .withMessage("'pg_control': too short for a control file: " + length + " bytes");
    }

    @Test
    void ofAnUnknownVersionTheSystemAndTheVersionAreStillTold() {
        UnknownControlFileException unknown = catchThrowableOfType(
                UnknownControlFileException.class,
                () -> ControlFile.parse(sealed(fields(1900, 202701011)), "pg_control"));

        assertThat(unknown.system()).isEqualTo(new SystemIdentifier(7312089945514410L));
        assertThat(unknown.version()).isEqualTo(1900);
        assertThat(unknown).hasMessageContaining("unknown version: pg_control_version 1900");
    }

    @Test
    void aFieldWithoutAValidValueIsDamageEvenUnderAMatchingCrc() {
        ByteBuffer fields = fields(1300, 202307071).putInt(228, 12345);

        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(() -> ControlFile.parse(sealed(fields), "pg_control"))
                .withMessageContaining("not a WAL segment size: 12345");
    }

    @Test
    void aDataDirectoryWithoutAControlFileIsNotCalledDamaged(@TempDir Path directory) {
        assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> ControlFile.read(directory));
    }

    @Test
    void aControlFileThatStaysDamagedIsReported(@TempDir Path directory) throws IOException {
        byte[] bytes = sealed(fields(1300, 202307071));
        bytes[20]++;
        Files.createDirectory(directory.resolve("global"));
        Files.write(directory.resolve(ControlFile.PATH), bytes);

        assertThatExceptionOfType(CorruptFileException.class)
                .isThrownBy(() -> ControlFile.read(directory))
                .withMessageContaining("CRC-32C");
    }

    private static ByteBuffer fields(int version, int catalogVersion) {
        return ByteBuffer.allocate(8192)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(0, 7312089945514410L)
                .putInt(8, version)
                .putInt(12, catalogVersion)
                .putInt(16, 6)
                .putLong(32, Lsn.parse("A9/65000060").value())
                .putLong(40, Lsn.parse("A9/65000028").value())
                .putInt(48, 3)
                .putLong(64, 777)
                .putDouble(208, 1234567.0)
                .putInt(216, 8192)
                .putInt(220, 131072)
                .putInt(224, 8192)
                .putInt(228, 64 << 20)
                .putInt(252, 1);
    }

    private static byte[] sealed(ByteBuffer fields) {
        int end = fields.getInt(8) == 1800 ? 292 : 288;
        byte[] bytes = new byte[fields.capacity()];
        fields.get(0, bytes);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, end);
        fields.putInt(end, (int) crc.getValue()).get(0, bytes);
        return bytes;
    }
}
