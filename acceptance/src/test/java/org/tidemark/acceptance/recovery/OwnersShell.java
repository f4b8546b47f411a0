// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.recovery;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.tidemark.testkit.OperatingUser;

/** What an operator types at a shell, as the owner of the servers that the commands of a test have started. */
public final class OwnersShell {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private OwnersShell() {}

    /** Runs a line; what it has printed to stdout and stderr. */
    public static String shell(String command) {
        try {
            Process process = new ProcessBuilder(OperatingUser.current().command(List.of("/bin/sh", "-c", command)))
                    // That of the build may be closed to the owner.
                    .directory(Path.of("/").toFile())
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS);
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a shell ran", e);
        }
    }

    /** Where a server that was started listens, by its postmaster.pid. */
    static String conninfo(Path directory) throws IOException {
        List<String> pid = Files.readAllLines(directory.resolve("postmaster.pid"));
        return "host=" + pid.get(4) + " port=" + pid.get(3) + " user=postgres dbname=postgres";
    }

    /** What such a server answers. It may hold a lock, so there is a limit. */
    static String ask(Path directory, String sql) {
        try {
            return shell("timeout 60 psql '" + conninfo(directory) + "' -Atc \"" + sql + "\"")
                    .strip();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
