// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;

class WritesOutsideTest {
    private static final Path DIRECTORY = Path.of("/pg/restored");
    private static final String ALL = """
        external_pid_file = '/run/pg.pid'
        log_directory = '../log'
        Stats_Temp_Directory = '/run/stats'
        promote_trigger_file = '/run/promote'
        """;

    private static Map<String, String> overridden(String conf, int major, boolean isInPlace) {
        return WritesOutside.overridden(
                Map.of("postgresql.conf", conf), ServerStart.PLAIN, major, DIRECTORY, isInPlace);
    }

    @Test
    void aCopyWritesInItsOwnDirectory() {
        assertThat(overridden(ALL, 14, false))
                .isEqualTo(Map.of(
                        "external_pid_file", "",
                        "log_directory", "log",
                        "stats_temp_directory", "pg_stat_tmp",
                        "promote_trigger_file", ""));
        assertThat(overridden(ALL, 15, false)).doesNotContainKey("stats_temp_directory");
        assertThat(overridden(ALL, 16, false).keySet()).containsExactlyInAnyOrder("external_pid_file", "log_directory");
    }

    @Test
    void whatIsWithinItsDirectoryStays() {
        assertThat(overridden(
                        "log_directory = 'pg_log'\nexternal_pid_file = '" + DIRECTORY
                                + "/a.pid'\npromote_trigger_file = ''\n",
                        15,
                        false))
                .isEmpty();
    }

    @Test
    void inThePlaceOfTheOriginalTheseAreItsOwn() {
        assertThat(overridden(ALL, 14, true)).isEmpty();
    }
}
