// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.command.backups.AnnotateCommand;
import org.tidemark.cli.command.backups.BackupCommand;
import org.tidemark.cli.command.backups.KeepCommand;
import org.tidemark.cli.command.backups.KeysCommand;
import org.tidemark.cli.command.backups.ListBackupCommand;
import org.tidemark.cli.command.backups.ListFilesCommand;
import org.tidemark.cli.command.backups.ShowBackupCommand;
import org.tidemark.cli.command.restore.CloneCommand;
import org.tidemark.cli.command.restore.DrillCommand;
import org.tidemark.cli.command.restore.FollowCommand;
import org.tidemark.cli.command.restore.PromoteCommand;
import org.tidemark.cli.command.restore.ProofCommand;
import org.tidemark.cli.command.restore.RecoverCommand;
import org.tidemark.cli.command.retention.DeleteCommand;
import org.tidemark.cli.command.retention.ExpireCommand;
import org.tidemark.cli.command.retention.RetentionCommand;
import org.tidemark.cli.command.run.CronCommand;
import org.tidemark.cli.command.run.FleetCommand;
import org.tidemark.cli.command.run.NotifyCommand;
import org.tidemark.cli.command.run.PauseCommand;
import org.tidemark.cli.command.run.ReplicationStatusCommand;
import org.tidemark.cli.command.run.ReportCommand;
import org.tidemark.cli.command.run.ResumeCommand;
import org.tidemark.cli.command.run.ServeCommand;
import org.tidemark.cli.command.run.StatusCommand;
import org.tidemark.cli.command.run.SyncCommand;
import org.tidemark.cli.command.start.CheckCommand;
import org.tidemark.cli.command.start.ConfigCommand;
import org.tidemark.cli.command.start.DemoCommand;
import org.tidemark.cli.command.start.InitCommand;
import org.tidemark.cli.command.start.SetupCommand;
import org.tidemark.cli.command.start.VersionCommand;
import org.tidemark.cli.command.verify.AuditCommand;
import org.tidemark.cli.command.verify.VerifyCommand;
import org.tidemark.cli.command.verify.WalVerifyCommand;
import org.tidemark.cli.command.wal.SwitchWalCommand;
import org.tidemark.cli.command.wal.WalCleanupCommand;
import org.tidemark.cli.command.wal.WalFetchCommand;
import org.tidemark.cli.command.wal.WalListCommand;
import org.tidemark.cli.command.wal.WalPushCommand;
import org.tidemark.cli.command.wal.WalReceiveCommand;
import org.tidemark.cli.command.wal.WalResolveCommand;
import org.tidemark.cli.command.wal.WalSearchCommand;
import org.tidemark.cli.process.ProgramVersion;
import picocli.CommandLine;
import picocli.CommandLine.Model.UsageMessageSpec;

/** The command line: all commands, with their help. */
public final class Commands {
    /** Of a line of help, in characters. */
    static final int WIDTH = 100;

    private Commands() {}

    /** In the order in which the help lists them. */
    private static final List<String> NAMES = List.of(
            "demo",
            "init",
            "setup",
            "check",
            "config",
            "diagnose",
            "version",
            "help",
            "wal-push",
            "wal-fetch",
            "wal-receive",
            "switch-wal",
            "wal-list",
            "wal-search",
            "wal-verify",
            "wal-resolve",
            "wal-cleanup",
            "backup",
            "list-backup",
            "show-backup",
            "list-files",
            "keep",
            "annotate",
            "keys",
            "verify",
            "audit",
            "delete",
            "recover",
            "drill",
            "proof",
            "clone",
            "promote",
            "follow",
            "retention",
            "expire",
            "status",
            "fleet",
            "report",
            "replication-status",
            "cron",
            "serve",
            "pause",
            "resume",
            "notify",
            "sync");

    private static Callable<?> command(String name, CommandContext context) {
        return switch (name) {
            case "demo" -> new DemoCommand(context);
            case "init" -> new InitCommand(context);
            case "setup" -> new SetupCommand(context);
            case "check" -> new CheckCommand(context);
            case "config" -> new ConfigCommand(context);
            case "diagnose" -> new DiagnoseCommand(context);
            case "version" -> new VersionCommand(context);
            case "help" -> new HelpCommand(context);
            case "wal-push" -> new WalPushCommand();
            case "wal-fetch" -> new WalFetchCommand();
            case "wal-receive" -> new WalReceiveCommand(context);
            case "switch-wal" -> new SwitchWalCommand(context);
            case "wal-list" -> new WalListCommand(context);
            case "wal-search" -> new WalSearchCommand(context);
            case "wal-verify" -> new WalVerifyCommand(context);
            case "wal-resolve" -> new WalResolveCommand(context);
            case "wal-cleanup" -> new WalCleanupCommand(context);
            case "backup" -> new BackupCommand(context);
            case "list-backup" -> new ListBackupCommand(context);
            case "show-backup" -> new ShowBackupCommand(context);
            case "list-files" -> new ListFilesCommand(context);
            case "keep" -> new KeepCommand(context);
            case "annotate" -> new AnnotateCommand(context);
            case "keys" -> new KeysCommand(context);
            case "verify" -> new VerifyCommand(context);
            case "audit" -> new AuditCommand(context);
            case "delete" -> new DeleteCommand(context);
            case "recover" -> new RecoverCommand(context);
            case "drill" -> new DrillCommand(context);
            case "proof" -> new ProofCommand(context);
            case "clone" -> new CloneCommand(context);
            case "promote" -> new PromoteCommand(context);
            case "follow" -> new FollowCommand(context);
            case "retention" -> new RetentionCommand(context);
            case "expire" -> new ExpireCommand(context);
            case "status" -> new StatusCommand(context);
            case "fleet" -> new FleetCommand(context);
            case "report" -> new ReportCommand(context);
            case "replication-status" -> new ReplicationStatusCommand(context);
            case "serve" -> new ServeCommand(context);
            case "pause" -> new PauseCommand(context);
            case "resume" -> new ResumeCommand(context);
            case "notify" -> new NotifyCommand(context);
            case "cron" -> new CronCommand(context);
            case "sync" -> new SyncCommand(context);
            default -> throw new IllegalArgumentException("no command '" + name + "'");
        };
    }

    /** All commands. */
    public static CommandLine of(CommandContext context) {
        return program(context, NAMES);
    }

    /**
     * Only the command {@code first}, the first word of a command line; all commands if it names none, or is help. A
     * model of the others would cost a short command a third of its time.
     */
    public static CommandLine of(CommandContext context, String first) {
        boolean alone = NAMES.contains(first) && !first.equals("help");
        return program(context, alone ? List.of(first) : NAMES);
    }

    private static CommandLine program(CommandContext context, List<String> names) {
        CommandLine program = new CommandLine(new TidemarkCommand());
        for (String name : names) {
            Callable<?> command = command(name, context);
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
        program.setExpandAtFiles(false);
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
