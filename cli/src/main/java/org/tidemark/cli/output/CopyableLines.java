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
 * COMMAND ...}; {@link #complete} adds what the line needs to work when copied: the path of the program, and the
 * cluster, configuration and repository of the current command. Immutable.
 */
public final class CopyableLines {
    /** Commands that read a configuration; others stay unchanged. */
    private static final Pattern COMMAND = Pattern.compile("(?<![\\w/.-])tidemark ("
            + "setup primary|setup|init|check|config|switch-wal|wal-list|wal-push|wal-fetch|backup|list-backup|show-backup"
            + "|list-files|keep|annotate|expire|delete|verify|recover|restore|retention|status|sync|cron|wal-verify|wal-resolve"
            + "|wal-receive)(?![\\w-])");

    private static final Pattern READS = Pattern.compile(
            "check|wal-list|wal-verify|list-backup|show-backup|list-files|verify|recover|retention|status");

    private final String program;
    private final Optional<String> cluster;
    private final Optional<String> configuration;
    private final List<String> addresses;

    /**
     * @param program the program's name or path
     * @param cluster the value of {@code --cluster}, if needed
     * @param configuration the value of {@code --config}, if needed: an absolute path
     * @param addresses repositories of {@code --repository} that are not configured
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

    /**
     * Completes every {@code tidemark COMMAND} in the text, so that it works when copied. Options that are already
     * there stay.
     */
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

    /** Up to the next command or the end of the line: arguments cannot be told from the rest of a sentence. */
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
