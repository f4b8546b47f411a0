// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.receive;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.LockedFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.RunningProcess;

/**
 * The {@code wal-receive} that was the last to receive WAL of a cluster on this host, and what shows of it in the
 * spool. Immutable.
 *
 * @param name its application_name
 * @param hasEnded whether it has said so; one that was killed has not
 * @param last empty if the spool has no segment that was begun
 */
public record LocalReceiver(String name, RunningProcess process, boolean hasEnded, Optional<Arrival> last) {
    private static final String ENDED = "ended";

    /**
     * The last WAL.
     *
     * @param segment which it belongs to
     * @param at when it came, or the segment was begun
     */
    public record Arrival(Segment segment, Instant at) {}

    /** The text that the lock of a cluster holds while this process receives its WAL, and after that. */
    static String text(String name) {
        return name + "\n" + RunningProcess.self() + "\n";
    }

    /** What is added when it ends: its process may stay for other work. */
    static String ending() {
        return ENDED + "\n";
    }

    /**
     * Reads it.
     *
     * @param spool the host's spool directory
     * @return empty if this host has never received WAL of the cluster
     */
    public static Optional<LocalReceiver> of(Path spool, ClusterName cluster) throws IOException {
        Path directory = ReceiveSpool.directory(spool, cluster);
        List<String> lines;
        try {
            lines = List.of(LockedFile.text(ReceiveSpool.lock(directory)).split("\n", -1));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
        if (lines.size() < 2) {
            return Optional.empty(); // it starts at this moment, or found no space
        }
        Optional<RunningProcess> process = RunningProcess.parse(lines.get(1));
        return process.isEmpty()
                ? Optional.empty()
                : Optional.of(new LocalReceiver(
                        lines.getFirst(), process.get(), lines.contains(ENDED), ReceiveSpool.last(directory)));
    }

    /** Whether it runs. */
    public boolean isRunning() {
        return !hasEnded && process.isRunning();
    }
}
