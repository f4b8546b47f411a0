// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tidemark.acceptance.InstalledTidemark;
import org.tidemark.testkit.OperatingUser;
import org.tidemark.testkit.TemporaryTree;

/**
 * A host with Tidemark installed and configured, run by the operating user with hardly an environment. It keeps all
 * that the commands printed. Not thread-safe.
 */
final class TidemarkHost implements AutoCloseable {
    private static final int LIMIT_SECONDS = 300;

    private final Path directory = OperatingUser.current().newTemporaryDirectory("tidemark-host");
    private final StringBuilder printed = new StringBuilder();

    Path directory() {
        return directory;
    }

    Path config() {
        return directory.resolve("tidemark.toml");
    }

    /** How a command ended. */
    record Outcome(int status, String data, String talk) {}

    void configure(String toml) throws IOException {
        Files.writeString(config(), "[host]\nspool = '" + directory.resolve("spool") + "'\n" + toml);
        Files.setPosixFilePermissions(config(), PosixFilePermissions.fromString("rw-------"));
        OperatingUser.current().own(directory);
    }

    String archiveCommand() {
        return launcher() + " wal-push %p --cluster main --config " + config();
    }

    /** Demands success. */
    Outcome must(String... arguments) {
        Outcome outcome = run(arguments);
        if (outcome.status() != 0) {
            throw new AssertionError(String.join(" ", arguments) + " ended with " + outcome.status() + ":\n"
                    + outcome.data() + outcome.talk());
        }
        return outcome;
    }

    Outcome run(String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(launcher().toString());
        command.addAll(List.of(arguments));
        command.addAll(List.of("--config", config().toString()));
        try {
            Path data = Files.createTempFile("tidemark", ".data");
            Path talk = Files.createTempFile("tidemark", ".talk");
            ProcessBuilder builder = new ProcessBuilder(OperatingUser.current().command(command))
                    .directory(directory.toFile())
                    .redirectOutput(data.toFile())
                    .redirectError(talk.toFile());
            builder.environment().clear();
            builder.environment().put("PATH", "/usr/local/bin:/usr/bin:/bin");
            builder.environment().put("HOME", directory.toString());
            Process process = builder.start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new AssertionError(String.join(" ", arguments) + " did not end in " + LIMIT_SECONDS + " s");
            }
            Outcome outcome = new Outcome(
                    process.exitValue(),
                    Files.readString(data, StandardCharsets.UTF_8),
                    Files.readString(talk, StandardCharsets.UTF_8));
            Files.delete(data);
            Files.delete(talk);
            printed.append(outcome.data()).append(outcome.talk());
            return outcome;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + String.join(" ", arguments) + " ran", e);
        }
    }

    /** Everything that every command printed. */
    String printed() {
        return printed.toString();
    }

    private static Path launcher() {
        return InstalledTidemark.launcher();
    }

    @Override
    public void close() {
        TemporaryTree.delete(directory);
    }
}
