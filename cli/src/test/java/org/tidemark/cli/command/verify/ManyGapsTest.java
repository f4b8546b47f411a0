// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import tools.jackson.databind.JsonNode;

/** WAL in which every second segment is missing. */
class ManyGapsTest extends TwoRepositories {
    private static final int HARMLESS = 30;
    private static final int COSTLY = 120;

    /** Every second segment, without a backup first, and then with one for each. */
    private void archive() throws IOException {
        DatedArchive archive = new DatedArchive(root.resolve("local"), Instant.now());
        for (int gap = 0; gap < COSTLY; gap++) {
            archive.backup(COSTLY - gap, 2L * (HARMLESS + gap) + 1);
        }
        archive.backup(0, 2L * (HARMLESS + COSTLY) + 1);
        try (ObjectStore store = store("local")) {
            ClusterArchive main = Repository.open(store, Optional.empty())
                    .incarnations(new ClusterName("main"))
                    .getFirst();
            int bytes = main.identity().walSegmentSize().bytes();
            for (int place = 0; place <= HARMLESS + COSTLY; place++) {
                Segment segment = Segment.of(
                        new Timeline(2), 2L * place + 1, main.identity().walSegmentSize());
                try (EncodedObject encoded = ObjectEncoder.encode(
                        ContainerKind.WAL,
                        segment.name(),
                        main.identity().system(),
                        Encoding.of(Codec.parse("zstd")),
                        ObjectSource.of(new byte[bytes]),
                        root)) {
                    main.wal().put(segment, encoded);
                }
            }
        }
        configure("", "");
    }

    @Test
    void aHundredAreShownAndTheOthersCounted() throws IOException {
        archive();

        ProgramRun run = run("wal-verify", "--repository", "local");

        assertThat(run.status()).isEqualTo(1);
        assertThat(run.data().lines().filter(line -> line.startsWith("PROBLEM  ")))
                .hasSize(100);
        assertThat(run.data().lines().filter(line -> line.startsWith("LOST     ")))
                .hasSize(100);
        assertThat(run.data())
                .contains("and " + (HARMLESS + COSTLY - 100) + " more gaps, " + (COSTLY - 100) + " problems among them")
                .contains("and " + (COSTLY - 100) + " more intervals of 'local' lost")
                .contains("; " + COSTLY + " problems")
                .doesNotContain("from an unknown time");
        JsonNode json = json(run("wal-verify", "--repository", "local", "--json"));
        assertThat(json.at("/archives/0/problems").asInt()).isEqualTo(COSTLY);
        assertThat(json.at("/archives/0/gapCount").asInt()).isEqualTo(HARMLESS + COSTLY);
        assertThat(json.at("/archives/0/gaps"))
                .hasSize(100)
                .allMatch(gap -> gap.at("/isProblem").asBoolean());
        assertThat(json.at("/lostCount").asInt()).isEqualTo(COSTLY);
        assertThat(json.at("/lost")).hasSize(100);
    }
}
