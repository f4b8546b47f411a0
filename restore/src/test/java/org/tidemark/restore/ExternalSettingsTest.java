// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.core.RecoveryTarget;
import org.tidemark.recoverability.Archives;
import org.tidemark.recoverability.PlanFinding;
import org.tidemark.recoverability.PlanFinding.Severity;
import org.tidemark.restore.plan.RestorePlan.Chosen;
import org.tidemark.restore.plan.RestorePlanner;
import org.tidemark.restore.request.RestoreRequest;
import org.tidemark.restore.settings.ExternalSettings;
import org.tidemark.restore.settings.ServerStart;
import org.tidemark.testkit.FreePort;

class ExternalSettingsTest {
    private static final ServerStart.Directories UNKNOWN =
            new ServerStart.Directories(Path.of("/pg/restored"), Optional.empty());

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
                .extracting(PlanFinding::message)
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
        int port = FreePort.next();
        Path original = Files.createDirectories(root.resolve("var/lib/postgresql/15/main"));
        Path etc = Files.createDirectories(root.resolve("etc/postgresql/15/main"));
        Path conf = etc.resolve("postgresql.conf");
        Files.writeString(
                conf,
                "data_directory = '" + original + "'\nport = " + port + "\nunix_socket_directories = '" + root
                        + "'\nhba_file = '/etc/pg_hba.conf'\n");
        Path directory = Path.of("/pg/restored copy");

        ServerStart.Directories ofCluster = new ServerStart.Directories(directory, Optional.of(original));
        ServerStart start = ServerStart.find(root, 15, Map.of(), ofCluster);

        assertThat(start.command(directory))
                .isEqualTo("pg_ctl -D '/pg/restored copy' -o '-c config_file=" + conf
                        + " -c '\\''data_directory=/pg/restored copy'\\'' -c hba_file=/etc/pg_hba.conf -c ident_file="
                        + etc + "/pg_ident.conf -c '\\''external_pid_file=/pg/restored copy/external.pid'\\'''"
                        + " -l '/pg/restored copy/start.log' start");
        assertThat(start.commandForGood(directory))
                .as("Debian's tools find a server that runs by the configured external_pid_file")
                .contains("config_file=" + conf)
                .doesNotContain("external_pid_file");
        assertThat(NextSteps.of(chosen(directory), start, NextSteps.Program.PLAIN, false))
                .extracting(NextSteps.Step::text)
                .anySatisfy(text -> assertThat(text).contains("set data_directory = '" + directory + "' in '" + conf));
        assertThat(ExternalSettings.of(Map.of(), start, Optional.empty(), Set.of(), Path.of("/pg/restored")))
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.severity()).isEqualTo(Severity.NOTE);
                    assertThat(finding.message())
                            .contains(
                                    "is kept outside of its data directory",
                                    "it would open " + original,
                                    "Its port is " + port);
                });

        Path lock = root.resolve(".s.PGSQL." + port + ".lock");
        Files.writeString(lock, ProcessHandle.current().pid() + "\n");
        assertThat(ServerStart.find(root, 15, Map.of(), ofCluster).psql("select 1"))
                .as("another server has the port")
                .startsWith("psql -h " + root + " -p ")
                .doesNotContain(" -p " + port + " ");
        Files.writeString(lock, Integer.MAX_VALUE + "\n");
        assertThat(ServerStart.find(root, 15, Map.of(), ofCluster).psql("select 1"))
                .as("a server that was killed left its lock file")
                .isEqualTo("psql -h " + root + " -p " + port + " -d postgres -c 'select 1'");
    }

    @Test
    void aConfigurationThatIsNotOnThisHostHasToBeBroughtHere() {
        ServerStart start = ServerStart.find(root, 15, Map.of(), UNKNOWN);

        assertThat(ExternalSettings.of(Map.of(), start, Optional.empty(), Set.of(), Path.of("/pg/restored")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.hint()).contains("to this host", "Keep data_directory"));
        assertThat(start.command(Path.of("/pg/restored"))).contains("-c data_directory=/pg/restored");
    }

    @Test
    void theConfigurationOfAnotherClusterIsNeverTaken() throws IOException {
        Path directory = Path.of("/pg/restored");
        Path own = Files.createDirectories(root.resolve("data/own"));
        Path main = configuration(root.resolve("etc/postgresql/15/main"), root.resolve("data/main"));
        ServerStart.Directories ofCluster = new ServerStart.Directories(directory, Optional.of(own));

        ServerStart unknown = ServerStart.find(root, 15, Map.of(), ofCluster);
        assertThat(unknown.command(directory))
                .contains("-c config_file=FILE ", "-c hba_file=HBA_FILE ", "-c ident_file=IDENT_FILE ")
                .doesNotContain(main.toString());
        assertThat(NextSteps.of(chosen(directory), unknown, NextSteps.Program.PLAIN, false))
                .noneSatisfy(step -> assertThat(step.text()).contains("data_directory"));
        assertThat(ExternalSettings.of(Map.of(), unknown, Optional.empty(), Set.of(), Path.of("/pg/restored")))
                .singleElement()
                .satisfies(finding -> assertThat(finding.hint()).contains("in place of FILE, HBA_FILE and IDENT_FILE"));

        Path elsewhere = configuration(root.resolve("conf"), own);
        Files.writeString(
                own.resolve("postmaster.opts"), "/usr/bin/postgres \"-D\" \"" + elsewhere.getParent() + "\"\n");
        assertThat(ServerStart.find(root, 15, Map.of(), ofCluster).command(directory))
                .as("its server was last started with it")
                .contains("config_file=" + elsewhere);
        Files.delete(own.resolve("postmaster.opts"));

        Path named = configuration(root.resolve("etc/postgresql/15/zzz"), own);
        assertThat(ServerStart.find(root, 15, Map.of(), ofCluster).command(directory))
                .as("its data_directory is that of the cluster")
                .contains("config_file=" + named);
        assertThat(ServerStart.find(
                                root,
                                15,
                                Map.of(),
                                new ServerStart.Directories(root.resolve("data/main"), Optional.empty()))
                        .command(root.resolve("data/main")))
                .as("its service opens the restored directory")
                .contains("config_file=" + main);
    }

    private static Path configuration(Path directory, Path dataDirectory) throws IOException {
        return Files.writeString(
                Files.createDirectories(directory).resolve("postgresql.conf"),
                "data_directory = '" + dataDirectory + "'\n");
    }

    @Test
    void aConfigurationInTheBackupThatNamesAnotherDirectoryIsOverridden() {
        int port = FreePort.next();
        ServerStart start = ServerStart.find(
                root,
                15,
                Map.of(
                        "postgresql.conf",
                        "data_directory = '/old'\nport = " + port + "\nunix_socket_directories = '/not/here'\n"),
                UNKNOWN);

        assertThat(start.command(Path.of("/new")))
                .startsWith("pg_ctl -D /new -o '-c data_directory=/new ")
                .doesNotContain("/not/here");
        assertThat(start.psql("select 1")).isEqualTo("psql -h /tmp -p " + port + " -d postgres -c 'select 1'");
    }

    private static Chosen chosen(Path directory) {
        return (Chosen) new RestorePlanner()
                .plan(
                        RestoreRequest.of(directory, new RecoveryTarget.Latest()),
                        new Archives().wal(1, 1, 10).backup("A", 1, 5).build());
    }

    @Test
    void whatTheRestoreReplacesIsANote() {
        assertThat(of(
                        Map.of("postgresql.conf", "external_pid_file = '/run/a.pid'\nlog_directory = '../log'\n"),
                        Set.of("external_pid_file", "log_directory")))
                .extracting(PlanFinding::severity, PlanFinding::message)
                .containsExactly(
                        tuple(
                                Severity.NOTE,
                                "postgresql.conf sets external_pid_file = '/run/a.pid'; recover overrides it"),
                        tuple(Severity.NOTE, "postgresql.conf sets log_directory = '../log'; recover overrides it"));
    }

    private List<PlanFinding> of(Map<String, String> files) {
        return of(files, Set.of());
    }

    private List<PlanFinding> of(Map<String, String> files, Set<String> overridden) {
        return ExternalSettings.of(
                files,
                ServerStart.find(root, 15, files, UNKNOWN),
                Optional.empty(),
                overridden,
                Path.of("/pg/restored"));
    }
}
