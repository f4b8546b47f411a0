// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tidemark.cli.ProgramVersion;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The command line: all commands, with their help. */
public final class Commands {
    /** Of a line of help, in characters. */
    static final int WIDTH = 100;

    private Commands() {}

    /** In the order in which the help lists them. */
    private static List<Callable<?>> all(CommandContext context) {
        return List.of(
                new DemoCommand(context),
                new InitCommand(context),
                new SetupCommand(context),
                new CheckCommand(context),
                new ConfigCommand(context),
                new VersionCommand(context),
                new HelpCommand(context),
                new WalPushCommand(),
                new WalFetchCommand(),
                new SwitchWalCommand(context),
                new WalListCommand(context),
                new BackupCommand(context),
                new ListBackupCommand(context),
                new ShowBackupCommand(context),
                new ListFilesCommand(context),
                new VerifyCommand(context),
                new RecoverCommand(context),
                new SyncCommand(context));
    }

    public static CommandLine of(CommandContext context) {
        CommandLine program = new CommandLine(new TidemarkCommand());
        for (Callable<?> command : all(context)) {
            CommandLine line = new CommandLine(command);
            describe(line, help(command));
            program.addSubcommand(line);
        }
        program.getCommandSpec().version("tidemark " + ProgramVersion.text());
        program.getCommandSpec()
                .usageMessage()
                .customSynopsis("tidemark COMMAND [OPTIONS]")
                .commandListHeading("")
                .synopsisHeading("")
                .descriptionHeading("%n")
                .optionListHeading("%nOptions:%n");
        program.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, ignored -> CommandList.of(program));
        program.setCaseInsensitiveEnumValuesAllowed(true);
        program.setAbbreviatedOptionsAllowed(false);
        program.setUnmatchedOptionsArePositionalParams(false);
        return program;
    }

    /**
     * Moves global options from before the command to after it: {@code --cluster main check} is {@code check --cluster
     * main}.
     */
    public static String[] commandFirst(String... arguments) {
        int command = 0;
        while (command < arguments.length && arguments[command].startsWith("-")) {
            command += GlobalOptions.WITH_VALUE.contains(arguments[command]) ? 2 : 1;
        }
        if (command == 0 || command >= arguments.length) {
            return arguments.clone();
        }
        List<String> ordered = new ArrayList<>(List.of(arguments));
        ordered.add(0, ordered.remove(command));
        return ordered.toArray(String[]::new);
    }

    static Help help(Object command) {
        Help help = command.getClass().getAnnotation(Help.class);
        if (help == null) {
            throw new IllegalStateException(command.getClass() + " has no @Help");
        }
        return help;
    }

    private static void describe(CommandLine line, Help help) {
        UsageMessageSpec usage = line.getCommandSpec().usageMessage();
        usage.width(WIDTH)
                .synopsisHeading("")
                .descriptionHeading("%n")
                .parameterListHeading("%nArguments:%n")
                .exitCodeListHeading("%nExit statuses:%n")
                .exitCodeList(statuses(help))
                .sortOptions(false);
        // Not printed by picocli, which wraps lines: a line to copy must stay one line.
        Map<String, CommandLine.IHelpSectionRenderer> sections = line.getHelpSectionMap();
        sections.put(UsageMessageSpec.SECTION_KEY_SYNOPSIS, ignored -> synopsis(help));
        sections.put(UsageMessageSpec.SECTION_KEY_OPTION_LIST, OptionList::of);
        sections.put(UsageMessageSpec.SECTION_KEY_OPTION_LIST_HEADING, ignored -> "");
        sections.put(UsageMessageSpec.SECTION_KEY_FOOTER, ignored -> examples(help));
    }

    /** Lines that begin with a space continue the previous one, aligned with its arguments. */
    private static String synopsis(Help help) {
        StringBuilder text = new StringBuilder();
        for (String line : help.synopsis()) {
            text.append(line.startsWith(" ") ? "         " + line : "tidemark " + line)
                    .append(System.lineSeparator());
        }
        return text.toString();
    }

    private static String examples(Help help) {
        StringBuilder text = new StringBuilder(System.lineSeparator())
                .append(help.examples().length == 1 ? "Example:" : "Examples:")
                .append(System.lineSeparator());
        for (String example : help.examples()) {
            text.append("  ").append(example).append(System.lineSeparator());
        }
        return text.toString();
    }

    private static Map<String, String> statuses(Help help) {
        Map<String, String> statuses = new TreeMap<>();
        Stream.concat(Stream.of(help.statuses()), Stream.of(help.uses()).flatMap(uses -> uses.statuses().stream()))
                .forEach(code -> statuses.put(String.format(Locale.ROOT, "%3d", code.status()), code.meaning()));
        return statuses;
    }
}
