// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.Amounts;
import tools.jackson.databind.JsonNode;

/** Two complete backups, and what is no backup: running, waiting, interrupted, removed. */
class BackupStatesTest extends TwoRepositories {
    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private BackupId older = new BackupId(OLDER);
    private BackupId newer = older;
    private @Nullable DatedArchive made;

    @BeforeEach
    void oneRepository() throws IOException {
        DatedArchive archive = new DatedArchive(root.resolve("local"), now);
        made = archive;
        older = archive.backup(20, 0x20);
        newer = archive.backup(10, 0x28);
        archive.wal(0x20, 0x27, 20);
        archive.wal(0x28, 0x2F, 10);
        new DatedArchive(root.resolve("offsite"), now);
        configure("", "retention = 'REDUNDANCY 1'");
    }

    private DatedArchive archive() {
        return Objects.requireNonNull(made);
    }

    private Path stored(String key, Duration age) throws IOException {
        Path file = archive().incarnation().resolve(key);
        Files.createDirectories(file.getParent());
        Files.write(file, new byte[10]);
        Files.setLastModifiedTime(file, FileTime.from(now.minus(age)));
        return file;
    }

    private JsonNode listed(String id) {
        for (JsonNode backup :
                json(must("list-backup", "--json", "--repository", "local")).at("/backups")) {
            if (backup.at("/id").stringValue().equals(id)) {
                return backup;
            }
        }
        throw new AssertionError("not listed: " + id);
    }

    @ParameterizedTest
    @CsvSource({
        "PT10M, , , running, newest object",
        "PT3H, PT2M, , running, newest object",
        "PT3H, PT2H, , interrupted, no object since",
        "PT3H, , , interrupted, no object since",
        "PT200H, PT2M, , interrupted, the next expire deletes",
        "PT10M, PT10M, PT5M, waiting, waits for its WAL",
        "PT3H, PT3H, PT3H, waiting, waits for its WAL",
        "PT145H, PT145H, PT145H, interrupted, did not arrive in time"
    })
    void whatIsNotABackupHasAStateOfItsOwn(
            Duration claimed, @Nullable Duration bundle, @Nullable Duration waiting, String state, String note)
            throws IOException {
        String id = BackupId.of(now.minus(claimed), 1).value();
        stored("catalog/" + id + "/intent.json", claimed);
        if (bundle != null) {
            stored("backup/" + id + "/bundle/00000001", bundle);
        }
        if (waiting != null) {
            stored("backup/" + id + "/waiting.json", waiting);
        }

        assertThat(must("list-backup", "--repository", "local").data())
                .containsPattern("\n" + id + " +- +" + state + " .*" + note);
        assertThat(listed(id).at("/state").stringValue()).isEqualTo(state);
        assertThat(must("status", "--repository", "local").data())
                .containsPattern("\nBackup " + id + ": " + state + ", .*" + note);
        ProgramRun shown = run("show-backup", id, "--repository", "local");
        assertThat(shown.status()).isEqualTo(50);
        assertThat(shown.talk())
                .contains("backup '" + id + "' is incomplete: it " + (waiting != null ? "waits" : "is in progress"));
    }

    /** It was taken from a standby that had not replayed everything. */
    @Test
    void howOldTheContentOfABackupIsStandsInTheListAndInItsDescription() throws IOException {
        BackupId id = archive().backupWithAllMembers(5, 0x2A);

        assertThat(must("list-backup", "--repository", "local").data())
                .containsPattern("\n" + id + " .*its content is of .*, at most 1h00m older than the backup");
        assertThat(must("show-backup", id.value(), "--repository", "local").data())
                .containsPattern("\nnote +its content is of ");
        assertThat(Instant.parse(listed(id.value()).at("/contentTime").stringValue()))
                .isEqualTo(now.minus(Duration.ofDays(5)).minus(Duration.ofHours(1)));
        assertThat(listed(newer.value()).has("contentTime")).isFalse();
    }

    @Test
    void whatNoPolicyNeedsIsObsolete() throws IOException {
        configure("retention = 'REDUNDANCY 1'", "retention = 'REDUNDANCY 1'");

        assertThat(must("list-backup", "--repository", "local").data())
                .containsPattern("\n" + older + " +full +obsolete .*due to go")
                .containsPattern("\n" + newer + " +full +complete ");
        assertThat(listed(older.value()).at("/state").stringValue()).isEqualTo("complete");
    }

    @Test
    void ofARemovedBackupEveryCommandSaysWhenAndByWhatItWas() throws IOException {
        archive().remove(older);
        String said =
                "backup '" + older + "' was removed from 'local' at " + Amounts.second(now) + " by 'db1' (a test)";

        Path intent = stored("catalog/" + older + "/intent.json", Duration.ofDays(1));
        for (boolean isLeft : new boolean[] {true, false}) {
            for (String[] command : new String[][] {
                {"show-backup", older.value()},
                {"list-files", older.value()},
                {
                    "recover",
                    "--backup",
                    older.value(),
                    "--to",
                    root.resolve("to").toString()
                },
                {"keep", older.value()}
            }) {
                ProgramRun run = ProgramRun.of(
                        root,
                        Map.of(
                                "TIDEMARK_CONFIG",
                                root.resolve("tidemark.toml").toString(),
                                LauncherPath.VARIABLE,
                                "/opt/tidemark/tidemark"),
                        command);
                assertThat(run.talk()).as(command[0]).contains(said);
                assertThat(run.status()).as(command[0]).isEqualTo(50);
            }
            if (isLeft) {
                assertThat(listed(older.value()).at("/state").stringValue()).isEqualTo("removed");
                Files.delete(intent);
            }
        }
        assertThat(run("show-backup", "20200101T000000Z").talk()).contains("there is no backup '20200101T000000Z'");
    }

    @Test
    void theWalOfABackupIsListedByTheWordsOfBarman() throws IOException {
        unpackGoldenElsewhere();
        List<String> data = lines("data");
        List<String> standalone = lines("standalone");
        List<String> wal = lines("wal");
        List<String> full = lines("full");

        assertThat(data).contains("PG_VERSION").noneMatch(path -> path.matches("pg_wal/0.*"));
        assertThat(standalone).startsWith(data.toArray(String[]::new)).hasSizeGreaterThan(data.size());
        List<String> needed = standalone.subList(data.size(), standalone.size());
        assertThat(wal).startsWith(needed.toArray(String[]::new)).allMatch(path -> path.matches("pg_wal/[0-9A-F]{24}"));
        assertThat(full).startsWith(data.toArray(String[]::new)).endsWith(wal.toArray(String[]::new));
        assertThat(run("list-files", OLDER, "--target", "wal", "--json", "--repository", golden())
                        .data()
                        .lines())
                .last()
                .asString()
                .contains("\"type\": \"wal\"".replace(": ", ":"));
    }

    private List<String> lines(String target) {
        return must("list-files", OLDER, "--target", target, "--repository", golden())
                .data()
                .lines()
                .toList();
    }

    private String golden() {
        return root.resolve("golden/local").toUri().toString();
    }

    private void unpackGoldenElsewhere() throws IOException {
        Files.createDirectories(root.resolve("golden"));
        Path here = root;
        root = here.resolve("golden");
        unpackGolden();
        root = here;
    }

    @Test
    void showBackupSaysEverything() {
        String text = must("show-backup", older.value()).data();

        assertThat(text)
                .contains("\nlabel         tidemark " + older + "\n", "\nmethod        base-backup\n")
                .containsPattern("\nrate          [0-9.]+ [KMG]?i?B/s of the cluster's files\n")
                .contains("\nverified      never\n")
                .containsPattern("\nfreed         about .* in 'local' if it is deleted, with 8 WAL segments\n")
                .contains("\nWAL until     000000020000000000000027, before backup " + newer + ": 8 segments, about ");
        assertThat(must("show-backup", newer.value()).data())
                .contains("\nWAL until     00000002000000000000002F, the end of the archive: 8 segments, about ");
        JsonNode backup = json(must("show-backup", older.value(), "--json")).at("/backup");
        assertThat(backup.at("/walUntilNext/next").stringValue()).isEqualTo(newer.value());
        assertThat(backup.at("/walUntilNext/missing").intValue()).isZero();
        assertThat(backup.at("/freed/0/segments").intValue()).isEqualTo(8);
        assertThat(backup.at("/durationSeconds").intValue()).isEqualTo(60);
    }

    @Test
    void aGapInTheWalAfterABackupIsCounted() throws IOException {
        Files.delete(archive().incarnation().resolve("wal/00000002/00000000/000000020000000000000023"));
        Files.delete(archive().incarnation().resolve("wal/00000002/00000000/000000020000000000000024"));

        assertThat(must("show-backup", older.value()).data()).contains("; 2 of them are missing\n");
    }
}
