// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.config.Environment;

/**
 * What a run of the program left behind. Immutable.
 *
 * @param data stdout
 * @param talk stderr
 */
public record ProgramRun(int status, String data, String talk) {
    /** Runs the program in this JVM, with a host of its own below {@code root}. */
    public static ProgramRun of(Path root, Map<String, String> variables, String... arguments) {
        return of(root, Clock.systemUTC(), variables, arguments);
    }

    /** The same on a host with this clock. */
    public static ProgramRun of(Path root, Clock clock, Map<String, String> variables, String... arguments) {
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        ByteArrayOutputStream talk = new ByteArrayOutputStream();
        Environment environment = new Environment(variables, root, root.resolve("home"), root);
        try (PrintStream dataStream = new PrintStream(data, true, StandardCharsets.UTF_8);
                PrintStream talkStream = new PrintStream(talk, true, StandardCharsets.UTF_8)) {
            CommandContext context = new CommandContext(environment, clock, dataStream, talkStream, false, false);
            int status = new Program(context).run(arguments);
            ProgramRun run = new ProgramRun(
                    status, data.toString(StandardCharsets.UTF_8), talk.toString(StandardCharsets.UTF_8));
            assertThat(isHelp(arguments) ? List.of() : CommandsInText.problems(run.data + run.talk, arguments))
                    .as("commands to copy that %s printed", String.join(" ", arguments))
                    .isEmpty();
            return run;
        }
    }

    /** Its synopses are no commands to copy. */
    private static boolean isHelp(String... arguments) {
        List<String> words = List.of(arguments);
        return words.isEmpty() || words.contains("help") || words.contains("--help") || words.contains("-h");
    }
}
