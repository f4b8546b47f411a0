// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.demo;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * Runs other programs and waits for their end. Their output goes to a file, since a server started by them keeps pipes
 * open.
 */
final class Processes {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final Path directory;

    /** @param directory where the programs run, and where the file for their output lies */
    Processes(Path directory) {
        this.directory = directory;
    }

    /** How a program ended. */
    record Result(int status, String output) {}

    Result run(List<String> command, Map<String, String> environment) throws IOException, InterruptedException {
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
            try {
                if (!process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                    throw new UserFacingException(
                            ExitCode.TIMED_OUT,
                            "'" + command.getFirst() + "' did not end within " + LIMIT.toSeconds() + " s",
                            "What it printed: " + Files.readString(output, StandardCharsets.UTF_8));
                }
            } finally {
                process.destroyForcibly();
            }
            return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
        } finally {
            Files.deleteIfExists(output);
        }
    }

    /** As {@link #run}, for a program that must end with 0. */
    String require(String... command) throws IOException, InterruptedException {
        Result result = run(List.of(command), Map.of());
        if (result.status() != 0) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "'" + String.join(" ", command) + "' exited with status " + result.status(),
                    "It printed: " + result.output().strip());
        }
        return result.output();
    }
}
