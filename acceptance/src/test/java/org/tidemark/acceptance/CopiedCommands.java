// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance;

import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.command.Commands;
import org.tidemark.config.Environment;
import org.tidemark.testkit.PrintedCommands;
import picocli.CommandLine;

/**
 * Parses each command line that a story prints, as the program would if somebody copied it, and says how to try it: as
 * a dry run, or as it is where the command changes nothing. The others are {@link #ON_PAGES}. Thread-safe.
 */
public final class CopiedCommands {
    private static final CommandContext CONTEXT = new CommandContext(
            new Environment(Map.of(), Path.of("/"), Path.of("/"), Path.of("/")),
            Clock.systemUTC(),
            System.out,
            System.err,
            false,
            false);

    private static final Set<String> NAMES =
            Set.copyOf(Commands.of(CONTEXT).getSubcommands().keySet());

    /** Change something, and have no dry run: the blocks of pages that are followed run each of them. */
    public static final Set<String> ON_PAGES =
            Set.of("backup", "verify", "wal-resolve", "switch-wal", "wal-push", "wal-fetch");

    /** Go on until they are stopped, or need a terminal: they have stories of their own. */
    private static final Set<String> WITH_STORIES =
            Set.of("serve", "wal-receive", "demo", "diagnose", "resume", "keys", "notify");

    private static final Set<String> ONLY_READ = Set.of(
            "check",
            "config",
            "expire",
            "help",
            "list-backup",
            "list-files",
            "retention",
            "show-backup",
            "status",
            "version",
            "wal-list",
            "wal-search",
            "wal-verify");

    /** Stands for what only the reader knows. */
    private static final Pattern PLACEHOLDER = Pattern.compile(".*(^|[=:/])[A-Z][A-Z_-]*|.*\\.\\.\\..*|.*<.*");

    private static final Set<String> WITH_DRY_RUN = Commands.of(CONTEXT).getSubcommands().values().stream()
            .filter(command -> command.getCommandSpec().findOption("--dry-run") != null)
            .map(CommandLine::getCommandName)
            .collect(Collectors.toSet());

    private static final Set<String> TRIED = ConcurrentHashMap.newKeySet();

    private CopiedCommands() {}

    /**
     * What is wrong with the printed commands; the synopses of a help are none.
     *
     * @param command that printed the text
     */
    static List<String> problems(String command, String text) {
        if (isHelp(command)) {
            return List.of();
        }
        return PrintedCommands.problems(
                text, NAMES, words -> Commands.of(CONTEXT, words.getFirst()).parseArgs(words.toArray(String[]::new)));
    }

    private static boolean isHelp(String command) {
        return command.isEmpty() || command.startsWith("help") || command.contains("--help");
    }

    /**
     * What to run of a text to see that its commands work as they are printed: each kind of line once in this JVM.
     *
     * @param command that printed the text
     * @return the words of each, after {@code tidemark}
     * @throws AssertionError for a command of which nothing says how it is tried
     */
    static List<List<String>> toTry(String command, String text) {
        List<List<String>> lines = new ArrayList<>();
        if (isHelp(command)) {
            return lines;
        }
        for (List<String> words : PrintedCommands.in(text, NAMES)) {
            String name = words.getFirst();
            boolean hasDryRun = WITH_DRY_RUN.contains(name);
            if (!hasDryRun && !ONLY_READ.contains(name)) {
                if (!ON_PAGES.contains(name) && !WITH_STORIES.contains(name)) {
                    throw new AssertionError("nothing tries the command that '" + command + "' printed: " + words);
                }
                continue;
            }
            if (words.size() == 1
                    || words.stream().anyMatch(word -> PLACEHOLDER.matcher(word).matches())) {
                continue;
            }
            Set<String> options = new TreeSet<>();
            words.stream().filter(word -> word.startsWith("-")).forEach(options::add);
            if (TRIED.add(command.replaceFirst(" .*", "") + " " + name + options)) {
                List<String> line = new ArrayList<>(words);
                line.remove("--confirm");
                if (hasDryRun && !line.contains("--dry-run") && !(name.equals("config") && !line.contains("set"))) {
                    line.add("--dry-run");
                }
                lines.add(line);
            }
        }
        return lines;
    }
}
