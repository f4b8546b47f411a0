// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.RecoveryTarget.AtRestorePoint;

class RestorePointNameTest {
    /** An empty recovery_target_name is no target: PostgreSQL replays everything, the accident as well. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "a\nb",
                "\u0007",
                "0123456789012345678901234567890123456789012345678901234567890123",
                "äääääääääääääääääääääääääääääääää"
            })
    void whatPostgresCannotHaveMadeIsRefused(String name) {
        assertThatThrownBy(() -> new AtRestorePoint(name)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anythingElseIsAName() {
        assertThat(new AtRestorePoint("before 5.0 ä'").name()).isEqualTo("before 5.0 ä'");
    }
}
