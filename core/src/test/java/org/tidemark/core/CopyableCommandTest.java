// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;

class CopyableCommandTest {
    @Test
    void everyArgumentIsOneWordOfTheShell() {
        assertThat(CopyableCommand.of("delete")
                        .with(List.of("before", "2026-11-23 07:33:00Z"))
                        .withIf(true, "--force")
                        .withIf(false, "--dry-run"))
                .hasToString("tidemark delete before '2026-11-23 07:33:00Z' --force");
        assertThat(CopyableCommand.of("keep", "latest", "--note", "it's; rm -rf $HOME"))
                .hasToString("tidemark keep latest --note 'it'\\''s; rm -rf $HOME'");
    }

    @Test
    void aCommandHasAName() {
        assertThatThrownBy(CopyableCommand::of).isInstanceOf(IllegalArgumentException.class);
    }
}
