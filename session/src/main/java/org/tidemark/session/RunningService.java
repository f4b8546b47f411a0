// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
public record RunningService(RunningProcess process) {
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
            return RunningProcess.parse(LockedFile.text(file(spool)).strip()).map(RunningService::new);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Whether it runs; otherwise it was killed. */
    public boolean isRunning() {
        return process.isRunning();
    }
}
