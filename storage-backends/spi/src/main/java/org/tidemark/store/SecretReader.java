// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.Secret;

/** Reads secrets from files and commands. No message contains their content. */
final class SecretReader {
    private static final int MAX_CHARACTERS = 64 * 1024;
    private static final Duration COMMAND_LIMIT = Duration.ofSeconds(30);

    private SecretReader() {}

    /** The part of a file or of a command's output that is the secret. */
    enum Extent {
        FIRST_LINE,
        ALL
    }

    static Secret ofFile(String option, Path file, Extent extent) {
        try (BufferedReader reader = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
            return read(reader, "the file of '" + option + "', '" + file + "',", extent);
        } catch (NoSuchFileException e) {
            throw new SecretUnavailableException("the file of '" + option + "' does not exist: '" + file + "'", e);
        } catch (IOException e) {
            throw new SecretUnavailableException(
                    "cannot read the file of '" + option + "', '" + file + "': check that this user may read it", e);
        }
    }

    /** Runs the command in a shell and reads its output, with a limit of 30 seconds. */
    static Secret ofCommand(String option, String command, Extent extent) {
        String what = "the command of '" + option + "'";
        Process process;
        try {
            process = new ProcessBuilder(List.of("/bin/sh", "-c", command))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            process.getOutputStream().close();
        } catch (IOException e) {
            throw new SecretUnavailableException(what + " could not be started: " + e.getMessage(), e);
        }
        // A command that neither prints nor exits must not delay WAL archiving forever.
        FutureTask<Secret> line = new FutureTask<>(() -> {
            try (BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
                return read(reader, what, extent);
            }
        });
        RequestThreads.startOfSystem("secret-command", line);
        try (Wait _ = LongWaits.on(what)) {
            if (!process.waitFor(COMMAND_LIMIT.toSeconds(), TimeUnit.SECONDS)) {
                throw new SecretUnavailableException(
                        what + " did not finish within " + COMMAND_LIMIT.toSeconds() + " s");
            }
            if (process.exitValue() != 0) {
                throw new SecretUnavailableException(what + " exited with status " + process.exitValue());
            }
            return line.get(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SecretUnavailableException("interrupted while " + what + " ran", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new SecretUnavailableException(what + " printed nothing that can be used as a secret", e);
        } finally {
            process.destroyForcibly();
        }
    }

    private static Secret read(Reader reader, String what, Extent extent) throws IOException {
        boolean all = extent == Extent.ALL;
        StringBuilder text = new StringBuilder();
        for (int c = reader.read(); c >= 0 && (all || c != '\n'); c = reader.read()) {
            if (text.length() == MAX_CHARACTERS) {
                throw new SecretUnavailableException(
                        what + " gives a " + (all ? "text" : "line") + " that is too long for a secret");
            }
            text.append((char) c);
        }
        String value = text.toString().strip();
        if (value.isEmpty()) {
            throw new SecretUnavailableException(
                    what + " gives " + (all ? "no text" : "an empty first line") + " where a secret is expected");
        }
        return new Secret(value);
    }
}
