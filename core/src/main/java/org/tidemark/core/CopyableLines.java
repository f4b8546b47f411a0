// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The one place that makes command lines for people to copy. A message of any module names a command as {@code tidemark
 * COMMAND ...}; {@link #complete} adds what the line needs to work when copied: the path of the program, and the
 * cluster, configuration and repository of the current command. Thread-safe.
 */
public final class CopyableLines {
    /**
     * Commands that read a configuration; others stay unchanged, and so does {@code serve}: a message that names it
     * means the service.
     */
    private static final Pattern COMMAND = Pattern.compile("(?<![\\w/.-])tidemark ("
            + "setup primary|setup|init|check|config|switch-wal|wal-list|wal-push|wal-fetch|wal-search|wal-verify|wal-resolve"
            + "|wal-receive|wal-cleanup|backup|list-backup|show-backup|list-files|keep|annotate|expire|delete|verify"
            + "|recover|restore|drill|clone|promote|follow|retention|status|fleet|replication-status|sync|cron|pause|resume"
            + "|notify|diagnose|keys|audit|report|proof)(?![\\w-])");

    /** Commands that work on all repositories of the cluster, unless some are named. */
    private static final Pattern LIMITED_BY_REPOSITORY = Pattern.compile(
            "check|wal-list|wal-search|wal-verify|wal-resolve|list-backup|show-backup|list-files|verify|recover"
                    + "|restore|drill|clone|retention|status|backup|keep|annotate|expire|delete|keys|audit|proof");

    /** Commands that change a repository, a server or this host. */
    private static final Pattern CHANGES =
            Pattern.compile("setup primary|setup|init|switch-wal|wal-push|backup|keep|annotate|expire|delete|recover"
                    + "|restore|drill|clone|promote|follow|sync|cron|wal-resolve|wal-receive|pause|resume|keys");

    private final String program;
    private final Supplier<Optional<String>> cluster;
    private final Optional<String> configuration;
    private final List<String> repositories;
    private final List<String> variables;

    /**
     * @param program the program's name or path
     * @param cluster the value of {@code --cluster}, if needed; asked for each line, since a command may choose its
     *     cluster after its first message
     * @param configuration the value of {@code --config}, if needed: an absolute path
     * @param repositories the values of {@code --repository}
     * @param variables the names of the variables that set a part of the configuration
     */
    public CopyableLines(
            String program,
            Supplier<Optional<String>> cluster,
            Optional<String> configuration,
            List<String> repositories,
            List<String> variables) {
        this.program = program;
        this.cluster = cluster;
        this.configuration = configuration;
        this.repositories = List.copyOf(repositories);
        this.variables = List.copyOf(variables);
    }

    /** For messages about one cluster, in a process that works on several, or for PostgreSQL's log. */
    public static CopyableLines of(Optional<ClusterName> cluster, Optional<Path> configuration) {
        return new CopyableLines(
                "tidemark",
                () -> cluster.map(ClusterName::value),
                configuration.map(file -> file.toAbsolutePath().normalize().toString()),
                List.of(),
                List.of());
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
            cluster.get().ifPresent(name -> options.add("--cluster " + name));
        }
        if (!given.contains("--config")) {
            configuration.ifPresent(file -> options.add("--config " + ShellWord.quote(file)));
        }
        if (!given.contains("--repository")
                && LIMITED_BY_REPOSITORY.matcher(command).matches()) {
            repositories.forEach(each -> options.add("--repository " + ShellWord.quote(each)));
        }
        return options;
    }

    /**
     * A comment line for the shell that names the variables which a command in the text needs besides its options.
     * Their values may be secrets and are left out. Empty if no variable is set or no command of the text changes
     * anything.
     */
    public Optional<String> neededVariables(String text) {
        boolean changes = COMMAND.matcher(text)
                .results()
                .anyMatch(command -> CHANGES.matcher(command.group(1)).matches());
        return variables.isEmpty() || !changes
                ? Optional.empty()
                : Optional.of("# needs these variables of the current environment: " + String.join(", ", variables));
    }
}
