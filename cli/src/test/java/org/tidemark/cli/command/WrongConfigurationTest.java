// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.ProgramRun;

/** Something is wrong in the configuration of another cluster of the host. */
class WrongConfigurationTest {
    @TempDir
    private Path root;

    @BeforeEach
    void configure() throws IOException {
        Files.writeString(root.resolve("tidemark.toml"), """
                [host]
                spool = '%1$s/spool'
                [repository.local]
                url = 'file://%1$s/repository'
                [cluster.main]
                conninfo = 'host=%1$s port=1'
                """.formatted(root));
        Path second = Files.createDirectory(root.resolve("conf.d")).resolve("second.toml");
        Files.writeString(second, "[cluster.second]\nconninof = 'x'\n");
        Files.setLastModifiedTime(second, FileTime.from(Instant.parse("2026-11-23T08:01:00Z")));
    }

    private ProgramRun run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--config", root.resolve("tidemark.toml").toString()));
        return ProgramRun.of(root, Map.of(), all.toArray(String[]::new));
    }

    @Test
    void checkSaysSinceWhenArchivingGoesOnInSpiteOfIt() {
        ProgramRun check = run("check", "--cluster", "main");

        assertThat(check.status()).isEqualTo(1);
        assertThat(check.data())
                .contains("main · NOT FULLY PROTECTED")
                .contains("CRITICAL configuration    since 2026-11-23 08:01:00Z the configuration has a problem: ")
                .contains("second.toml:2: unknown key 'cluster.second.conninof'")
                .contains("archiving of cluster 'main' goes on, since its own settings are valid")
                .contains("CRITICAL server");
        assertThat(run("check", "--cluster", "main", "--nagios").data())
                .startsWith("TIDEMARK CRITICAL - main: configuration: since 2026-11-23 08:01:00Z");
    }

    @Test
    void checkOfAllClustersStillChecksThoseThatAreRight() {
        ProgramRun check = run("check", "--cluster", "all");

        assertThat(check.status()).isEqualTo(2);
        assertThat(check.data()).contains("main · NOT FULLY PROTECTED");
        assertThat(check.talk()).contains("cluster 'second':\nERROR: the configuration has a problem");
    }

    @Test
    void whatWritesToARepositoryOrDeletesRefuses() {
        for (String command : List.of("backup", "expire", "retention", "verify", "config")) {
            ProgramRun run = run(command, "--cluster", "main");
            assertThat(run.status()).as(command).isEqualTo(2);
            assertThat(run.talk()).as(command).contains("ERROR", "unknown key 'cluster.second.conninof'");
        }
    }

    @Test
    void whatOnlyReadsGoesOn() {
        for (List<String> command : List.of(
                List.of("list-backup"),
                List.of("status"),
                List.of("wal-list"),
                List.of("show-backup", "20260101T000000Z"),
                List.of("recover", "--dry-run", "--to", "/nowhere/restored"))) {
            List<String> words = new ArrayList<>(command);
            words.addAll(List.of("--cluster", "main"));
            ProgramRun run = run(words.toArray(String[]::new));
            assertThat(run.talk())
                    .as(command.toString())
                    .contains(
                            "WARNING: the configuration has a problem",
                            "unknown key 'cluster.second.conninof'",
                            "this command goes on, since the settings of cluster 'main' are valid",
                            "is it mounted?");
        }
    }

    @Test
    void whatCanBeReadIsPrintedWithoutTheValuesOfUnknownKeys() throws IOException {
        Files.writeString(root.resolve("conf.d/second.toml"), "[cluster.second]\npasword = 'hidden'\njobs = 3\n");

        ProgramRun run = run("config");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.data()).contains("repository.local.url", "cluster.main.conninfo");
        assertThat(run.data() + run.talk())
                .contains("unknown key 'cluster.second.pasword'")
                .doesNotContain("hidden");
    }
}
