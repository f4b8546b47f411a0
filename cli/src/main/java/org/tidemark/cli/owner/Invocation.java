// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.owner;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The files that a command line names. It is parsed before the command line is checked, which reports any errors.
 * Immutable.
 *
 * @param command empty if there is none
 * @param files arguments that are not options, after the command
 * @param repositories names and addresses
 */
record Invocation(
        String command,
        List<String> files,
        Optional<String> cluster,
        List<String> repositories,
        Optional<Path> configuration,
        Optional<String> target,
        Optional<String> url,
        Optional<String> conninfo,
        Set<String> flags) {
    private static final Set<String> WITH_VALUE = Set.of(
            "--cluster",
            "--repository",
            "--config",
            "--to",
            "--url",
            "--conninfo",
            "--output",
            "--decrypt-with",
            "--jobs",
            "--remote",
            "--make-key",
            "--replace-repository");

    static Invocation of(List<String> arguments) {
        List<String> words = new ArrayList<>();
        List<String> repositories = new ArrayList<>();
        List<String> flags = new ArrayList<>();
        Optional<String> cluster = Optional.empty();
        Optional<Path> configuration = Optional.empty();
        Optional<String> target = Optional.empty();
        Optional<String> url = Optional.empty();
        Optional<String> conninfo = Optional.empty();
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            int equals = argument.indexOf('=');
            String option = argument.startsWith("--") && equals > 0 ? argument.substring(0, equals) : argument;
            if (!argument.startsWith("-")) {
                words.add(argument);
                continue;
            }
            if (!WITH_VALUE.contains(option)) {
                flags.add(argument);
                continue;
            }
            boolean apart = option.length() == argument.length();
            String value =
                    apart ? (i + 1 < arguments.size() ? arguments.get(++i) : "") : argument.substring(equals + 1);
            switch (option) {
                case "--cluster" -> cluster = Optional.of(value);
                case "--repository" -> repositories.add(value);
                case "--config" -> configuration = Optional.of(Path.of(value));
                case "--to" -> target = Optional.of(value);
                case "--url" -> url = Optional.of(value);
                case "--conninfo" -> conninfo = Optional.of(value);
                default -> flags.add(option);
            }
        }
        return new Invocation(
                words.isEmpty() ? "" : words.getFirst(),
                words.isEmpty() ? List.of() : List.copyOf(words.subList(1, words.size())),
                cluster,
                List.copyOf(repositories),
                configuration,
                target,
                url,
                conninfo,
                Set.copyOf(flags));
    }

    boolean has(String flag) {
        return flags.contains(flag);
    }

    /** Whether the command touches neither a repository, nor the spool, nor a data directory. */
    boolean isWithoutFiles() {
        return Set.of("", "help", "version", "demo").contains(command)
                || has("--help")
                || has("-h")
                || has("--version")
                || has("-V")
                || has("--remote") // its paths are those of another host
                || (command.equals("config") && !files.isEmpty()) // set and unset: the file may be root's alone
                || (command.equals("init") && has("--make-key") && url.isEmpty());
    }
}
