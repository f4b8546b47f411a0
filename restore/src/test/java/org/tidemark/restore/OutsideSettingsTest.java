// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class OutsideSettingsTest {
    @Test
    void aConfigurationThatPointsNowhereGivesNoFinding() {
        assertThat(OutsideSettings.of(Map.of(
                        "postgresql.conf",
                        "port = 5432\nlog_directory = 'log'\ninclude_dir = 'conf.d'\nunix_socket_directories = ''\n")))
                .isEmpty();
    }

    @Test
    void whatPointsOutOfTheDirectoryIsSaid() {
        String conf = """
                include_dir = '/etc/postgresql/15/main/conf.d'
                include_if_exists = '../other.conf'
                data_directory = '/var/lib/postgresql/15/main'
                hba_file = '/etc/postgresql/15/main/pg_hba.conf'
                ssl_cert_file = 'server.crt'
                shared_preload_libraries = 'pg_stat_statements'
                archive_cleanup_command = 'pg_archivecleanup /archive %r'
                """;

        assertThat(OutsideSettings.of(Map.of("postgresql.conf", conf)))
                .extracting(Finding::message)
                .containsExactly(
                        "postgresql.conf includes '/etc/postgresql/15/main/conf.d', which is not in the backup",
                        "postgresql.conf includes '../other.conf', which is not in the backup",
                        "postgresql.conf sets data_directory = '/var/lib/postgresql/15/main'",
                        "postgresql.conf sets hba_file = '/etc/postgresql/15/main/pg_hba.conf'",
                        "postgresql.conf sets shared_preload_libraries = 'pg_stat_statements'",
                        "postgresql.conf sets archive_cleanup_command = 'pg_archivecleanup /archive %r'; the restore"
                                + " puts it out of force");
    }

    @Test
    void aBackupWithoutPostgresqlConfIsSaidToHaveItsConfigurationElsewhere() {
        assertThat(OutsideSettings.of(Map.of()))
                .extracting(Finding::message)
                .containsExactly(
                        "the backup has no postgresql.conf: the configuration stands outside of the data directory");
    }
}
