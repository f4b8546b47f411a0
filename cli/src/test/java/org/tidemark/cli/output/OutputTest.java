// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.CopyableLines;

class OutputTest {
    @Test
    void everyHintAndTextOfADocumentIsCompletedHoweverDeepItLies() {
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        Output output = output(printed);
        output.json(
                new Advised("then: tidemark backup", List.of(new Problem("tidemark backup", "tidemark verify --all"))));
        output.advise("no backups; take one with: tidemark backup");

        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("\"text\" : \"then: /opt/tide/bin/tidemark backup --cluster main")
                .contains("\"message\" : \"tidemark backup\"")
                .contains("\"hint\" : \"/opt/tide/bin/tidemark verify --cluster main")
                .contains("take one with: /opt/tide/bin/tidemark backup --cluster main");
    }

    private record Advised(String text, List<Problem> problems) {}

    private record Problem(String message, String hint) {}

    private static Output output(ByteArrayOutputStream data) {
        CopyableLines lines = new CopyableLines(
                "/opt/tide/bin/tidemark", () -> Optional.of("main"), Optional.empty(), List.of(), List.of());
        return new Output(
                new PrintStream(data, true, StandardCharsets.UTF_8),
                System.err,
                new Output.Manner(OutputFormat.JSON, Output.Verbosity.NORMAL, Paint.NONE, Paint.NONE, false, lines));
    }
}
