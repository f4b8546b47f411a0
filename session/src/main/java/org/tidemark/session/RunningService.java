// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.LockedFile;
import org.tidemark.core.SpoolPart;
import org.tidemark.postgres.RunningProcess;

/**
 * The {@code serve} of this host, as other processes see it; one that was killed is seen until the next one starts.
 * Immutable.
 */
public record RunningService(RunningProcess process, Optional<Replaced> replaced) {
    /**
     * A version that was replaced since the process started: what the newer one mends is not in force in it.
     *
     * @param running what runs
     * @param installed what would run now
     */
    public record Replaced(String running, String installed) {
        /**
         * Of a process that runs the Java of an installation from a package: a newer one leaves its note in the
         * directory of the older one. Empty for any other process, and for one of another user.
         */
        static Optional<Replaced> of(RunningProcess process) {
            try {
                Path java = Files.readSymbolicLink(Path.of("/proc", process.pid(), "exe"));
                Path home = java.resolve("../../..").normalize();
                Path current = home.resolve("../../current").normalize();
                if (!java.endsWith("runtime/bin/java") || !Files.exists(home.resolve("replaced"))) {
                    return Optional.empty();
                }
                // Also a store's package, and the same version again, make a new directory.
                return Optional.of(new Replaced(version(home), version(current)))
                        .filter(found -> !found.running().equals(found.installed()));
            } catch (IOException e) {
                return Optional.empty();
            }
        }

        private static String version(Path home) throws IOException {
            return Files.readString(home.resolve("version")).strip();
        }
    }

    /** The file that its process has locked, and in which it is named; empty once it has ended by itself. */
    public static Path file(Path spool) {
        return SpoolPart.CRON.in(spool).resolve("serve.lock");
    }

    /** What stands in it. */
    public static byte[] text(RunningProcess process) {
        return (process + "\n").getBytes(StandardCharsets.UTF_8);
    }

    /** That of the host of a session; empty if there is none, or it has ended by itself. */
    public static Optional<RunningService> of(Session session) {
        return in(SpoolDirectory.find(session.configuration().host(), Optional.empty(), session.environment()));
    }

    /** That of the host of a spool; empty if there is none, or it has ended by itself. */
    public static Optional<RunningService> in(Path spool) {
        try {
            return RunningProcess.parse(LockedFile.text(file(spool)).strip())
                    .map(each -> new RunningService(each, Replaced.of(each)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether it runs; otherwise it was killed. */
    public boolean isRunning() {
        return process.isRunning();
    }
}
