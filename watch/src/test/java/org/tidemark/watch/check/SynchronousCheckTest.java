// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.server.SynchronousStandbys;

class SynchronousCheckTest {
    private static List<Severity> severities(String names, String commit, long synchronous, long hidden, long waiting) {
        return SynchronousCheck.of(new SynchronousStandbys(names, commit, synchronous, hidden, waiting)).stream()
                .map(Finding::severity)
                .toList();
    }

    @Test
    void asManyStandbysMustBeConnectedAsTheSettingNeeds() {
        assertThat(severities("a, b", "on", 0, 0, 0)).containsExactly(Severity.CRITICAL);
        assertThat(severities("a, b", "on", 1, 0, 0)).containsExactly(Severity.OK);
        for (String names : List.of("2 (a, b, c)", "FIRST 2 (a, b, c)", "any 2(a,b,c)", " ANY 2 (*)")) {
            assertThat(severities(names, "on", 1, 0, 0)).as(names).containsExactly(Severity.CRITICAL);
            assertThat(severities(names, "on", 2, 0, 0)).as(names).containsExactly(Severity.OK);
        }
    }

    @Test
    void itIsCriticalOnlyIfCommitsWait() {
        assertThat(severities("a", "off", 0, 0, 0)).containsExactly(Severity.OK);
        assertThat(severities("a", "local", 0, 0, 0)).containsExactly(Severity.OK);
        assertThat(severities("a", "local", 0, 0, 1))
                .as("another role's commit waits")
                .containsExactly(Severity.CRITICAL);
        assertThat(severities("", "on", 0, 0, 0)).isEmpty();
    }

    @Test
    void nothingIsSaidWhereTheRoleMayNotSeeTheStandbys() {
        assertThat(severities("a", "on", 0, 1, 0)).isEmpty();
        assertThat(severities("2 (a, b)", "on", 0, 1, 0))
                .as("one connection is never two standbys")
                .containsExactly(Severity.CRITICAL);
    }
}
