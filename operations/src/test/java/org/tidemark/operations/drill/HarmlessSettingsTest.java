// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tidemark.operations.drill.HarmlessSettings.Setting;

final class HarmlessSettingsTest {
    private static final Path SCRATCH = Path.of("/var/tmp/drill-1");

    @Test
    void whatReachesOutIsOffAndWhatLeadsInIsPrivate() {
        HarmlessSettings settings = HarmlessSettings.in(SCRATCH, 18);

        for (String empty : List.of(
                "listen_addresses",
                "archive_command",
                "archive_library",
                "archive_cleanup_command",
                "recovery_end_command",
                "primary_conninfo",
                "primary_slot_name",
                "synchronous_standby_names",
                "external_pid_file",
                "session_preload_libraries",
                "local_preload_libraries")) {
            assertThat(settings.value(empty)).as(empty).contains("");
        }
        assertThat(settings.value("archive_mode")).contains("off");
        assertThat(settings.value("max_logical_replication_workers")).contains("0");
        assertThat(settings.value("sync_replication_slots")).contains("off");
        for (String inside : List.of("unix_socket_directories", "hba_file", "ident_file")) {
            assertThat(settings.value(inside).map(Path::of))
                    .as(inside)
                    .hasValueSatisfying(path -> assertThat(path).startsWithRaw(SCRATCH));
        }
    }

    /** PostgreSQL refuses a name that it does not know, and pauses where one of the second kind is lower. */
    @Test
    void eachVersionIsGivenWhatItKnowsAndNothingThatARecoveryNeedsHigher() {
        for (int major = 13; major <= 18; major++) {
            HarmlessSettings settings = HarmlessSettings.in(SCRATCH, major);
            assertThat(settings.value("archive_library").isPresent()).isEqualTo(major >= 15);
            assertThat(settings.value("sync_replication_slots").isPresent()).isEqualTo(major >= 17);
            assertThat(settings.value("event_triggers").isPresent()).isEqualTo(major >= 17);
            assertThat(settings.value("zero_damaged_pages")).contains("off");
            assertThat(settings.file()).contains("archive_mode = 'off'\n");
            assertThat(settings.settings())
                    .extracting(Setting::name)
                    .doesNotHaveDuplicates()
                    .doesNotContain(
                            "max_connections",
                            "max_worker_processes",
                            "max_wal_senders",
                            "max_prepared_transactions",
                            "max_locks_per_transaction",
                            "restore_command",
                            "shared_preload_libraries");
            assertThat(settings.settings())
                    .allSatisfy(each -> assertThat(each.reason()).isNotBlank());
        }
    }
}
