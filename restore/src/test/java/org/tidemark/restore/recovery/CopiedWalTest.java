// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.Lsn;
import org.tidemark.core.PathBytes;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Sha256;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.SettingsFile;
import org.tidemark.postgres.wal.CreatedTablespace;
import org.tidemark.postgres.wal.WalFacts;
import org.tidemark.restore.recovery.CopiedWal.Guarded;
import org.tidemark.restore.request.Role;

class CopiedWalTest {
    private static final Segment CREATING = (Segment) WalFile.parse("000000010000000000000002");
    private static final Segment BEFORE = (Segment) WalFile.parse("000000010000000000000001");

    @TempDir
    Path directory;

    private Path data;
    private CopiedWal copied;

    @BeforeEach
    void make() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        Files.createDirectory(data.resolve("pg_tblspc"));
        copied = CopiedWal.beside(data);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"fast", "a space at the end ", "a line\nbreak", "a \\ and a $HOME", "\u00e9", "\udce9", "it's"})
    void itsScriptWithholdsWhatWouldWriteIntoADirectoryOfAnyName(String name) throws Exception {
        Path location = PathBytes.path(directory + "/" + name);
        Files.createDirectories(location.resolve("PG_18_202506291"));

        copy(new RecoveryTarget.Latest(), new CreatedTablespace(new Lsn(40), 16384, directory + "/" + name));

        assertThat(fetch(BEFORE)).isZero();
        assertThat(fetch(CREATING)).isEqualTo(200);
        Files.createSymbolicLink(data.resolve("pg_tblspc/16384"), location);
        assertThat(fetch(CREATING)).isZero();
    }

    /** An operator who wants to see more takes the target away, and starts the server again. */
    @Test
    void whatComesAfterTheTargetIsWithheldFromAServerWithAnother() throws Exception {
        Path location = directory.resolve("fast");
        Files.createDirectories(location.resolve("PG_18_202506291"));
        RecoveryTarget target = new RecoveryTarget.AtRestorePoint("the 'café'");
        String settings = copy(target, new CreatedTablespace(new Lsn(40), 16384, location.toString()), new Lsn(30));
        Path autoConf = data.resolve("postgresql.auto.conf");
        Path options = data.resolve("postmaster.opts");
        Files.writeString(autoConf, "# a comment\n" + settings + "work_mem = '4MB'\n");
        assertThat(fetch(CREATING)).as("nobody knows how it was started").isEqualTo(200);

        Files.writeString(options, "/usr/bin/postgres \"-D\" \"/data\"\n");
        assertThat(fetch(CREATING)).isZero();
        Files.writeString(autoConf, settings.replace("'pause'", "'promote'"));
        Files.setLastModifiedTime(autoConf, FileTime.from(Instant.now().minusSeconds(60)));
        assertThat(fetch(CREATING))
                .as("what happens at the target changes nothing")
                .isZero();

        Files.setLastModifiedTime(autoConf, FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(fetch(CREATING)).as("it was started with other settings").isEqualTo(200);
        for (String other : List.of(
                settings.replace("recovery_target_name = 'the", "#recovery_target_name = 'the"),
                settings + "recovery_target_time = '2026-01-01'\n",
                settings + "RECOVERY_TARGET_TIME = ''\n")) {
            Files.writeString(autoConf, other);
            Files.setLastModifiedTime(autoConf, FileTime.from(Instant.now().minusSeconds(60)));
            assertThat(fetch(CREATING)).as(other).isEqualTo(200);
        }
        Files.writeString(autoConf, settings);
        Files.setLastModifiedTime(autoConf, FileTime.from(Instant.now().minusSeconds(60)));
        Files.writeString(options, "postgres \"--recovery-target-name=\"\n");
        assertThat(fetch(CREATING))
                .as("the command line counts before the file")
                .isEqualTo(200);
    }

    private void copy(RecoveryTarget target, CreatedTablespace created) throws IOException {
        copy(target, created, null);
    }

    /** Copies two segments; returns the settings of the recovery. */
    private String copy(RecoveryTarget target, CreatedTablespace created, @Nullable Lsn end) throws IOException {
        copied.make(data);
        TreeMap<String, Sha256> files = new TreeMap<>();
        for (Segment each : List.of(BEFORE, CREATING)) {
            byte[] content = each.name().getBytes(StandardCharsets.US_ASCII);
            Files.write(copied.place(each), content);
            files.put(each.name(), Sha256.of(content));
        }
        RecoverySettings settings = RecoverySettings.ofStandby(
                new Role.Recovery(target, Optional.empty()), Timeline.FIRST, 18, copied.restoreCommand());
        SortedMap<Segment, WalFacts> facts = new TreeMap<>();
        facts.put(CREATING, new WalFacts(List.of(created), List.of(), Optional.ofNullable(end)));
        copied.complete(data, files, CREATING, new Guarded(18, facts, target), settings);
        return settings.writtenInto(SettingsFile.empty("postgresql.auto.conf")).text();
    }

    private int fetch(Segment segment) throws Exception {
        Path script = copied.place(segment).resolveSibling("fetch");
        return new ProcessBuilder("sh", script.toString(), segment.name(), "wanted")
                .directory(data.toFile())
                .start()
                .waitFor();
    }
}
