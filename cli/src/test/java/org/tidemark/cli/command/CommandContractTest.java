// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.cli.ProgramRun;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.Help;
import org.tidemark.config.Environment;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** What holds for every command, asked of the model of the command line. */
class CommandContractTest {
    @TempDir
    private Path directory;

    static Stream<String> names() {
        return commands().stream().map(CommandLine::getCommandName);
    }

    @Test
    void aLineForCopyingGivesTheConfigurationToEveryCommandThatReadsOne() {
        CopyableLines lines = new CopyableLines(
                "tidemark", () -> Optional.of("main"), Optional.of("/etc/t.toml"), List.of(), List.of());

        // "tidemark serve" in a message is the service, not a line to copy.
        assertThat(names().filter(name -> !lines.command(name).contains("--config")))
                .containsExactlyInAnyOrder("demo", "version", "help", "serve");
    }

    private static List<CommandLine> commands() {
        return List.copyOf(program().getSubcommands().values()).stream()
                .distinct()
                .toList();
    }

    private static CommandLine program() {
        return Commands.of(context());
    }

    private static CommandContext context() {
        Path root = Path.of("/nowhere");
        return new CommandContext(
                new Environment(Map.of(), root, root, root),
                Clock.systemUTC(),
                new PrintStream(PrintStream.nullOutputStream()),
                new PrintStream(PrintStream.nullOutputStream()),
                false,
                false);
    }

    private static CommandLine command(String name) {
        return Objects.requireNonNull(program().getSubcommands().get(name));
    }

    @ParameterizedTest
    @MethodSource("names")
    void theHelpShowsSynopsisDescriptionExampleAndStatuses(String name) {
        String help = command(name).getUsageMessage(CommandLine.Help.Ansi.OFF);

        assertThat(help)
                .startsWith("tidemark " + name)
                .contains("Exit statuses:")
                .containsPattern("\\n +0 +" + ExitCode.DONE.meaning())
                .containsPattern("Examples?:\\n +tidemark " + name);
        assertThat(command(name).getCommandSpec().usageMessage().description()).isNotEmpty();
    }

    /** To describe the others takes longer than what a short command does. */
    @ParameterizedTest
    @MethodSource("names")
    void aCommandLineDescribesNoOtherCommand(String name) {
        List<String> described = Commands.of(context(), name).getSubcommands().values().stream()
                .map(CommandLine::getCommandName)
                .distinct()
                .toList();

        assertThat(described).isEqualTo(name.equals("help") ? names().toList() : List.of(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "bakcup", "--help", "restore"})
    void afterAnyOtherFirstWordAllAreDescribed(String first) {
        assertThat(Commands.of(context(), first).getSubcommands().keySet())
                .isEqualTo(program().getSubcommands().keySet());
    }

    @ParameterizedTest
    @MethodSource("names")
    void noLineOfHelpIsWiderThanAHundredColumns(String name) {
        assertThat(command(name).getUsageMessage(CommandLine.Help.Ansi.OFF).lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(Commands.WIDTH));
        assertThat(program().getUsageMessage(CommandLine.Help.Ansi.OFF).lines())
                .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(Commands.WIDTH));
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyExampleIsAcceptedAsItIs(String name) throws IOException {
        for (String example : Commands.help(command(name).getCommand()).examples()) {
            List<String> words = shellWords(example);
            assertThat(words.getFirst()).isEqualTo("tidemark");
            Commands.of(context(), words.get(1))
                    .parseArgs(words.stream().skip(1).toArray(String[]::new));
        }
    }

    private static List<String> shellWords(String line) throws IOException {
        Process shell = new ProcessBuilder("/bin/sh", "-c", "printf '%s\\n' " + line).start();
        try (BufferedReader words = shell.inputReader(StandardCharsets.UTF_8)) {
            return words.lines().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void everyOptionIsDescribedAndStandsInTheSynopsis(String name) {
        Help help = Commands.help(command(name).getCommand());
        String synopsis = String.join(" ", help.synopsis());

        for (OptionSpec option : command(name).getCommandSpec().options()) {
            assertThat(option.description()).as(option.longestName()).isNotEmpty();
            if (!OptionList.isGlobal(option) && !option.hidden()) {
                assertThat(synopsis).contains(option.longestName());
            }
        }
        for (PositionalParamSpec parameter : command(name).getCommandSpec().positionalParameters()) {
            assertThat(parameter.description()).as(parameter.paramLabel()).isNotEmpty();
            assertThat(synopsis).contains(parameter.paramLabel());
        }
    }

    @ParameterizedTest
    @MethodSource("names")
    void theOptionsOfEveryCommandAreThere(String name) {
        assertThat(command(name).getCommandSpec().optionsMap())
                .containsKeys(
                        "--cluster",
                        "--repository",
                        "--output",
                        "--config",
                        "--jobs",
                        "-v",
                        "--verbose",
                        "--no-color",
                        "--help");
    }

    @ParameterizedTest
    @MethodSource("names")
    void anOptionThatDoesNotExistEndsWithTwoAndAHint(String name) {
        ProgramRun run = ProgramRun.of(
                directory,
                Map.of(),
                Stream.concat(Stream.of(name, "--no-such-option"), required(name))
                        .toArray(String[]::new));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.data()).isEmpty();
        assertThat(run.talk())
                .contains("ERROR: unknown option: '--no-such-option'")
                .contains("HINT: ")
                .contains("tidemark " + name + " --help")
                .doesNotContain("\tat ");
    }

    @ParameterizedTest
    @MethodSource("names")
    void helpIsDataAndEndsWithZero(String name) {
        ProgramRun run = ProgramRun.of(directory, Map.of(), name, "--help");

        assertThat(run.status()).isZero();
        assertThat(run.data()).startsWith("tidemark " + name);
        assertThat(run.talk()).isEmpty();
    }

    /**
     * Without those that read no configuration here: the WAL commands run past picocli, and the demo makes its own.
     * Without diagnose as well, which packs what is wrong with it.
     */
    static Stream<String> configured() {
        return names().filter(
                        name -> !Set.of("diagnose", "version", "help", "demo", "wal-push", "wal-fetch", "wal-cleanup")
                                .contains(name));
    }

    @ParameterizedTest
    @MethodSource("configured")
    void aConfigurationThatDoesNotExistEndsWithTwoWithoutAStackTrace(String name) {
        ProgramRun run = ProgramRun.of(
                directory,
                Map.of(),
                Stream.concat(Stream.of(name, "--config", "/nowhere"), required(name))
                        .toArray(String[]::new));

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.data()).isEmpty();
        assertThat(run.talk())
                .startsWith("ERROR: there is no configuration file '/nowhere'\nHINT: ")
                .doesNotContain("\tat ");
    }

    /** Something for every argument that a command cannot do without. */
    private static Stream<String> required(String name) {
        return Stream.concat(
                command(name).getCommandSpec().requiredArgs().stream()
                        .filter(OptionSpec.class::isInstance)
                        .map(OptionSpec.class::cast)
                        .flatMap(option -> Stream.of(option.longestName(), "/somewhere")),
                command(name).getCommandSpec().positionalParameters().stream()
                        .filter(PositionalParamSpec::required)
                        .map(parameter -> parameter.paramLabel().equals("primary") ? "primary" : "latest"));
    }

    @Test
    void everyCommandIsInTheListOfCommands() {
        ProgramRun run = ProgramRun.of(directory, Map.of(), "--help");

        assertThat(run.status()).isZero();
        assertThat(names()).allSatisfy(name -> assertThat(run.data()).contains("\n  " + name + " "));
        assertThat(run.talk()).isEmpty();
    }

    @Test
    void withACommandThatDoesNotExistItEndsWithTwo() {
        ProgramRun misspelt = ProgramRun.of(directory, Map.of(), "versoin");

        assertThat(misspelt.status()).isEqualTo(2);
        assertThat(misspelt.talk()).contains("Did you mean").contains("version");
    }

    @Test
    void theStackTraceOfAnErrorIsShownWithVerboseAlone() {
        ProgramRun run = ProgramRun.of(directory, Map.of(), "config", "--config", "/nowhere", "-v");

        assertThat(run.status()).isEqualTo(2);
        assertThat(run.data()).isEmpty();
        assertThat(run.talk()).contains("\tat org.tidemark.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"wal-fetc", "walfetch", "restore-wal"})
    void aMisspeltRestoreCommandDoesNotEndARecovery(String misspelt) {
        for (String file : List.of("00000001000000A900000065", "00000002.history")) {
            assertThat(ProgramRun.of(directory, Map.of(), misspelt, file, "pg_wal/RECOVERYXLOG")
                            .status())
                    .as(file)
                    .isEqualTo(200);
        }
        assertThat(ProgramRun.of(directory, Map.of(), misspelt, "pg_wal/00000001000000A900000065")
                        .status())
                .as("archive_command")
                .isEqualTo(2);
    }

    /** A page that promises every option of a command has every option; those of all commands have their own page. */
    @ParameterizedTest
    @ValueSource(strings = {"backup/backup", "restore/recover"})
    void everyOptionIsOnThePageOfTheCommand(String name) throws IOException {
        Path file = Path.of(System.getProperty("tidemark.root", ".."), "docs", name + ".md");
        String page = Files.readString(file);
        assertThat(command(name.substring(name.indexOf('/') + 1))
                        .getCommandSpec()
                        .options())
                .filteredOn(option -> !option.hidden() && !OptionList.isGlobal(option))
                .extracting(OptionSpec::longestName)
                .allSatisfy(option -> assertThat(page).contains(option));
    }
}
