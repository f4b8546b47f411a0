// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.cli.command.DatedArchive;
import org.tidemark.cli.command.TwoRepositories;

/** How many backups one run deletes: many are taken between two runs. */
class ExpiryLimitTest extends TwoRepositories {
    private static final int BETWEEN_TWO_RUNS = 12;

    private final Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    private DatedArchive archive;
    private int taken;

    @BeforeEach
    void oneRepository() throws IOException {
        archive = new DatedArchive(root.resolve("local"), now);
        follow("REDUNDANCY 3");
    }

    private void follow(String policy) throws IOException {
        Files.writeString(root.resolve("tidemark.toml"), """
                [repository.local]
                url = '%s'
                retention = '%s'
                [cluster.main]
                """.formatted(
                        root.resolve("local").toUri(), policy));
    }

    private void take(int backups) throws IOException {
        for (int i = 0; i < backups; i++) {
            int daysAgo = 200 - taken;
            int place = 0x20 + taken;
            archive.backup(daysAgo, place);
            archive.wal(place, place, daysAgo);
            taken++;
        }
    }

    private long left() throws IOException {
        try (Stream<Path> files = Files.walk(archive.incarnation().resolve("catalog"))) {
            return files.filter(each -> each.endsWith("backup.json")).count();
        }
    }

    @Test
    void thePolicyIsReachedAtTheSecondRunHoweverManyBackupsAreTaken() throws IOException {
        take(BETWEEN_TWO_RUNS);
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(9);

        take(BETWEEN_TWO_RUNS);
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(3);
        assertThat(run("check").data()).doesNotContain("more than a day ago");

        take(BETWEEN_TWO_RUNS);
        assertThat(must("expire").data()).contains("would delete 12 backups");
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(3);
    }

    @Test
    void aPolicyThatWasChangedDeletesAPartInItsFirstRun() throws IOException {
        follow("REDUNDANCY 20");
        take(24);
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(20);

        follow("REDUNDANCY 2");
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(14);

        must("expire", "--confirm");
        assertThat(left()).isEqualTo(2);
    }

    /** The limit is for mistakes in any of the keys that keep backups. */
    @Test
    void longTermRulesAndTheMinimumBelongToThePolicy() throws IOException {
        follow("REDUNDANCY 1'\nkeep = 'daily 30'\nminimum-redundancy = '2");
        take(40);
        must("expire", "--confirm");
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(30);

        follow("REDUNDANCY 1'\nkeep = 'daily 3");
        must("expire", "--confirm");
        assertThat(left()).isEqualTo(21);
    }
}
