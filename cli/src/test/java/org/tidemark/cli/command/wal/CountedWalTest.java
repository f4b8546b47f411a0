// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.GoldenDocument;
import org.tidemark.cli.command.TwoRepositories;
import tools.jackson.databind.JsonNode;

/** A hole in an archive that is large enough for a count, made from outside. */
class CountedWalTest extends TwoRepositories {
    private static final int SEGMENTS = 140_000;
    private static final int LOG = 4096;

    private Path segment(int place) {
        return root.resolve("local/main/7312089945514410/wal/00000002")
                .resolve("%08X".formatted(place / LOG))
                .resolve("00000002%08X%08X".formatted(place / LOG, place % LOG));
    }

    private void archive() throws IOException {
        new DatedArchive(root.resolve("local"), Instant.now()).backup(1, 0x20);
        for (int place = 1; place <= SEGMENTS; place++) {
            Path file = segment(place);
            if (place == 1 || place % LOG == 0) {
                Files.createDirectories(file.getParent());
            }
            Files.createFile(file);
        }
        configure("", "");
        Files.createDirectories(root.resolve("spool"));
    }

    private ProgramRun on(String... arguments) {
        return ProgramRun.of(
                root,
                Map.of(
                        "TIDEMARK_CONFIG",
                        root.resolve("tidemark.toml").toString(),
                        "TIDEMARK_HOST_SPOOL",
                        root.resolve("spool").toString()),
                arguments);
    }

    @Test
    void whatIsShownFromACountSaysSoAndWhatJudgesListsEverything() throws IOException {
        archive();
        String line = "'local': the older WAL was counted at ";
        assertThat(on("wal-list", "--repository", "local").data()).doesNotContain(line);
        Files.delete(segment(77));

        for (String command : new String[] {"wal-list", "list-backup", "status", "retention"}) {
            ProgramRun run = on(command, "--repository", "local");

            assertThat(run.status()).as(command).isZero();
            assertThat(run.data())
                    .as(command)
                    .contains(line)
                    .contains("count again with: ", " " + command, "--recount");
            JsonNode json = json(on(command, "--repository", "local", "--json"));
            assertThat(json.at("/walCounted/0/repository").asString()).isEqualTo("local");
            assertThat(json.at("/walCounted/0/at").asString()).isNotEmpty();
            new GoldenDocument("wal-counted")
                    .add(json.at("/walCounted").toString())
                    .check();
        }
        assertThat(on("wal-list", "--repository", "local").data()).doesNotContain("HOLE");
        assertThat(on("check", "--repository", "local", "--timeout", "1m").data())
                .contains("00000002000000000000004D");

        assertThat(on("wal-list", "--repository", "local", "--recount").data())
                .contains("HOLE", "00000002000000000000004D")
                .doesNotContain(line);
        assertThat(on("status", "--repository", "local").data()).contains(line, "00000002000000000000004E .. ");
    }
}
