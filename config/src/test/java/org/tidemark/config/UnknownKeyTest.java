// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.config.Setting.SettingKey;

/** What is said of a key that no table has: what was meant, or what there is, and never a key that is only short. */
class UnknownKeyTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "host.jbos | did you mean 'host.jobs'?",
                "cluster.main.conninof | did you mean 'cluster.main.conninfo'?",
                "cluster.main.retention | did you mean 'repository.NAME.retention'?",
                "cluster.main.retention.recovery-window | there is no table 'cluster.main.retention'",
                "drill.question.orders.query | 'drill.question.orders' has database, expect, since, sql",
                "cluster.main.compress | docs/reference/configuration.md has the keys of 'cluster.main'",
            })
    void itSaysWhatWasMeantOrWhatThereIs(String key, String said) {
        assertThat(UnknownKey.problem(new SettingKey(List.of(key.split("\\.", -1))), VariableSettings.patterns(true)))
                .isEqualTo("unknown key '" + key + "': " + said);
    }
}
