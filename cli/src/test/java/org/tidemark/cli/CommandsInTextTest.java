// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class CommandsInTextTest {
    @Test
    void aCommandEndsWithItsLineItsQuotesOrItsSentence() {
        assertThat(CommandsInText.problems("see what '/opt/x/tidemark check --cluster main' says. '/opt/my x/tidemark'"
                        + " delete before '2026-11-01 00:00:00Z', then: tidemark sync local offsite. And so on"))
                .isEmpty();
    }

    @Test
    void aCommandInAJsonDocumentEndsWithItsLine() {
        assertThat(CommandsInText.problems(
                        "\"text\" : \"1. /o/tidemark setup primary --cluster main\\n   /o/tidemark backup"
                                + " --cluster main\\n1 problem\\n\","))
                .isEmpty();
    }

    @Test
    void aCommandInAJsonStringEndsWithIt() {
        assertThat(CommandsInText.problems("\"commands\" : [ \"/o/tidemark setup primary --cluster main\","
                        + " \"/o/tidemark backup --cluster main\" ], \"hint\":\"Run: tidemark check\"}"))
                .isEmpty();
        assertThat(CommandsInText.problems("tidemark keep latest --note \"for the audit\""))
                .isEmpty();
    }

    @Test
    void whatCouldNotBeRunIsAProblem() {
        assertThat(CommandsInText.problems("run tidemark check on the host")).hasSize(1);
        assertThat(CommandsInText.problems("run: tidemark verify --repository")).hasSize(1);
        assertThat(CommandsInText.problems("run: tidemark check --bogus")).hasSize(1);
        assertThat(CommandsInText.problems("tidemark check", "--cluster", "main"))
                .singleElement()
                .asString()
                .contains("lacks the --cluster");
    }
}
