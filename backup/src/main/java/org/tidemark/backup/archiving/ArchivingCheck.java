// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.archiving;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.tidemark.backup.request.BackupListener;
import org.tidemark.backup.request.BackupOptions;
import org.tidemark.backup.server.BackupFacts;
import org.tidemark.backup.server.ServerQueries;
import org.tidemark.backup.target.Receiver;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ReplicationConnection;

/**
 * Whether the WAL of a backup can reach the repository, as far as the server's settings and one closed segment tell.
 * Without its WAL there is no backup. Immutable.
 *
 * @param standby whether another server archives, about which nothing is known here
 * @param library empty before PostgreSQL 15, which has none
 */
public record ArchivingCheck(boolean standby, boolean enabled, String command, String library, int serverVersionNum) {
    /**
     * More than the minute after which PostgreSQL tries a failed archive_command again; also more than the minute for
     * which pushes leave out a repository that was too slow once, and the minute of archive_timeout until the next one.
     */
    static final Duration TEST_LIMIT = Duration.ofMinutes(3);

    private static final int FIRST_WITH_HOT_STANDBY_SHOWN = 140_000;
    private static final int FIRST_WITH_LIBRARY = 150_000;
    private static final int FIRST_THAT_REFUSES_BOTH = 160_000;
    private static final String NO_BACKUP = ", so the WAL that the backup needs is not archived; no backup was begun";

    /** For the server of this connection. */
    public static ArchivingCheck of(ReplicationConnection connection) {
        int version = connection.serverVersionNum();
        // Before 14 a role whose transactions are read-only makes a primary look like a standby: then nothing is
        // refused here that a standby may do.
        String recovery = version >= FIRST_WITH_HOT_STANDBY_SHOWN ? "in_hot_standby" : "transaction_read_only";
        return new ArchivingCheck(
                connection.show(recovery).equals("on"),
                !connection.show("archive_mode").equals("off"),
                connection.show("archive_command"),
                version >= FIRST_WITH_LIBRARY ? connection.show("archive_library") : "",
                version);
    }

    /**
     * Refuses a backup whose WAL nobody would archive.
     *
     * @throws UserFacingException {@link ExitCode#USAGE} if the server is a primary that is set not to archive
     */
    public void requireConfigured(ServerQueries queries) {
        if (standby) {
            return;
        }
        if (!enabled && queries.archiveModeAwaitsRestart()) {
            throw refused(
                    "archive_mode is off until PostgreSQL is restarted",
                    "Restart PostgreSQL; this prints the command: tidemark check");
        }
        if (!enabled) {
            throw refused("archive_mode is off", "Set it up, then restart PostgreSQL: tidemark setup primary");
        }
        if (command.isBlank() && library.isEmpty()) {
            throw refused("archive_command is empty", "Set it up with: tidemark setup primary");
        }
        if (!command.isBlank() && !library.isEmpty() && serverVersionNum >= FIRST_THAT_REFUSES_BOTH) {
            throw refused(
                    "archive_command and archive_library are both set, and PostgreSQL archives nothing then",
                    "Unset archive_library: tidemark setup primary --replace");
        }
    }

    private static UserFacingException refused(String reason, String hint) {
        return new UserFacingException(ExitCode.USAGE, reason + NO_BACKUP, hint);
    }

    /**
     * Has a primary close its current segment, so that its arrival tests archiving. Where the role may not do that, it
     * only warns of what looks wrong.
     */
    public Optional<WalFile.Segment> closeSegment(ServerQueries queries, BackupListener listener) {
        Optional<WalFile.Segment> closed = standby ? Optional.empty() : queries.switchWal();
        if (closed.isEmpty()) {
            warn(queries, listener);
        }
        return closed;
    }

    /**
     * Waits until a closed segment is archived.
     *
     * @param receiver the repository
     * @throws UserFacingException {@link ExitCode#WAL_NOT_ARCHIVED} if neither this segment nor one before it arrived
     *     for {@link #TEST_LIMIT}
     */
    public static void requireArrival(
            WalFile.Segment closed,
            Receiver receiver,
            BackupFacts facts,
            BackupOptions options,
            BackupListener listener)
            throws IOException {
        Duration limit = options.walLimit().compareTo(TEST_LIMIT) < 0 ? options.walLimit() : TEST_LIMIT;
        ClusterArchive archive = receiver.archive();
        String name = receiver.target().name();
        String hint = (archive.wal().listing().timelines().isEmpty()
                        ? "No WAL of this cluster has ever arrived in '" + name + "'. "
                        : "")
                + "If archive_command fails, PostgreSQL's log says why. If it succeeds, it archives to another"
                + " repository, or this one lags: then run on PostgreSQL's host: tidemark sync. See also:"
                + " tidemark check";
        WalWait wait = new WalWait(name, archive.wal(), archive.identity().walSegmentSize(), limit, hint, listener);
        if (!wait.await(closed)) {
            throw new UserFacingException(
                    ExitCode.WAL_NOT_ARCHIVED,
                    "PostgreSQL closed segment '" + closed.name() + "' to test archiving, but for " + limit.toSeconds()
                            + " s neither it nor earlier WAL arrived in " + receiver.description()
                            + facts.archivingFailure()
                                    .map(failure -> "; archiving fails for " + failure)
                                    .orElse("")
                            + "; there is no backup",
                    hint);
        }
    }

    private void warn(ServerQueries queries, BackupListener listener) {
        if (standby) {
            return;
        }
        queries.archivingFailure()
                .ifPresent(failure -> listener.warning(
                        "archiving fails for " + failure + "; the backup is complete only when later WAL is archived"));
        if (!command.contains("wal-push")) {
            listener.warning((library.isEmpty() ? "archive_command" : "archive_library")
                    + " does not call 'tidemark wal-push', and archiving could not be tested with pg_switch_wal:"
                    + " the WAL that the backup needs may never arrive");
        }
    }
}
