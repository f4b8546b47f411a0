// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/** The configuration files in the data directory are links, which PostgreSQL does not send. */
final class LinkedConfigurationTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();

    private final TidemarkHost host = new TidemarkHost();
    private final Path restored = host.directory().resolve("restored");
    private final Path beside = host.directory().resolve("restored.configuration");
    private PostgresServer server =
            PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst()).create();

    @BeforeEach
    void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        server = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .create();
        Path etc = server.newDirectory("linked");
        for (String name : List.of("postgresql.conf", "pg_hba.conf", "pg_ident.conf")) {
            Path file = server.dataDirectory().resolve(name);
            Files.move(file, etc.resolve(name));
            Files.createSymbolicLink(file, etc.resolve(name));
        }
        OperatingUser.current().own(server.dataDirectory());
        server.start();
        host.configure(server.conninfo(), server.dataDirectory());
        host.must("init");
        server.sql("CREATE TABLE t AS SELECT 1 AS n");
    }

    @AfterEach
    void stop() throws Exception {
        if (Files.exists(restored.resolve("postmaster.pid"))) {
            OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + restored + " -m immediate stop");
        }
        server.close();
        host.close();
    }

    private String check() {
        return host.run("check", "--verbose").data().replaceAll(" +", " ");
    }

    @Test
    void aStreamedBackupHasItAndStartsElsewhere() throws Exception {
        host.must("backup", "--method", "stream");
        server.archiveCurrentSegment(LIMIT);
        assertThat(host.must("show-backup", "latest").data())
                .contains(
                        server.dataDirectory() + "/postgresql.conf, config_file, ",
                        server.dataDirectory() + "/pg_hba.conf, hba_file, ",
                        server.dataDirectory() + "/pg_ident.conf, ident_file, ");
        assertThat(check()).contains("OK backup-configuration");
        Path original = server.dataDirectory();
        server.close();

        Outcome outcome = host.run("recover", "--to", restored.toString(), "--start");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("PostgreSQL is open for writing");
        assertThat(OwnersShell.ask(restored, "SHOW config_file"))
                .isEqualTo(beside + "" + original + "/postgresql.conf");
        assertThat(OwnersShell.ask(restored, "SELECT n FROM t")).isEqualTo("1");
    }

    @Test
    void whereTheBackupLacksItThePlanSaysThatNothingCanBeStarted() throws Exception {
        server.sql("CREATE ROLE plain LOGIN REPLICATION", "GRANT pg_read_all_settings TO plain");
        host.configure(server.conninfo().replace("user=postgres", "user=plain"), server.dataDirectory());
        assertThat(host.must("backup", "--method", "stream").talk())
                .contains("the role may not read the server's files", "postgresql.conf", "GRANT pg_read_server_files");
        assertThat(check()).contains("WARNING backup-configuration", "does not have " + server.dataDirectory());
        host.configure(server.conninfo(), host.directory().resolve("elsewhere"));
        server.archiveCurrentSegment(LIMIT);

        Outcome refused = host.run("recover", "--to", restored.toString(), "--start");
        Outcome asked = host.run("recover", "--to", restored.toString(), "--configuration", "restore", "--dry-run");

        assertThat(refused.status()).as(refused.talk()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(refused.talk()).contains("PostgreSQL cannot be started");
        assertThat(restored).doesNotExist();
        assertThat(asked.data())
                .contains("--configuration has no effect: the backup does not have the server's configuration");
    }
}
