// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ClusterName;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.core.Timeline;

class RestoreCommandTest {
    @Test
    void aPathThatContainsAPlaceholderStaysAPath() {
        RestoreCommand command = RestoreCommand.fetching(
                "/opt/50%full/it's/tidemark",
                Optional.of(new Timeline(3)),
                new RecoveryTarget.Latest(),
                new ClusterName("main"),
                List.of("file:///backup%20disk"),
                List.of(Path.of("/mnt/the key")),
                Optional.empty());

        assertThat(command.forFile("00000003.history", "pg_wal/RECOVERYHISTORY"))
                .contains("50%full")
                .contains("backup%20disk")
                .contains("--decrypt-with '/mnt/the key'")
                .contains("wal-fetch 00000003.history pg_wal/RECOVERYHISTORY --timeline 3 --target latest");
    }
}
