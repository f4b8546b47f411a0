// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.output;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.ShellWord;

/**
 * The one place that makes command lines for people to copy. A message of any module names a command as {@code tidemark
 * COMMAND ...}; {@link #complete} puts in what it needs to work where it is copied: how this program was called, and
 * the cluster, configuration and repository that the failed or finished command was about. Immutable.
 */
public final class CopyableLines {
    /** Commands that read a configuration; others are left as they are. */
    private static final Pattern COMMAND = Pattern.compile("(?<![\\w/.-])tidemark ("
            + "setup primary|setup|init|check|config|switch-wal|wal-list|wal-push|wal-fetch|backup|list-backup|show-backup"
            + "|list-files|verify|recover|restore|sync)(?![\\w-])");

    private static final Pattern READS =
            Pattern.compile("check|wal-list|list-backup|show-backup|list-files|verify|recover");

    private final String program;
    private final Optional<String> cluster;
    private final Optional<String> configuration;
    private final List<String> addresses;

    /**
     * @param program how the program is called: its name, or a path
     * @param cluster the value of {@code --cluster}, if it has to be said
     * @param configuration the value of {@code --config}, if it has to be said: an absolute path
     * @param addresses repositories of {@code --repository} that no configuration knows
     */
    public CopyableLines(
            String program, Optional<String> cluster, Optional<String> configuration, List<String> addresses) {
        this.program = program;
        this.cluster = cluster;
        this.configuration = configuration;
        this.addresses = List.copyOf(addresses);
    }

    /**
     * A line for the operator: {@code command("check")} is {@code tidemark check --cluster main --config FILE}.
     *
     * @param words the command with its own arguments, already quoted for a shell
     */
    public String command(String words) {
        return complete("tidemark " + words);
    }

    /** The text, in which every {@code tidemark COMMAND} works when it is copied. What it names itself, it keeps. */
    public String complete(String text) {
        Matcher found = COMMAND.matcher(text);
        StringBuilder completed = new StringBuilder();
        while (found.find()) {
            String rest = argumentsAfter(text, found.end());
            StringBuilder line = new StringBuilder(program).append(' ').append(found.group(1));
            for (String option : options(found.group(1), rest)) {
                line.append(' ').append(option);
            }
            found.appendReplacement(completed, Matcher.quoteReplacement(line.toString()));
        }
        return found.appendTail(completed).toString();
    }

    /** Up to the next command or the end of the line: nothing tells where the arguments end and a sentence goes on. */
    private static String argumentsAfter(String text, int end) {
        String rest = text.substring(end).lines().findFirst().orElse("");
        int next = rest.indexOf("tidemark ");
        return next < 0 ? rest : rest.substring(0, next);
    }

    private List<String> options(String command, String given) {
        List<String> options = new ArrayList<>();
        if (!given.contains("--cluster")) {
            cluster.ifPresent(name -> options.add("--cluster " + name));
        }
        if (!given.contains("--config")) {
            configuration.ifPresent(file -> options.add("--config " + ShellWord.quote(file)));
        }
        if (!given.contains("--repository") && READS.matcher(command).matches()) {
            addresses.forEach(address -> options.add("--repository " + ShellWord.quote(address)));
        }
        return options;
    }
}
