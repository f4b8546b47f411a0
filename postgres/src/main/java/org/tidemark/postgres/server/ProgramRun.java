// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.server;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.ExitCode;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.UserFacingException;

/**
 * A program that has ended. Its output goes to a file meanwhile, since a server that it starts keeps pipes open.
 * Immutable.
 *
 * @param output what it printed on both of its outputs
 */
public record ProgramRun(List<String> command, int status, String output) {
    /** The maximum that a program may take. */
    private static final Duration LIMIT = Duration.ofMinutes(5);

    public ProgramRun {
        command = List.copyOf(command);
    }

    /**
     * Runs a program and waits for its end. It does not outlive this call.
     *
     * @param directory where it runs, and where the file for its output is
     * @param environment what it has besides that of this process
     */
    public static ProgramRun of(Path directory, Map<String, String> environment, List<String> command)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(directory.toFile())
                    .redirectErrorStream(true)
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            try (Wait _ = LongWaits.on("'" + command.getFirst() + "'")) {
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new UserFacingException(
                            ExitCode.TIMED_OUT,
                            "'" + command.getFirst() + "' did not end within " + LIMIT.toSeconds() + " s",
                            "What it printed: " + Files.readString(output, StandardCharsets.UTF_8));
                }
            } finally {
                process.destroyForcibly();
            }
            return new ProgramRun(command, process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** What it printed; throws unless it ended with 0. */
    public String orThrow() {
        if (status != 0) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "'" + String.join(" ", command) + "' exited with status " + status,
                    "It printed: " + output.strip());
        }
        return output;
    }
}
