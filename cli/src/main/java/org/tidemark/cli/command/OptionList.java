// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tidemark.cli.call.GlobalOptions;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Layout;
import picocli.CommandLine.Model.OptionSpec;

/** The options in the help of a command: its own, then the global options that have an effect on it. */
final class OptionList {
    private static final Set<String> WITHOUT_CONFIGURATION = Set.of("demo", "version", "help");

    /** Options that every command accepts for the sake of scripts, but only these commands use. */
    private static final Map<String, Set<String>> USED_BY = Map.of(
            "--jobs",
            Set.of("backup", "verify", "wal-verify", "recover", "clone", "sync"),
            "--decrypt-with",
            Set.of(
                    "check",
                    "wal-fetch",
                    "wal-list",
                    "wal-verify",
                    "list-backup",
                    "show-backup",
                    "list-files",
                    "verify",
                    "recover",
                    "clone",
                    "sync"));

    private OptionList() {}

    static String of(Help help) {
        List<OptionSpec> own = new ArrayList<>();
        List<OptionSpec> global = new ArrayList<>();
        for (OptionSpec option : help.commandSpec().options()) {
            if (!isGlobal(option)) {
                own.add(option);
            } else if (isShown(help.commandSpec().name(), option)) {
                global.add(option);
            }
        }
        return part("Options:", help, own) + part("Options of every command:", help, global);
    }

    static boolean isGlobal(OptionSpec option) {
        return option.userObject() instanceof Field field && field.getDeclaringClass() == GlobalOptions.Values.class;
    }

    private static boolean isShown(String command, OptionSpec option) {
        boolean needsConfiguration = GlobalOptions.WITH_VALUE.contains(option.longestName())
                && !option.longestName().equals("--output");
        if (needsConfiguration && WITHOUT_CONFIGURATION.contains(command)) {
            return false;
        }
        Set<String> users = USED_BY.get(option.longestName());
        return users == null || users.contains(command);
    }

    private static String part(String heading, Help help, List<OptionSpec> options) {
        if (options.isEmpty()) {
            return "";
        }
        Layout layout = help.createDefaultLayout();
        layout.addOptions(options, help.parameterLabelRenderer());
        return System.lineSeparator() + heading + System.lineSeparator() + layout;
    }
}
