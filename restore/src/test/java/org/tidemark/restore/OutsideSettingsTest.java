// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutsideSettingsTest {
    @TempDir
    private Path root;

    @Test
    void aConfigurationThatPointsNowhereGivesNoFinding() {
        assertThat(of(Map.of(
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
                ssl_passphrase_command = 'echo S3CRET'
                shared_preload_libraries = 'pg_stat_statements'
                archive_cleanup_command = 'pg_archivecleanup /archive %r'
                """;

        assertThat(of(Map.of("postgresql.conf", conf)))
                .extracting(Finding::message)
                .containsExactly(
                        "postgresql.conf includes '/etc/postgresql/15/main/conf.d', which is not in the backup",
                        "postgresql.conf includes '../other.conf', which is not in the backup",
                        "postgresql.conf sets data_directory = '/var/lib/postgresql/15/main'",
                        "postgresql.conf sets hba_file = '/etc/postgresql/15/main/pg_hba.conf'",
                        "postgresql.conf sets ssl_passphrase_command",
                        "postgresql.conf sets shared_preload_libraries = 'pg_stat_statements'",
                        "postgresql.conf sets archive_cleanup_command; recover overrides it");
    }

    @Test
    void aConfigurationOutsideIsStartedSoThatTheRestoredDirectoryIsOpened() throws IOException {
        Path original = Files.createDirectories(root.resolve("var/lib/postgresql/15/main"));
        Path etc = Files.createDirectories(root.resolve("etc/postgresql/15/main"));
        Path conf = etc.resolve("postgresql.conf");
        Files.writeString(conf, "data_directory = '" + original + "'\nport = 5433\nhba_file = '/etc/pg_hba.conf'\n");
        Path directory = Path.of("/pg/restored copy");

        ServerStart start = ServerStart.find(root, 15, Map.of(), directory);

        assertThat(start.command(directory))
                .isEqualTo("pg_ctl -D '/pg/restored copy' -o '-c config_file=" + conf
                        + " -c '\\''data_directory=/pg/restored copy'\\'' -c hba_file=/etc/pg_hba.conf -c ident_file="
                        + etc + "/pg_ident.conf -c external_pid_file= -c port=5433' start");
        assertThat(OutsideSettings.of(Map.of(), start)).singleElement().satisfies(finding -> {
            assertThat(finding.message()).contains("the backup has no postgresql.conf");
            assertThat(finding.hint()).contains("it would open " + original, "Its port is 5433");
        });

        Files.writeString(original.resolve("postmaster.pid"), "1");
        assertThat(ServerStart.find(root, 15, Map.of(), directory).psql("select 1"))
                .as("the original holds its port")
                .isEqualTo("psql -p 5434 -d postgres -c 'select 1'");
    }

    @Test
    void aConfigurationThatIsNotOnThisHostHasToBeBroughtHere() {
        ServerStart start = ServerStart.find(root, 15, Map.of(), Path.of("/pg/restored"));

        assertThat(OutsideSettings.of(Map.of(), start))
                .singleElement()
                .satisfies(finding -> assertThat(finding.hint()).contains("to this host", "Keep data_directory"));
        assertThat(start.command(Path.of("/pg/restored"))).contains("-c data_directory=/pg/restored");
    }

    @Test
    void aConfigurationInTheBackupThatNamesAnotherDirectoryIsOverridden() {
        ServerStart start = ServerStart.find(
                root, 15, Map.of("postgresql.conf", "data_directory = '/old'\nport = 6000\n"), Path.of("/new"));

        assertThat(start.command(Path.of("/new"))).isEqualTo("pg_ctl -D /new -o '-c data_directory=/new' start");
        assertThat(start.psql("select 1")).startsWith("psql -p 6000 ");
    }

    private List<Finding> of(Map<String, String> files) {
        return OutsideSettings.of(files, ServerStart.find(root, 15, files, Path.of("/pg/restored")));
    }
}
