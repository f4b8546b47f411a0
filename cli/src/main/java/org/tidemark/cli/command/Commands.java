// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.tidemark.cli.ProgramVersion;
import org.tidemark.core.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The command line: every command that there is, with its help. */
public final class Commands {
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

    static Help help(Object command) {
        Help help = command.getClass().getAnnotation(Help.class);
        if (help == null) {
            throw new IllegalStateException(command.getClass() + " has no @Help");
        }
        return help;
    }

    private static void describe(CommandLine line, Help help) {
        UsageMessageSpec usage = line.getCommandSpec().usageMessage();
        String[] synopsis = help.synopsis().clone();
        for (int i = 0; i < synopsis.length; i++) {
            synopsis[i] = "tidemark " + escaped(synopsis[i]);
        }
        String[] examples = help.examples().clone();
        for (int i = 0; i < examples.length; i++) {
            examples[i] = "  " + escaped(examples[i]);
        }
        usage.customSynopsis(synopsis)
                .synopsisHeading("")
                .descriptionHeading("%n")
                .parameterListHeading("%nArguments:%n")
                .optionListHeading("%nOptions:%n")
                .exitCodeListHeading("%nExit statuses:%n")
                .exitCodeList(statuses(help))
                .footerHeading(help.examples().length == 1 ? "%nExample:%n" : "%nExamples:%n")
                .footer(examples)
                .sortOptions(false);
    }

    private static Map<String, String> statuses(Help help) {
        Map<String, String> statuses = new LinkedHashMap<>();
        for (ExitCode code : help.statuses()) {
            statuses.put(String.format(Locale.ROOT, "%3d", code.status()), code.meaning());
        }
        return statuses;
    }

    /** A percent sign and an at sign mean something to picocli. */
    private static String escaped(String text) {
        return text.replace("%", "%%");
    }
}
