// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said of a variable that sets nothing: what was meant, with its own name, and never the least bad guess. */
class UnknownVariableTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "TIDEMARK_HOST_JOBBS | did you mean 'TIDEMARK_HOST_JOBS'?",
                "TIDEMARK_CLUSTER_MAIN_CONNINFFO | did you mean 'TIDEMARK_CLUSTER_MAIN_CONNINFO'?",
                "TIDEMARK_CLUSTER_BIG_ONE_CHECK_BACKUP_AGEE | did you mean 'TIDEMARK_CLUSTER_BIG_ONE_CHECK_BACKUP_AGE'?",
                "TIDEMARK_CLUSTER_MAIN_RETENTION | did you mean 'TIDEMARK_REPOSITORY_NAME_RETENTION'?",
                "TIDEMARK_REPOSITORY_OFFSITE_REGOIN | did you mean 'TIDEMARK_REPOSITORY_OFFSITE_REGION'?",
                "TIDEMARK_CLUSTER_MAIN_SOMETHING_ELSE | docs/reference/configuration.md has the keys",
                "TIDEMARK_CLUSTER_MAIN_COMMAND | docs/reference/configuration.md has the keys",
                "TIDEMARK_CLUSTER_ | docs/reference/configuration.md has the keys",
                "TIDEMARK_CLUSTER__X | docs/reference/configuration.md has the keys",
            })
    void itSaysWhatWasMeantOrWhereTheKeysAre(String variable, String said) {
        assertThat(UnknownVariable.problem(variable, VariableSettings.patterns(true)))
                .isEqualTo("unknown variable: " + said);
    }
}
