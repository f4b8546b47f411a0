// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.postgres.SqlConnection;

/** Whether a configured data directory is that of a server. */
public final class ServerDirectory {
    /** The server records its start twice, a moment apart. */
    private static final Duration STARTED_APART = Duration.ofSeconds(10);

    private ServerDirectory() {}

    /**
     * Compares directories by identity, not by spelling; in a container the same one may have another path.
     *
     * @param started when the server was started
     */
    public static boolean is(Path configured, Path ofServer, Optional<Instant> started) {
        return configured.equals(ofServer) || isSame(configured, ofServer) || isRunningSince(configured, started);
    }

    /** When a server was started. */
    public static Optional<Instant> started(SqlConnection connection) {
        return connection
                .query(
                        ServerSettings.LIMIT,
                        row -> row.getTimestamp(1).toInstant(),
                        "SELECT pg_postmaster_start_time()")
                .stream()
                .findFirst();
    }

    private static boolean isSame(Path configured, Path ofServer) {
        try {
            return Files.isSameFile(configured, ofServer);
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether postmaster.pid, which tells when a server was started, is of this one. */
    private static boolean isRunningSince(Path configured, Optional<Instant> started) {
        try {
            List<String> lines = Files.readAllLines(configured.resolve("postmaster.pid"));
            Instant noted = Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip()));
            return started.filter(each -> Duration.between(each, noted).abs().compareTo(STARTED_APART) < 0)
                    .isPresent();
        } catch (IOException | NumberFormatException | IndexOutOfBoundsException e) {
            return false;
        }
    }
}
