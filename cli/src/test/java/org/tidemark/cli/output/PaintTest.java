// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PaintTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "ERROR: no",
                "WARNING: no",
                "HINT: do",
                "CRITICAL wal   none",
                "OK       15",
                "main · protected",
                "20261120T180806Z  full  damaged   1  2026-11-20 18:08",
                "20261120T180806Z  full  complete  1"
            })
    void wordsThatMatterAreColoredAndNothingElseChanges(String line) {
        String painted = Paint.ANSI.line(line);

        assertThat(painted).contains("\033[").contains("\033[0m");
        assertThat(painted.replaceAll("\033\\[[0-9;]*m", "")).isEqualTo(line);
        assertThat(Paint.NONE.line(line)).isEqualTo(line);
    }

    @Test
    void theSameWordsInASentenceAreNotColored() {
        String line = "a backup is complete; its WAL is OK. ERROR is a word";

        assertThat(Paint.ANSI.line(line)).doesNotContain("\033[");
    }
}
