// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs programs of this machine. */
public final class Shell {
    private static final int LIMIT_SECONDS = 120;

    /** How a program ended, and what it wrote to both outputs. */
    record Result(int status, String output) {}

    private Shell() {}

    /** The output of a program that must end with status 0. */
    public static String run(List<String> command) {
        Result result = execute(command);
        if (result.status() != 0) {
            throw new AssertionError(String.join(" ", command) + " ended with " + result);
        }
        return result.output();
    }

    static Result execute(List<String> command) {
        try {
            Path output = Files.createTempFile("tidemark-command", ".out");
            try {
                Process process = new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(output.toFile())
                        .start();
                if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                    throw new AssertionError(String.join(" ", command) + " did not end");
                }
                return new Result(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
            } finally {
                Files.delete(output);
            }
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
