// SPDX-License-Identifier: Apache-2.0
package org.tidemark.wal.fetch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.RecoveryTarget.AtLsn;
import org.tidemark.core.RecoveryTarget.AtRestorePoint;
import org.tidemark.core.RecoveryTarget.AtTime;
import org.tidemark.core.RecoveryTarget.Bound;
import org.tidemark.core.RecoveryTarget.Kind;
import org.tidemark.core.RecoveryTarget.Latest;

class RecoveryEndTest {
    private static final Instant STARTED = Instant.parse("2026-11-20T07:00:00Z");

    @TempDir
    private Path directory;

    @BeforeEach
    void start() throws IOException {
        Path file = Files.writeString(directory.resolve("postmaster.opts"), "postgres \"-D\" \"" + directory + "\"\n");
        Files.setLastModifiedTime(file, FileTime.from(STARTED));
        write("postgresql.conf", "", STARTED.minusSeconds(60));
    }

    private void write(String name, String text, Instant written) throws IOException {
        Files.setLastModifiedTime(Files.writeString(directory.resolve(name), text), FileTime.from(written));
    }

    private RecoveryTarget target(Kind kind, String... settings) throws IOException {
        write("postgresql.auto.conf", String.join("\n", settings) + "\n", STARTED.minusSeconds(60));
        return new RecoveryEnd(directory, Map.of()).target(kind);
    }

    @Test
    void aTimeAPositionAndARestorePointAreThoseOfTheStart() throws IOException {
        Instant time = Instant.parse("2026-11-20T06:30:00.25Z");
        for (String text :
                List.of("2026-11-20 06:30:00.25+00", "2026-11-20 06:30:00.250000+00:00", "2026-11-20 08:30:00.25+02")) {
            assertThat(target(Kind.TIME, "recovery_target_time = '" + text + "'"))
                    .as(text)
                    .isEqualTo(new AtTime(time, Bound.INCLUSIVE));
        }
        assertThat(target(Kind.LSN, "recovery_target_lsn = '0/60004C8'", "recovery_target_inclusive = 'off'"))
                .isEqualTo(new AtLsn(Lsn.parse("0/60004C8"), Bound.EXCLUSIVE));
        assertThat(target(Kind.NAME, "recovery_target_name = 'before the ''big'' one'"))
                .isEqualTo(new AtRestorePoint("before the 'big' one"));
    }

    @Test
    void whatIsUncertainIsNoEnd() throws IOException {
        String time = "recovery_target_time = '2026-11-20 06:30:00+00'";
        assertThat(target(Kind.LSN, time)).isEqualTo(new Latest());
        assertThat(target(Kind.NAME, "recovery_target_name = '" + "x".repeat(64) + "'"))
                .as("PostgreSQL refuses it")
                .isEqualTo(new Latest());
        assertThat(target(Kind.LATEST, time)).isEqualTo(new Latest());
        assertThat(target(Kind.TIME, "recovery_target_time = '2026-11-20 06:30:00'"))
                .as("in the time zone of the server")
                .isEqualTo(new Latest());
        assertThat(target(Kind.TIME, time, "recovery_target_inclusive = 'perhaps'"))
                .isEqualTo(new Latest());
        assertThat(target(Kind.LSN, "recovery_target_lsn = 'x'")).isEqualTo(new Latest());
        target(Kind.TIME, time);
        write("postgresql.auto.conf", time + "\n", STARTED.plusSeconds(1));
        assertThat(new RecoveryEnd(directory, Map.of()).target(Kind.TIME))
                .as("changed since the start")
                .isEqualTo(new Latest());
    }
}
