// SPDX-License-Identifier: Apache-2.0
package org.tidemark.retention;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tidemark.retention.LongTermRule.Cadence;
import org.tidemark.retention.RetentionPolicy.Redundancy;

class RetentionSettingsTest {
    private static final RetentionSettings PLAIN =
            new RetentionSettings(Optional.of(new Redundancy(2)), Optional.empty(), List.of(), 1);

    /** By the names of the settings: nobody adds one without a word for it. */
    @Test
    void settingsThatDifferInAnythingHaveDifferentWords() {
        Map<String, RetentionSettings> changed = new LinkedHashMap<>();
        changed.put("policy", new RetentionSettings(Optional.of(new Redundancy(3)), PLAIN.wal(), List.of(), 1));
        changed.put("wal", new RetentionSettings(PLAIN.policy(), Optional.of(new Redundancy(1)), List.of(), 1));
        changed.put(
                "longTerm",
                new RetentionSettings(PLAIN.policy(), PLAIN.wal(), List.of(new LongTermRule(Cadence.DAILY, 7)), 1));
        changed.put("minimumRedundancy", new RetentionSettings(PLAIN.policy(), PLAIN.wal(), List.of(), 2));
        assertThat(Stream.of(RetentionSettings.class.getRecordComponents()).map(each -> each.getName()))
                .containsExactlyElementsOf(changed.keySet());

        changed.put("nothing", PLAIN);
        assertThat(changed.values().stream().map(RetentionSettings::inWords)).doesNotHaveDuplicates();
    }

    @Test
    void theyAreNamedAsTheConfigurationDoes() {
        assertThat(PLAIN.inWords()).isEqualTo("REDUNDANCY 2");
        assertThat(new RetentionSettings(
                                PLAIN.policy(),
                                Optional.of(new Redundancy(1)),
                                List.of(new LongTermRule(Cadence.DAILY, 7), new LongTermRule(Cadence.YEARLY, 1)),
                                2)
                        .inWords())
                .isEqualTo("REDUNDANCY 2; wal-retention REDUNDANCY 1; keep daily 7, yearly 1; minimum-redundancy 2");
        assertThat(RetentionSettings.NONE.inWords()).isEmpty();
    }
}
