// SPDX-License-Identifier: Apache-2.0
package org.tidemark.core;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.tidemark.core.LongWaits.Wait;

/**
 * A program of the system that has ended, such as getent, which may ask a directory service. Immutable.
 *
 * @param output what it printed, without white space around it
 */
public record ShortProgram(int status, String output) {
    /** A directory service that is silent for longer is gone. */
    private static final Duration LIMIT = Duration.ofSeconds(30);

    /**
     * Runs a program that reads no input, and waits for its end. It does not outlive this call.
     *
     * @param builder of a program that prints less than a pipe holds, 64 KiB
     * @throws IOException if it could not be started, or did not end within 30 s
     */
    public static ShortProgram run(ProcessBuilder builder) throws IOException, InterruptedException {
        return run(LIMIT, builder);
    }

    /** The same with another limit. */
    static ShortProgram run(Duration limit, ProcessBuilder builder) throws IOException, InterruptedException {
        String name = builder.command().getFirst();
        Process process = builder.redirectInput(Path.of("/dev/null").toFile()).start();
        try (Wait _ = LongWaits.on("the program '" + name + "'")) {
            if (!process.waitFor(limit.toSeconds(), TimeUnit.SECONDS)) {
                throw new IOException("'" + name + "' did not end within " + limit.toSeconds() + " s");
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new ShortProgram(process.exitValue(), output.strip());
        } finally {
            process.destroyForcibly();
        }
    }
}
