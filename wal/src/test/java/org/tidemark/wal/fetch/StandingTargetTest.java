// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.RecoveryTarget.Kind;

class StandingTargetTest {
    private static final String TIME = "recovery_target_time = '2026-11-20 06:30:00+00'\n";
    private static final Instant STARTED = Instant.parse("2026-11-20T07:00:00Z");

    @TempDir
    private Path directory;

    @BeforeEach
    void start() throws IOException {
        start("postgres \"-D\" \"" + directory + "\"\n");
        write("postgresql.conf", "# nothing\n");
    }

    private void start(String options) throws IOException {
        Path file = Files.writeString(directory.resolve("postmaster.opts"), options);
        Files.setLastModifiedTime(file, FileTime.from(STARTED));
    }

    private void write(String name, String text) throws IOException {
        Files.setLastModifiedTime(
                Files.writeString(directory.resolve(name), text), FileTime.from(STARTED.minusSeconds(60)));
    }

    private boolean stands(Kind target) {
        return new StandingTarget(directory, Map.of()).stands(target);
    }

    @ParameterizedTest
    @CsvSource({
        "TIME, \"recovery_target_time = '2026-11-20 06:30:00+00'\", true",
        "TIME, \"recovery_target_time='2026-11-20 06:30:00+00'\", true",
        "TIME, \"Recovery_Target_TIME = '2026-11-20 06:30:00+00'\", true",
        "TIME, \"recovery_target_time = ''\", false",
        "TIME, \"#recovery_target_time = '2026-11-20 06:30:00+00'\", false",
        "TIME, \"recovery_target_timeline = '1'\", false",
        "XID, \"recovery_target_xid = '733'\", true",
        "XID, \"RECOVERY_TARGET_XID '733'\", true",
        "XID, \"recovery_target_lsn = '0/5000000'\", false",
        "LSN, \"recovery_target_lsn = '0/5000000'\", true",
        "NAME, \"recovery_target_name = 'before'\", true",
        "IMMEDIATE, \"recovery_target = 'immediate'\", true",
        "IMMEDIATE, \"recovery_target = ''\", false"
    })
    void aSetting(Kind target, String setting, boolean expected) throws IOException {
        write("postgresql.auto.conf", "# written by ALTER SYSTEM\n" + setting.replace("\"", "") + "\n");

        assertThat(stands(target)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"recovery_target_time = ''", "RECOVERY_TARGET_TIME = ''", "include 'missing.conf'"})
    void aTargetThatALaterLineMayHaveClearedCountsNoMore(String line) throws IOException {
        write("postgresql.auto.conf", TIME + line + "\n");

        assertThat(stands(Kind.TIME)).isFalse();
    }

    @Test
    void theServersOwnOptionsCountMost() throws IOException {
        write("postgresql.auto.conf", TIME);
        start("postgres \"-D\" \"" + directory + "\" \"-c\" \"recovery-target-time=\"\n");

        assertThat(stands(Kind.TIME)).isFalse();
    }

    @Test
    void aTargetThatWasWrittenAfterTheStartDoesNotStand() throws IOException {
        Files.writeString(directory.resolve("postgresql.auto.conf"), TIME);

        assertThat(stands(Kind.TIME)).isFalse();
    }

    @Test
    void withoutAServerItIsUncertain() throws IOException {
        write("postgresql.auto.conf", TIME);
        Files.delete(directory.resolve("postmaster.opts"));

        assertThat(stands(Kind.TIME)).isFalse();
    }
}
