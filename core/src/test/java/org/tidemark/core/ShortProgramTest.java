// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ShortProgramTest {
    private static ProcessBuilder shell(String script) {
        return new ProcessBuilder("sh", "-c", script);
    }

    @Test
    void itTellsTheStatusAndWhatItPrinted() throws Exception {
        assertThat(ShortProgram.run(shell("echo ' a b '; exit 3"))).isEqualTo(new ShortProgram(3, "a b"));
        assertThat(ShortProgram.run(shell("echo lost >&2"))).isEqualTo(new ShortProgram(0, ""));
    }

    @Test
    void oneThatHangsIsEnded() {
        assertThatThrownBy(() -> ShortProgram.run(Duration.ofSeconds(1), shell("echo begun; exec sleep 600")))
                .isInstanceOf(IOException.class)
                .hasMessage("'sh' did not end within 1 s");
    }
}
