// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.cli.command.GoldenDocument;
import org.tidemark.postgres.RunningProcess;
import org.tidemark.session.RunningService;
import org.tidemark.testkit.PostgresBinaries;
import org.tidemark.testkit.PostgresServer;
import org.tidemark.testkit.PostgresWait;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** init, setup, check, config, switch-wal and wal-list against a real server. */
class StartCommandsTest {
    private static final String LAUNCHER = "/opt/tide mark/tidemark";
    private static PostgresServer server;

    @TempDir
    private Path root;

    @BeforeAll
    static void start() {
        server = PostgresServer.of(PostgresBinaries.oldestAndNewest().getLast())
                .setting("archive_mode", "on")
                .start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private ProgramRun run(String... arguments) {
        return ProgramRun.of(root, Map.of(LauncherPath.VARIABLE, LAUNCHER), arguments);
    }

    private Path config() {
        return root.resolve("tidemark.toml");
    }

    private ProgramRun initialize(String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "init",
                "--config",
                config().toString(),
                "--url",
                root.resolve("repository").toUri().toString(),
                "--conninfo",
                server.conninfo()));
        arguments.addAll(List.of(more));
        return run(arguments.toArray(String[]::new));
    }

    private JsonNode json(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--output", "json", "--config", config().toString()));
        ProgramRun run = run(all.toArray(String[]::new));
        return JsonMapper.shared().readTree(run.data());
    }

    @Test
    void initWritesAConfigurationThatConfigAndCheckCanRead() throws IOException {
        ProgramRun init = initialize();

        assertThat(init.status()).as(init.talk()).isZero();
        assertThat(init.data()).isEmpty();
        assertThat(root.resolve("repository/tidemark.json")).exists();
        assertThat(json("config").get("settings").findValuesAsString("key"))
                .containsExactly(
                        "repository.local.url",
                        "cluster.main.conninfo",
                        "cluster.main.data-directory",
                        "cluster.main.repositories",
                        "cluster.main.schedule.backup");
        assertThat(json("config").get("defaults").findValuesAsString("key"))
                .containsExactly(
                        "repository.local.access",
                        "cluster.main.check.backup-age",
                        "cluster.main.check.wal-age",
                        "cluster.main.check.unverified-for",
                        "cluster.main.check.unproven-for",
                        "cluster.main.check.free-space",
                        "cluster.main.check.replication-lag");
        assertThat(run("config", "--config", config().toString()).data())
                .containsPattern("repository.local.access +private +default");
        ProgramRun again = run("init", "--config", config().toString());
        assertThat(again.status()).as(again.talk()).isZero();
        assertThat(again.talk())
                .contains("repository 'local': exists, cluster is registered")
                .contains(" check --config ");

        Files.writeString(
                config(),
                Files.readString(config())
                                .replace("repositories = [\"local\"]", "repositories = [\"local\", \"second\"]")
                        + "\n[repository.second]\nurl = \""
                        + root.resolve("second").toUri() + "\"\n");
        ProgramRun second = run("init", "--config", config().toString());
        assertThat(second.status()).as(second.talk()).isZero();
        assertThat(second.talk())
                .contains("repository 'second': created", "tidemark' sync")
                .doesNotContain("setup primary");
    }

    @Test
    void aKeyThatCannotBeMadeIsRefusedBeforeAnythingIsDone() {
        ProgramRun init = initialize("--make-key", root.resolve("nowhere/key").toString());

        assertThat(init.status()).isEqualTo(2);
        assertThat(init.talk()).contains("private key cannot be created", root.resolve("nowhere") + "'");
        assertThat(root.resolve("repository")).doesNotExist();
        assertThat(config()).doesNotExist();
    }

    /** As recover leaves the file on a server that is open, after an operator added lines. */
    @Test
    void setupResetsWhatRecoverWroteAndNothingElse() throws IOException {
        initialize();
        Path auto = server.dataDirectory().resolve("postgresql.auto.conf");
        String before = Files.readString(auto);
        Files.writeString(
                auto,
                before + "recovery_target_name = 'mine'\n"
                        + "# written by tidemark recover; 'tidemark setup primary' resets it\n"
                        + "restore_command = 'tidemark wal-fetch %f %p'\nrecovery_target_timeline = '1'\n"
                        + "recovery_target_action = 'pause'\narchive_mode = 'off'\narchive_command = ''\n"
                        + "archive_library = ''\nhot_standby = 'on'\n"
                        + "work_mem = '8MB'\nrestore_command = 'cp /mine/%f %p'\nrecovery_end_command = ''\n");
        try {
            server.restart();

            ProgramRun dry = run("setup", "primary", "--dry-run", "--config", config().toString());

            assertThat(dry.status()).as(dry.talk()).isZero();
            assertThat(dry.data())
                    .contains("recovery_target_timeline", "recovery_target_action", "hot_standby")
                    .doesNotContain("recovery_target_name", "restore_command", "recovery_end_command", "work_mem");
        } finally {
            Files.writeString(auto, before);
            server.restart();
        }
    }

    @Test
    void initTriesWhatTheStoreDoesAndLeavesNothingBehind() throws IOException {
        assertThat(initialize().status()).isZero();

        ProgramRun test = run("init", "--test", "--config", config().toString());

        assertThat(test.status()).as(test.talk()).isZero();
        assertThat(test.data()).contains("can be used", "OK       refuse", "OK       exclude", "OK       delete");
        assertThat(root.resolve("repository/check")).doesNotExist();
        JsonNode proofs = json("init", "--test").get("repositories").get(0).get("proofs");
        assertThat(proofs.findValuesAsString("verdict")).containsOnly("kept").hasSizeGreaterThan(8);
    }

    @Test
    void initSaysOfAStoreThatIsNotThereThatItCannotBeUsed() {
        ProgramRun test =
                run("init", "--test", "--url", root.resolve("nowhere").toUri().toString());

        assertThat(test.status()).isEqualTo(1);
        assertThat(test.data()).contains("CANNOT BE USED", "UNKNOWN  create", "is it mounted?");
    }

    @Test
    void initDoesNothingInADryRun() throws IOException {
        ProgramRun init = initialize("--dry-run");

        assertThat(init.status()).as(init.talk()).isZero();
        assertThat(init.talk()).contains("repository 'local': would be created, cluster would be registered");
        try (var files = Files.list(root)) {
            assertThat(files).isEmpty();
        }
    }

    @Test
    void initRefusesAPasswordInAnArgumentAndASecondFirstConfiguration() throws IOException {
        ProgramRun password = run("init", "--url", "file:///nowhere", "--conninfo", "host=127.0.0.1 password=hunter2");

        assertThat(password.status()).isEqualTo(2);
        assertThat(password.talk())
                .contains("a password does not belong in an argument")
                .doesNotContain("hunter2");

        Files.writeString(config(), "");
        assertThat(initialize().status()).isEqualTo(2);
    }

    @Test
    void initDoesNotCreateARepositoryAgainWhereThisHostSawOneBefore() throws IOException {
        initialize();
        Files.move(root.resolve("repository"), root.resolve("unmounted"));

        ProgramRun init = run("init", "--config", config().toString());

        assertThat(init.status()).isEqualTo(10);
        assertThat(init.talk()).contains("is it mounted?");
        assertThat(root.resolve("repository")).doesNotExist();
    }

    @Test
    void anotherRepositoryAtTheAddressIsRefused() throws IOException {
        initialize();
        Files.move(root.resolve("repository"), root.resolve("unmounted"));
        ProgramRun.of(
                root.resolve("elsewhere"),
                Map.of("TIDEMARK_HOST_SPOOL", root.resolve("other-spool").toString()),
                "init",
                "--config",
                root.resolve("other.toml").toString(),
                "--url",
                root.resolve("repository").toUri().toString(),
                "--conninfo",
                server.conninfo());

        ProgramRun list = run("wal-list", "--config", config().toString());

        assertThat(list.status()).isEqualTo(13);
        assertThat(list.data()).isEmpty();
        assertThat(list.talk()).contains("another repository than before").contains("HINT: ");
    }

    @Test
    void setupShowsChangesAndMakesThemAndNeverReplacesAnotherProgram() throws IOException {
        initialize();
        server.sql("ALTER SYSTEM SET archive_command = '/usr/bin/other %p'", "SELECT pg_reload_conf()");
        ProgramRun refused = run("setup", "primary", "--config", config().toString());

        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.talk())
                .contains("the server archives in another way already")
                .contains("--replace");

        ProgramRun dry = run("setup", "primary", "--replace", "--dry-run", "--config", config().toString());
        assertThat(dry.status()).as(dry.talk()).isZero();
        assertThat(dry.data()).contains("archive_command  /usr/bin/other %p");
        assertThat(json("setup", "primary", "--replace", "--dry-run")
                        .get("steps")
                        .valueStream()
                        .flatMap(step -> step.get("commands").valueStream())
                        .map(JsonNode::asString))
                .anySatisfy(command -> assertThat(command).endsWith("check --config " + config()))
                .anySatisfy(
                        command -> assertThat(command).contains("cron --quiet").startsWith("* * * * *"));
        assertThat(server.query("SHOW archive_command")).isEqualTo("/usr/bin/other %p");

        Path lock = RunningService.file(root.resolve("spool"));
        Files.createDirectories(lock.resolveSibling("."));
        Files.write(lock, RunningService.text(RunningProcess.self()));
        assertThat(ProgramRun.of(
                                root,
                                Map.of(
                                        LauncherPath.VARIABLE,
                                        LAUNCHER,
                                        "TIDEMARK_HOST_SPOOL",
                                        root.resolve("spool").toString()),
                                "setup",
                                "primary",
                                "--replace",
                                "--dry-run",
                                "--config",
                                config().toString())
                        .talk())
                .contains("the service runs here, and runs the scheduled tasks")
                .doesNotContain("cron --quiet");
        Files.delete(lock);

        ProgramRun done = run("setup", "primary", "--replace", "--config", config().toString());
        assertThat(done.status()).as(done.talk()).isZero();
        assertThat(server.query("SHOW archive_command"))
                .isEqualTo("'" + LAUNCHER + "' wal-push %p --cluster main --config " + config());
        assertThat(server.query("SHOW archive_timeout")).isEqualTo("1min");
        assertThat(run("setup", "primary", "--config", config().toString()).data())
                .contains("nothing to change");
        server.sql("ALTER SYSTEM RESET archive_command", "SELECT pg_reload_conf()");
    }

    @Test
    void checkFindsWhatIsWrongAndSpeaksNagios() {
        initialize();
        server.sql("ALTER SYSTEM SET archive_command = '/opt/tidemark wal-push %p'", "SELECT pg_reload_conf()");

        ProgramRun check = run("check", "--config", config().toString(), "-v");

        assertThat(check.status()).as(check.talk()).isEqualTo(1);
        assertThat(check.data())
                .contains("NOT FULLY PROTECTED")
                .containsPattern("CRITICAL backup +there is no backup in 'local'")
                .containsPattern("CRITICAL wal +no WAL is archived in 'local'")
                .containsPattern("OK +repository +'local' answers; its id is")
                .containsPattern("OK +identity")
                .containsPattern("OK +replication");
        ProgramRun nagios = run("check", "--nagios", "--config", config().toString());
        assertThat(nagios.status()).isEqualTo(2);
        assertThat(nagios.data().lines()).hasSize(1);
        assertThat(nagios.data()).startsWith("TIDEMARK CRITICAL - main: ").contains(" | critical=");
        assertThat(run("check", "--nagios", "--config", "/nowhere").status()).isEqualTo(3);
        for (List<String> wrong : List.of(List.of("--bogus"), List.of("--timeout", "soon"))) {
            List<String> words = new ArrayList<>(List.of("check", "--nagios", "--config", config().toString()));
            words.addAll(wrong);
            ProgramRun unknown = run(words.toArray(String[]::new));
            assertThat(unknown.status()).isEqualTo(3);
            assertThat(unknown.data().lines()).hasSize(1);
            assertThat(unknown.data()).startsWith("TIDEMARK UNKNOWN - ").doesNotContain("|");
        }
        assertThat(json("check").get("severity").asString()).isEqualTo("CRITICAL");
        server.sql("ALTER SYSTEM RESET archive_command", "SELECT pg_reload_conf()");
    }

    @Test
    void checkSeesThatCommitsWaitForASynchronousStandbyThatIsGone() {
        initialize();
        synchronous("tm");
        try {
            assertThat(findings("synchronous"))
                    .containsExactly("CRITICAL synchronous_standby_names is 'tm', and no such standby is connected:"
                            + " commits wait");

            server.sql("ALTER SYSTEM SET synchronous_commit = 'local'");
            synchronous("ANY 2 (a, b)");
            PostgresWait.until(
                    "synchronous_commit is local",
                    Duration.ofSeconds(30),
                    server,
                    () -> server.query("SHOW synchronous_commit").equals("local"));
            assertThat(findings("synchronous"))
                    .singleElement()
                    .asString()
                    .startsWith("OK ")
                    .contains("needs 2 standbys");
        } finally {
            server.sql("ALTER SYSTEM RESET synchronous_commit");
            synchronous("");
        }
        assertThat(findings("synchronous")).isEmpty();
    }

    private void synchronous(String names) {
        server.sql("ALTER SYSTEM SET synchronous_standby_names = '" + names + "'", "SELECT pg_reload_conf()");
        PostgresWait.until(
                "synchronous_standby_names is '" + names + "'",
                Duration.ofSeconds(30),
                server,
                () -> server.query("SHOW synchronous_standby_names").equals(names));
    }

    private List<String> findings(String subject) {
        List<String> found = new ArrayList<>();
        json("check").get("findings").forEach(each -> {
            if (each.get("subject").asString().equals(subject)) {
                found.add(each.get("severity").asString() + " "
                        + each.get("message").asString());
            }
        });
        return found;
    }

    @Test
    void checkSeesAnArchiverThatDiesWithoutBeingCounted() {
        initialize();
        server.sql("ALTER SYSTEM SET archive_command = '/bin/true'", "SELECT pg_reload_conf()");
        server.archiveCurrentSegment(Duration.ofSeconds(30));
        server.sql("ALTER SYSTEM SET archive_command = 'exit 200; tidemark wal-push %p'", "SELECT pg_reload_conf()");
        server.sql(
                "SELECT txid_current()", "SELECT pg_switch_wal()", "SELECT txid_current()", "SELECT pg_switch_wal()");

        assertThat(server.query("SELECT failed_count FROM pg_stat_archiver")).isEqualTo("0");
        // The rest needs two minutes of waiting; that it is seen then is ArchiverStatusTest's.
        ProgramRun check = run("check", "--config", config().toString());
        assertThat(check.data()).contains("'local' does not have it");
        server.sql("ALTER SYSTEM RESET archive_command", "SELECT pg_reload_conf()");
    }

    @Test
    void switchWalPrintsTheSegmentThatWasClosed() {
        initialize();
        server.sql("SELECT txid_current()");
        String current = server.query("SELECT pg_walfile_name(pg_current_wal_lsn())");

        ProgramRun run = run("switch-wal", "--config", config().toString());

        assertThat(run.status()).as(run.talk()).isZero();
        assertThat(run.data()).isEqualTo(current + "\n");
        assertThat(json("switch-wal").get("segment").asString())
                .as("it is closed, also where nothing was written since")
                .isGreaterThanOrEqualTo(current)
                .isLessThan(server.query("SELECT pg_walfile_name(pg_current_wal_insert_lsn())"));
    }

    @Test
    void walListOfAnEmptyArchiveSaysSo() {
        initialize();

        ProgramRun run = run("wal-list", "--config", config().toString());

        assertThat(run.status()).as(run.talk()).isZero();
        assertThat(run.data()).contains("no WAL is archived");
        assertThat(json("wal-list").get("archives")).hasSize(1);
    }

    @Test
    void anUnknownClusterAndAServerThatDoesNotAnswerHaveTheirStatuses() {
        initialize();

        assertThat(run("wal-list", "--cluster", "other", "--config", config().toString())
                        .status())
                .isEqualTo(2);
        ProgramRun unreachable = ProgramRun.of(
                root,
                Map.of("TIDEMARK_CLUSTER_MAIN_CONNINFO", "host=127.0.0.1 port=1 user=postgres"),
                "switch-wal",
                "--config",
                config().toString());
        assertThat(unreachable.status()).as(unreachable.talk()).isEqualTo(40);
    }

    /** What programs rely on. */
    @Test
    void theKeysOfTheJsonOfCommandsThatAskTheServerAreKept() throws IOException {
        GoldenDocument init = new GoldenDocument("init");
        init.add(initialize("--dry-run", "--output", "json"))
                .add(initialize("--make-key", root.resolve("key").toString(), "--output", "json"));
        String config = config().toString();
        init.add(run("init", "--config", config, "--output", "json")).check();
        server.sql("SELECT txid_current()");
        new GoldenDocument("switch-wal")
                .add(run("switch-wal", "--config", config, "--output", "json"))
                .check();
        new GoldenDocument("setup")
                .add(run("setup", "primary", "--dry-run", "--config", config, "--output", "json"))
                .check();
    }
}
