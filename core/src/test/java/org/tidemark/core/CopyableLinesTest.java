// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CopyableLinesTest {
    private static final CopyableLines LINES = new CopyableLines(
            "/opt/tide/bin/tidemark",
            () -> Optional.of("main"),
            Optional.of("/etc/my own/t.toml"),
            List.of("file:///mnt/b"),
            List.of());

    @Test
    void aCommandGetsTheClusterTheConfigurationAndTheRepository() {
        assertThat(LINES.command("verify --all"))
                .isEqualTo("/opt/tide/bin/tidemark verify --cluster main --config '/etc/my own/t.toml'"
                        + " --repository file:///mnt/b --all");
        assertThat(LINES.command("setup primary --replace"))
                .isEqualTo(
                        "/opt/tide/bin/tidemark setup primary --cluster main --config '/etc/my own/t.toml' --replace");
    }

    @Test
    void whatALineSaysItselfIsNotSaidTwice() {
        CopyableLines lines =
                new CopyableLines("tidemark", () -> Optional.of("main"), Optional.empty(), List.of(), List.of());

        assertThat(lines.complete("run 'tidemark init --cluster other', then: tidemark sync"))
                .isEqualTo("run 'tidemark init --cluster other', then: tidemark sync --cluster main");
        assertThat(lines.complete("then: tidemark wal-receive --skip-missing"))
                .isEqualTo("then: tidemark wal-receive --cluster main --skip-missing");
    }

    @ParameterizedTest
    @CsvSource({
        "the role tidemark backs up",
        "written by tidemark, check it",
        "/opt/tidemark check",
        "tidemark versions"
    })
    void whatIsNoCommandStaysAsItIs(String text) {
        assertThat(LINES.complete(text)).isEqualTo(text);
    }

    @Test
    void aCommandThatChangesSomethingKeepsItsRepositories() {
        CopyableLines lines = new CopyableLines(
                "tidemark", Optional::empty, Optional.empty(), List.of("offsite"), List.of("TIDEMARK_CONFIG"));

        assertThat(lines.complete("then: tidemark delete retain 1"))
                .isEqualTo("then: tidemark delete --repository offsite retain 1");
        assertThat(lines.complete("then: tidemark expire --confirm"))
                .isEqualTo("then: tidemark expire --repository offsite --confirm");
        assertThat(lines.complete("then: tidemark sync local offsite")).isEqualTo("then: tidemark sync local offsite");
    }

    @Test
    void theVariablesThatAChangeNeedsAreNamedInACommentOfTheShell() {
        CopyableLines lines = new CopyableLines(
                "tidemark", Optional::empty, Optional.empty(), List.of(), List.of("TIDEMARK_CONFIG", "TIDEMARK_X"));

        assertThat(lines.neededVariables("then: tidemark delete retain 1"))
                .hasValue("# needs these variables of the current environment: TIDEMARK_CONFIG, TIDEMARK_X");
        assertThat(lines.neededVariables("see: tidemark list-backup")).isEmpty();
        assertThat(LINES.neededVariables("then: tidemark delete retain 1")).isEmpty();
    }

    @Test
    void withNothingToSayTheLineStaysAsItIs() {
        CopyableLines lines = new CopyableLines("tidemark", Optional::empty, Optional.empty(), List.of(), List.of());

        assertThat(lines.complete("Take one with: tidemark backup")).isEqualTo("Take one with: tidemark backup");
    }
}
