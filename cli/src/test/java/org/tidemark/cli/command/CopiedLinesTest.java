// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.ProgramRun;
import org.tidemark.testkit.PrintedCommands;

/**
 * Runs the lines that commands print for copying, as dry runs, from another directory and without any variable: what
 * decides is in the line. Every other test of the program only parses them.
 */
class CopiedLinesTest extends TwoRepositories {
    /** Those of lines that are printed here and that change something. */
    private static final Set<String> WITH_DRY_RUN = Set.of("delete", "keep", "sync");

    @BeforeEach
    void twoClustersAndADamagedRepository() throws IOException {
        unpackGolden();
        configure("retention = 'REDUNDANCY 1'", "");
        Path configuration = Files.createDirectory(root.resolve("my own")).resolve("tidemark.toml");
        Files.writeString(
                configuration,
                Files.readString(root.resolve("tidemark.toml")) + "\n[cluster.second]\nrepositories = ['offsite']\n");
        Path bundle = root.resolve("offsite/main/7312089945514410/backup/" + LATEST + "/bundle/00000001");
        byte[] bytes = Files.readAllBytes(bundle);
        bytes[bytes.length / 2] ^= 1;
        Files.write(bundle, bytes);
    }

    private ProgramRun of(String... arguments) {
        List<String> words = new ArrayList<>(List.of(arguments));
        words.addAll(List.of("--cluster", "main", "--config", "my own/tidemark.toml"));
        return ProgramRun.of(root, Map.of(), words.toArray(String[]::new));
    }

    @Test
    void everyLineWorksAsItIsPrinted() throws IOException {
        Path elsewhere = Files.createDirectory(root.resolve("elsewhere"));
        Set<List<String>> lines = new LinkedHashSet<>();
        for (List<String> command : List.of(
                List.of("verify", "--all"),
                List.of("retention"),
                List.of("list-backup"),
                List.of("delete", "before", "2027-01-01 00:00:00Z", "--dry-run", "--repository", "local"),
                List.of("delete", OLDER, "--dry-run", "--repository", "local"),
                List.of("expire"),
                List.of("status"))) {
            ProgramRun run = of(command.toArray(String[]::new));
            lines.addAll(PrintedCommands.in(
                    run.data() + run.talk(),
                    List.of("verify", "retention", "list-backup", "delete", "expire", "sync", "status", "keep")));
        }

        assertThat(lines)
                .anyMatch(line -> line.getFirst().equals("sync"))
                .anyMatch(line -> line.getFirst().equals("delete") && line.contains(OLDER))
                .anyMatch(line -> line.getFirst().equals("expire"))
                .allMatch(line -> line.contains("--cluster")
                        && line.contains(root.resolve("my own/tidemark.toml").toString()));
        for (List<String> line : lines) {
            List<String> words = new ArrayList<>(line);
            words.remove("--confirm");
            if (WITH_DRY_RUN.contains(line.getFirst())) {
                words.add("--dry-run");
            }
            ProgramRun copied = ProgramRun.of(elsewhere, Map.of(), words.toArray(String[]::new));
            assertThat(copied.status()).as(words + "\n" + copied.talk()).isIn(0, 1);
        }
    }
}
