// SPDX-License-Identifier: Apache-2.0
package org.tidemark.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Runs short programs of the machine. Each has {@value #LIMIT_SECONDS} seconds. */
public final class Commands {
    private static final int LIMIT_SECONDS = 120;

    private Commands() {}

    /**
     * Runs a program to its end and returns what it wrote to both outputs.
     *
     * @throws IllegalStateException with that text if its status is not 0
     */
    public static String run(List<String> command) {
        return run(command, Map.of());
    }

    static String run(List<String> command, Map<String, String> environment) {
        return run(command, environment, "");
    }

    /** @param input what the program reads; no more than a pipe holds */
    static String run(List<String> command, Map<String, String> environment, String input) {
        Result result = execute(command, environment, input);
        if (result.status() != 0) {
            throw new IllegalStateException(
                    String.join(" ", command) + " ended with " + result.status() + ":\n" + result.output());
        }
        return result.output();
    }

    public static int status(List<String> command) {
        return execute(command, Map.of(), "").status();
    }

    private static Result execute(List<String> command, Map<String, String> environment, String input) {
        try {
            Path output = Files.createTempFile("tidemark-command", ".out");
            try {
                ProcessBuilder builder =
                        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
                builder.environment().putAll(environment);
                Process process = builder.start();
                try (Writer writer = process.outputWriter(StandardCharsets.UTF_8)) {
                    writer.write(input);
                }
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new IllegalStateException(String.join(" ", command) + " did not end");
                }
                byte[] written = Files.readAllBytes(output);
                return new Result(process.exitValue(), new String(written, StandardCharsets.UTF_8));
            } finally {
                Files.deleteIfExists(output);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + String.join(" ", command) + " ran", e);
        }
    }

    private record Result(int status, String output) {}
}
