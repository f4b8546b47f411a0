// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.ExitCode;

class ExitCodesPageTest {
    @Test
    void thePageHasExactlyTheStatusesOfTheEnum() throws IOException {
        Path page = Path.of(System.getProperty("tidemark.root", ".."), "docs/reference/exit-codes.md");
        List<String> rows = Files.readAllLines(page).stream()
                .filter(line -> line.matches("\\| [0-9]+ \\| `.*"))
                .toList();

        assertThat(rows)
                .containsExactlyElementsOf(Arrays.stream(ExitCode.values())
                        .map(code -> "| " + code.status() + " | `" + code.name() + "` | " + code.meaning() + " |")
                        .toList());
    }

    @Test
    void noStatusOfOursIsOneThatTheLauncherKeepsForItself() {
        assertThat(Arrays.stream(ExitCode.values()).map(ExitCode::status)).doesNotContain(64, 65);
    }
}
