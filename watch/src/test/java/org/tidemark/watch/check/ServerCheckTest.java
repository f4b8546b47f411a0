// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.server.ServerSettings;

class ServerCheckTest {
    private static Finding archiving(String... awaitingRestart) {
        ServerSettings server = new ServerSettings(
                new SystemIdentifier(1),
                150018,
                false,
                Map.of("archive_mode", "off", "data_directory", "/pg/data"),
                List.of(awaitingRestart));
        return ServerCheck.of(server, Optional.empty()).stream()
                .filter(each -> each.subject().equals("archiving"))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aServerThatIsTooOldIsCritical() {
        ServerSettings server = new ServerSettings(
                new SystemIdentifier(1), 120022, false, Map.of("server_version", "12.22"), List.of());

        assertThat(ServerCheck.of(server, Optional.empty()))
                .contains(Subject.SERVER.critical(
                        "PostgreSQL 12.22 is older than what this program supports",
                        "Upgrade it to PostgreSQL 13 or later."));
    }

    @Test
    void afterSetupOnlyTheRestartIsMissing() {
        assertThat(archiving().hint()).isEqualTo("Set it up with: tidemark setup primary");
        assertThat(archiving("archive_mode").message()).contains("until PostgreSQL is restarted");
        assertThat(archiving("archive_mode").hint())
                .startsWith("Restart PostgreSQL")
                .endsWith("pg_ctl -D /pg/data restart")
                .doesNotContain("setup");
    }

    /** To restart the server, as for other settings, would start the other directory. */
    @Test
    void aConfigurationThatNamesAnotherDataDirectoryIsNoSettingToRestartFor() {
        ServerSettings server = new ServerSettings(
                new SystemIdentifier(1),
                150018,
                false,
                Map.of("archive_mode", "on", "data_directory", "/pg/copy", "config_file", "/etc/postgresql.conf"),
                List.of("data_directory", "wal_level"));

        assertThat(ServerCheck.of(server, Optional.empty()))
                .contains(Subject.DATA_DIRECTORY.warning(
                        "PostgreSQL's configuration file names another data directory than the one that the server runs"
                                + " in, '/pg/copy': a restart by the service manager may start the other one",
                        "Correct data_directory in '/etc/postgresql.conf', then in psql: SELECT pg_reload_conf()"))
                .filteredOn(each -> each.subject().equals("settings"))
                .singleElement()
                .satisfies(each -> assertThat(each.message())
                        .isEqualTo("changed settings have no effect until PostgreSQL is restarted: wal_level"));
    }
}
