// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.cli.Program;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.LauncherPath;
import org.tidemark.config.Environment;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What one types, as people of other programs expect it. */
class CommandLineTest {
    @TempDir
    private Path root;

    private ProgramRun run(String... arguments) {
        return ProgramRun.of(root, Map.of(), arguments);
    }

    private void configure(String... clusters) throws IOException {
        StringBuilder text = new StringBuilder(
                "[repository.local]\nurl = \"" + root.resolve("none").toUri() + "\"\n");
        for (String cluster : clusters) {
            text.append("[cluster.").append(cluster).append("]\nrepositories = [\"local\"]\n");
        }
        Files.writeString(root.resolve("t.toml"), text);
    }

    @Test
    void withoutACommandItShowsTheHelp() {
        ProgramRun alone = run();

        assertThat(alone.status()).isZero();
        assertThat(alone.data())
                .contains("\nBackups:\n")
                .isEqualTo(run("--help").data());
        assertThat(run("help").data()).isEqualTo(alone.data());
    }

    @Test
    void helpShowsTheHelpOfACommand() {
        assertThat(run("help", "backup").data())
                .isEqualTo(run("backup", "--help").data());

        ProgramRun unknown = run("help", "foo");
        assertThat(unknown.status()).isEqualTo(2);
        assertThat(unknown.talk()).contains("there is no command 'foo'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-V", "--version"})
    void theVersionIsShown(String option) {
        assertThat(run(option).status()).isZero();
        assertThat(run(option).data()).startsWith("tidemark ");
    }

    @Test
    void aCommandThatDoesNotExistIsNamed() {
        ProgramRun run = run("foo");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).startsWith("ERROR: there is no command 'foo'\nHINT: ");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "chekc | there is no command 'chekc' | Did you mean check? See: tidemark --help",
                "help chekc | there is no command 'chekc' | Did you mean check?",
                "backup --tpye full | unknown option: '--tpye' | Did you mean --type? See: tidemark backup --help",
                "stanza-create | there is no command 'stanza-create' | Did you mean init? See: tidemark --help",
                "info | there is no command 'info' | Did you mean list-backup? See: tidemark --help",
                "help info | there is no command 'info' | Did you mean list-backup?",
                "list-backup pg1 | unexpected argument: 'pg1' | Did you mean --cluster pg1? See: tidemark list-backup",
                "backup b/c | unexpected argument: 'b/c' | See: tidemark backup --help",
                "--cluster main | no command is given | See: tidemark --help",
                "setup standby | invalid value for (primary): expected 'primary', not 'standby' | See: tidemark setup"
            })
    void aWrongUsageIsNamedWithWhatWasProbablyMeant(String words, String message, String hint) {
        ProgramRun run = run(words.split(" ", -1));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).startsWith("ERROR: " + message + "\nHINT: " + hint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"config", "list-backup", "backup", "verify"})
    void anUnknownSchemeIsNamedWithItsFileAndLineAndTheKnownOnes(String command) throws IOException {
        Path file = root.resolve("t.toml");
        Files.writeString(file, """
                [cluster.main]
                conninfo = "host=/nowhere"
                data-directory = "%s"
                [repository.offsite]
                url = "ftp://backup.example/wal"
                """.formatted(root));

        ProgramRun run = run(command, "--config", file.toString());

        assertThat(run.status()).as(run.talk()).isEqualTo(2);
        assertThat(run.talk())
                .contains("repository 'offsite' (" + file + ":5): the URL has the unknown scheme 'ftp'")
                .contains("Known schemes: azure, file, gs, rsync, rsync+ssh, s3, sftp, swift.");
    }

    @Test
    void optionsMayStandBeforeTheCommand() throws IOException {
        configure("main", "second");

        ProgramRun before = run("--config", root.resolve("t.toml").toString(), "--json", "config");

        assertThat(before.status()).as(before.talk()).isZero();
        assertThat(before.data())
                .startsWith("{")
                .isEqualTo(run("config", "--config", root.resolve("t.toml").toString(), "--output", "json")
                        .data());
    }

    @Test
    void theConfigurationInJsonHasListsNumbersAndBooleans() throws IOException {
        Path file = Files.writeString(root.resolve("t.toml"), """
                [host]
                jobs = 3
                [repository.local]
                url = "file:///none"
                single-writer = true
                [cluster.main]
                repositories = ["local"]
                acknowledge = 1
                """);

        JsonNode settings = JsonMapper.shared()
                .readTree(run("config", "--json", "--config", file.toString()).data())
                .get("settings");

        assertThat(settings.findValues("value"))
                .extracting(JsonNode::toString)
                .contains("3", "true", "1", "[\"local\"]", "\"file:///none\"");
    }

    @Test
    void theConfigurationIsCheckedForOptionsThatAStoreDoesNotHave() throws IOException {
        Path file = Files.writeString(root.resolve("t.toml"), """
                [repository.local]
                url = "file:///none"
                region = "eu-west-1"
                storage-class = "cold"
                """);

        ProgramRun run = run("config", "--config", file.toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk())
                .contains(
                        file + ":3: a store with file: addresses has no option 'region'",
                        file + ":4: a store with file: addresses has no option 'storage-class'");
    }

    @Test
    void aSecondRepositoryIsShownAsItHasToBeWritten() throws IOException {
        configure("main");

        ProgramRun run = run(
                "init",
                "--url",
                "file:///other",
                "--config",
                root.resolve("t.toml").toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("[repository.NAME]\n  url = \"file:///other\"");
    }

    @Test
    void noWordIsDoubledInAMessageOfTheParser() {
        ProgramRun run = run("recover", "--to", "/x", "--target-time", "a", "--target-lsn", "b");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).startsWith("ERROR: ").doesNotContainIgnoringCase("error: error:");
    }

    @Test
    void aTablespaceHasANameAndADirectoryAndAnEqualsSignOfANameIsEscaped() {
        for (String wrong : List.of("fast", "=/x", "fast=", "a=b=/x")) {
            ProgramRun run = run("recover", "--to", "/x", "--tablespace", wrong);

            assertThat(run.status()).as(wrong).isEqualTo(2);
            assertThat(run.talk()).contains("--tablespace '" + wrong + "' is not NAME=DIR");
        }
        assertThat(run("recover", "--to", "/x", "--tablespace", "fast=/x", "--tablespace", "fast=/y")
                        .talk())
                .contains("--tablespace names 'fast' twice");
        assertThat(run("recover", "--to", "/x", "--tablespace", "a\\=b=/x", "--tablespace", "a=/y")
                        .talk())
                .doesNotContain("--tablespace");
    }

    @Test
    void allClustersAreTakenInTurnAndTheHighestStatusWins() throws IOException {
        configure("main", "second");

        ProgramRun run = run(
                "list-backup",
                "--cluster",
                "all",
                "--json",
                "--config",
                root.resolve("t.toml").toString());

        assertThat(run.status()).isEqualTo(10);
        JsonNode document = JsonMapper.shared().readTree(run.data());
        assertThat(document.get("formatVersion").asInt()).isEqualTo(1);
        assertThat(document.get("clusters").findValuesAsString("cluster")).containsExactly("main", "second");
        assertThat(document.get("clusters").get(1).get("status").asInt()).isEqualTo(10);
        assertThat(document.get("clusters").get(1).get("error").get("message").asString())
                .contains("is it mounted");
    }

    @Test
    void noClusterCanBeCalledAll() throws IOException {
        configure("all");

        ProgramRun run = run("config", "--config", root.resolve("t.toml").toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("'all' cannot be the name of a cluster");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--create-slot --no-loop", "--create-slot --endpos 0/1000000", "--drop-slot --synchronous"})
    void whatReceivesIsNoOptionOfASlot(String options) throws IOException {
        configure("main");

        ProgramRun run = run(("wal-receive --slot s " + options).split(" ", -1));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("the slot and exits: --endpos");
    }

    @Test
    void configRefusesWhatTheNextCommandCouldNotUse() throws IOException {
        Path file = root.resolve("wrong.toml");
        Files.writeString(file, """
                [repository.disk]
                url = "file://var/lib/tidemark"
                [repository.bucket]
                url = "s3:/bucket"
                [repository.host]
                url = "sftp://host"
                [repository.google]
                url = "gs://B"
                [repository.microsoft]
                url = "azure://account"
                [repository.openstack]
                url = "swift:container"
                [repository.daemon]
                url = "rsync://host/"
                [repository.copies]
                url = "rsync+ssh://host"
                [cluster.main]
                repositories = ["disk", "bucket", "host", "google", "microsoft", "openstack", "daemon", "copies"]
                conninfo = "host=db1 prot=5432"
                """);

        ProgramRun run = run("config", "--config", file.toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk())
                .contains(
                        file + ":2: invalid address of a local store: 'file://var/lib/tidemark'",
                        file + ":4: not the address of a bucket: 's3:/bucket'",
                        file + ":6: not the address of an SFTP store: 'sftp://host'",
                        file + ":8: not the address of a bucket: 'gs://B'",
                        file + ":10: not the address of a store in Azure: 'azure://account'",
                        file + ":12: not the address of a store in Swift: 'swift:container'",
                        file + ":14: not the address of an rsync store: 'rsync://host/'",
                        file + ":16: not the address of an rsync store: 'rsync+ssh://host'",
                        file + ":19: the key 'prot' in the connection string is unknown");
    }

    @Test
    void theSelfTestOfARepositoryNeedsNoCluster() throws IOException {
        configure("main", "second");
        Files.createDirectory(root.resolve("none"));

        ProgramRun run = run(
                "init",
                "--test",
                "--repository",
                "local",
                "--config",
                root.resolve("t.toml").toString());

        assertThat(run.talk()).doesNotContain("cluster");
        assertThat(run.data()).contains("can be used");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal-list", "switch-wal"})
    void aCommandAboutOneClusterDoesNotTakeAll(String command) throws IOException {
        configure("main", "second");

        ProgramRun run = run(
                command, "--cluster", "all", "--config", root.resolve("t.toml").toString());

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("works on one cluster");
    }

    @Test
    void aLineToCopyHasTheClusterAndTheConfiguration() throws IOException {
        configure("main", "second");
        String config = root.resolve("t.toml").toString();

        ProgramRun run = run("verify", "--cluster", "second", "--config", "t.toml", "--repository", "nowhere:x");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.talk()).contains("tidemark config --cluster second --config " + config);
    }

    @Test
    void theLauncherIsNamedByItsPathUnlessTheShellFindsIt() throws IOException {
        Path launcher = Files.createDirectories(root.resolve("bin dir")).resolve("tidemark");
        Files.writeString(launcher, "#!/bin/sh\n");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
        configure("main");
        String[] command = {"verify", "--config", "t.toml", "--repository", "nowhere:x"};

        assertThat(ProgramRun.of(root, Map.of(LauncherPath.VARIABLE, launcher.toString()), command)
                        .talk())
                .contains("'" + launcher + "' config");
        assertThat(ProgramRun.of(
                                root,
                                Map.of(
                                        LauncherPath.VARIABLE,
                                        launcher.toString(),
                                        "PATH",
                                        "/usr/bin:" + launcher.getParent()),
                                command)
                        .talk())
                .contains(": tidemark config");
    }

    @Test
    void quietSaysNothingOfWhatIsWell() throws IOException {
        configure("main");

        ProgramRun run =
                run("config", "--quiet", "--config", root.resolve("t.toml").toString());

        assertThat(run.status()).isZero();
        assertThat(run.data()).isEmpty();
        assertThat(run.talk()).isEmpty();
    }

    @Test
    void thereAreColorsOnATerminalUnlessTheyAreNotWanted() {
        assertThat(talkToTerminal(Map.of("TERM", "xterm"), "foo")).contains("\033[1;31mERROR");
        assertThat(talkToTerminal(Map.of("TERM", "xterm"), "config", "--config", "/nowhere"))
                .contains("\033[1;31mERROR");
        assertThat(talkToTerminal(Map.of("TERM", "xterm", "NO_COLOR", "1"), "foo"))
                .startsWith("ERROR");
        assertThat(talkToTerminal(Map.of("TERM", "dumb"), "foo")).startsWith("ERROR");
        assertThat(talkToTerminal(Map.of("TERM", "xterm"), "config", "--config", "/nowhere", "--no-color"))
                .startsWith("ERROR");
    }

    private String talkToTerminal(Map<String, String> variables, String... arguments) {
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        new Program(new CommandContext(
                        new Environment(variables, root, root, root),
                        Clock.systemUTC(),
                        new PrintStream(PrintStream.nullOutputStream()),
                        new PrintStream(talk, true, StandardCharsets.UTF_8),
                        true,
                        true))
                .run(arguments);
        return talk.toString(StandardCharsets.UTF_8);
    }

    @Test
    void helpHasNoEmptyPartAndNoOptionThatTheCommandDoesNotUse() {
        assertThat(run("switch-wal", "--help").data())
                .doesNotContain("\nOptions:\n")
                .doesNotContain("--decrypt-with")
                .doesNotContain("--jobs")
                .contains("\nOptions of every command:\n");
        assertThat(run("version", "--help").data()).doesNotContain("--config").contains("--json");
    }

    @Test
    void synopsisAndExamplesStandInOneLineEach() {
        String help = run("recover", "--help").data();

        assertThat(help).startsWith("tidemark recover --to DIR [--backup ID]\n             [--target-time TEXT | ");
        assertThat(help)
                .contains("\n  tidemark recover --to /pg/restored --repository file:///mnt/backup --decrypt-with"
                        + " /mnt/tm.key\n");
    }
}
