// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.acceptance.TidemarkHost;
import org.tidemark.acceptance.TidemarkHost.Outcome;
import org.tidemark.core.ExitCode;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;

/**
 * A server whose configuration is outside of its data directory: it comes back with the backup, on a host that has
 * nothing of it.
 */
@InTurn
final class OutsideConfigurationTest {
    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final Optional<PostgresBinaries> MACHINE = PostgresBinaries.ofMachine();

    private final TidemarkHost host = new TidemarkHost();
    private final Path restored = host.directory().resolve("restored");
    private final Path beside = host.directory().resolve("restored.configuration");
    private PostgresServer server =
            PostgresServer.of(PostgresBinaries.oneOfThisRun().getFirst()).create();
    private Path etc = Path.of("/");

    @BeforeEach
    void archive() throws IOException {
        assumeTrue(MACHINE.isPresent(), "no PostgreSQL of Debian: apt-get install postgresql-15");
        server = PostgresServer.of(MACHINE.get())
                .initdb("--wal-segsize=1")
                .archiving(host.archiveCommand())
                .create();
        etc = server.moveConfigurationOut();
        Files.createDirectory(etc.resolve("conf.d"));
        write("postgresql.conf", "include_dir 'conf.d'\ninclude_if_exists = 'not-there.conf'\n");
        write("conf.d/10-memory.conf", "work_mem = 7MB\nport = " + server.port() + "\n");
        write(
                "conf.d/20-primary.conf",
                "primary_conninfo = 'host=elsewhere user=replicator password=''very secret'''\n");
        write("conf.d/ignored.txt", "x\n");
        write("conf.d/server.key", "-----BEGIN PRIVATE KEY-----\n");
        write("pg_hba.conf", "local @databases all trust # password=\"also secret\"\n");
        write("databases", "application\n");
        OperatingUser.current().own(etc);
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

    private void write(String name, String text) throws IOException {
        Files.writeString(etc.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    private String ask(String sql) {
        return OwnersShell.ask(restored, sql);
    }

    private Outcome recover(String... options) {
        List<String> line = new ArrayList<>(List.of("recover", "--to", restored.toString()));
        line.addAll(List.of(options));
        return host.run(line.toArray(String[]::new));
    }

    /** What tar and zstd make of the only configuration in the repository. */
    private String stored() throws Exception {
        try (Stream<Path> files = Files.walk(host.directory())) {
            Path object = files.filter(file -> file.endsWith("configuration"))
                    .reduce((one, other) -> {
                        throw new IllegalStateException("two configurations");
                    })
                    .orElseThrow();
            return OwnersShell.shell("zstd -dc < '" + object + "' | tar -xO");
        }
    }

    @Test
    void itComesBackWhereNothingOfItIsLeft() throws Exception {
        Outcome backup = host.must("backup", "--method", "local");
        server.archiveCurrentSegment(LIMIT);

        assertThat(backup.talk())
                .as("the repository is not encrypted")
                .contains("passwords in the server's configuration are left out")
                .doesNotContain("secret");
        assertThat(stored())
                .contains("work_mem = 7MB", "password=left-out", "application", "# left-out")
                .doesNotContain("secret");
        assertThat(host.must("show-backup", "latest").data())
                .contains(
                        etc + "/postgresql.conf, config_file, ",
                        etc + "/pg_hba.conf, hba_file, ",
                        etc + "/pg_ident.conf, ident_file, ",
                        etc + "/conf.d/10-memory.conf, ",
                        etc + "/databases, ",
                        "without primary_conninfo in line 1")
                .doesNotContain("ignored", "server.key");
        String original = Files.readString(etc.resolve("postgresql.conf"));
        String file = etc.toString();
        server.close();

        Outcome outcome = recover("--start");

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk())
                .contains(
                        "the server's configuration, 6 files, to '" + beside + "'",
                        "20-primary.conf' is in the backup without its passwords",
                        "PostgreSQL is open for writing");
        assertThat(ask("SHOW work_mem")).isEqualTo("7MB");
        assertThat(ask("SHOW hba_file")).isEqualTo(beside + file + "/pg_hba.conf");
        assertThat(ask("SELECT database FROM pg_hba_file_rules ORDER BY line_number DESC LIMIT 1"))
                .as(ask("SELECT error FROM pg_hba_file_rules WHERE error IS NOT NULL"))
                .isEqualTo("{application}");
        assertThat(ask("SELECT n FROM t")).isEqualTo("1");
        assertThat(Path.of(beside + file + "/postgresql.conf")).hasContent(original);

        OwnersShell.shell(MACHINE.orElseThrow().programs() + "/pg_ctl -D " + restored + " -m fast stop");
        OwnersShell.shell("echo 'work_mem = 8MB' >> '" + beside + file + "/conf.d/20-primary.conf'");
        host.configure("host=127.0.0.1 port=1 user=postgres dbname=postgres", restored);
        Outcome again = recover("--delta", "--start");

        assertThat(again.status()).as(again.talk()).isZero();
        assertThat(ask("SHOW hba_file")).isEqualTo(beside + file + "/pg_hba.conf");
        assertThat(ask("SHOW work_mem")).as("what was edited is kept").isEqualTo("8MB");
    }

    @Test
    void itIsPutBackWhereItWasAndOverwritesNothing() throws Exception {
        host.must("backup");
        server.archiveCurrentSegment(LIMIT);
        String file = etc.toString();
        OwnersShell.shell("cp -a '" + file + "' '" + host.directory() + "/kept'");
        server.close();

        assertThat(recover("--configuration", "restore").status()).isZero();

        assertThat(OwnersShell.shell("diff -r '" + file + "' '" + host.directory() + "/kept'"))
                .contains("Only in " + host.directory() + "/kept/conf.d: ignored.txt", "left-out")
                .doesNotContain("10-memory.conf", "Only in " + file);
        assertThat(beside).doesNotExist();

        Files.writeString(Path.of(file + "/pg_hba.conf"), "local all all reject\n");
        OwnersShell.shell("rm -rf '" + restored + "'");
        Outcome refused = recover("--configuration", "restore");

        assertThat(refused.status()).isEqualTo(ExitCode.RESTORE_REFUSED.status());
        assertThat(refused.talk()).contains("'" + file + "/pg_hba.conf' exists, and differs from the backup's");
        assertThat(Path.of(file + "/pg_hba.conf")).hasContent("local all all reject");
        assertThat(restored).doesNotExist();
    }

    @Test
    void whereItIsOnThisHostItIsNotWrittenUnlessAskedFor() throws Exception {
        host.must("backup");
        server.archiveCurrentSegment(LIMIT);

        assertThat(recover("--dry-run").data())
                .contains("the server's configuration is the one on this host; to have the backup's, 6 files, in '")
                .contains("config_file=" + etc + "/postgresql.conf");
        assertThat(recover("--dry-run", "--configuration", "beside").data())
                .contains("config_file=" + beside + etc + "/postgresql.conf");
        assertThat(beside).doesNotExist();
    }

    @Test
    void theServerSendsItToARoleThatMayReadItsFiles() throws Exception {
        host.must("backup", "--method", "local");
        String local = stored();
        host.must("delete", "latest", "--force");
        host.must("backup", "--method", "stream");

        assertThat(stored()).isEqualTo(local);

        server.sql("CREATE ROLE plain LOGIN REPLICATION");
        host.configure(server.conninfo().replace("user=postgres", "user=plain"), server.dataDirectory());
        assertThat(host.run("backup", "--method", "stream").talk())
                .contains("the role may not see where it is; let a superuser run: GRANT pg_read_all_settings");

        server.sql("GRANT pg_read_all_settings TO plain");
        Outcome refused = host.run("backup", "--method", "stream");

        assertThat(refused.status()).isZero();
        assertThat(refused.talk())
                .contains(
                        "the role may not read the server's files",
                        etc + "/conf.d/10-memory.conf",
                        "GRANT pg_read_server_files TO \"plain\"");

        server.sql(
                "GRANT pg_read_server_files TO plain",
                "GRANT EXECUTE ON FUNCTION pg_read_binary_file(text, bigint, bigint, boolean),"
                        + " pg_ls_dir(text, boolean, boolean) TO plain");
        assertThat(host.must("backup", "--method", "stream").talk()).doesNotContain("may not read");
    }

    @Test
    void aBackupThatHasLostItIsRestoredWithoutItAndVerifySaysSo() throws Exception {
        host.must("backup");
        server.archiveCurrentSegment(LIMIT);
        OwnersShell.shell("find '" + host.directory() + "' -name configuration -delete");
        server.close();

        Outcome verified = host.run("verify");
        assertThat(verified.status()).isEqualTo(ExitCode.NO.status());
        assertThat(verified.data())
                .contains("/configuration: is missing; the backup can be restored without it", "1 backup is sound");
        Outcome outcome = recover();

        assertThat(outcome.status()).as(outcome.talk()).isZero();
        assertThat(outcome.talk()).contains("no repository can give the server's configuration");
        assertThat(restored.resolve("recovery.signal")).exists();
        assertThat(beside).doesNotExist();
    }

    @Test
    void syncCopiesWhatIsLeftOfIt() throws Exception {
        host.must("backup");
        server.archiveCurrentSegment(LIMIT);
        Path second = host.directory().resolve("second");
        Files.writeString(
                host.config(), "\n[repository.second]\nurl = 'file://" + second + "'\n", StandardOpenOption.APPEND);
        host.must("init");

        host.must("sync");
        OwnersShell.shell("find '" + second + "' -name configuration -delete");
        Outcome repaired = host.must("sync");

        assertThat(repaired.talk() + repaired.data()).contains("1 object");
        assertThat(host.run("verify").status()).isZero();

        OwnersShell.shell("find '" + host.directory() + "' -name configuration -delete");
        Files.writeString(
                host.config(),
                "\n[repository.third]\nurl = 'file://" + host.directory() + "/third'\n",
                StandardOpenOption.APPEND);
        host.must("init");
        Outcome without = host.run("sync");

        assertThat(without.talk() + without.data()).contains("/configuration");
        assertThat(host.must("list-backup").data()).contains("local, second, third");
    }
}
