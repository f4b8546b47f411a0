// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.io.IOException;
import java.time.Clock;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostLostException;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.OnlineBackup;
import org.tidemark.postgres.ReplicationConnection;

/** Whether the files of a server can be read on a host, so that {@link FilesSource} can copy them. */
public sealed interface FoundFiles {
    /** The host has the files of the server. */
    record Here(FilesSource source) implements FoundFiles {}

    /**
     * The files cannot be read.
     *
     * @param status {@link ExitCode#BACKUP_FAILED} if the host cannot be reached, else {@link ExitCode#USAGE}
     * @param reason a part of a sentence
     * @param hint a sentence without its end
     */
    record NotHere(ExitCode status, String reason, String hint) implements FoundFiles {}

    /**
     * Checks whether the host has the data directory, and whether the role and the user may read it.
     *
     * @param connection to the same server
     * @param host closed by the source, or here if there is none
     * @throws IOException if this thread is interrupted
     */
    static FoundFiles find(
            SourceHost host,
            ConnectionSettings settings,
            ReplicationConnection connection,
            Checkpoint checkpoint,
            Clock clock)
            throws IOException {
        boolean isUsed = false;
        try {
            FoundFiles found = new Search(host, settings, connection, checkpoint, clock).find();
            isUsed = found instanceof Here;
            return found;
        } finally {
            if (!isUsed) {
                host.files().close();
            }
        }
    }

    /** One search. Immutable. */
    record Search(
            SourceHost host,
            ConnectionSettings settings,
            ReplicationConnection connection,
            Checkpoint checkpoint,
            Clock clock) {
        private FoundFiles find() throws IOException {
            OnlineBackup backup;
            try {
                backup = OnlineBackup.open(settings, connection.walSender());
            } catch (UserFacingException e) {
                return unreadable(e);
            }
            boolean isUsed = false;
            try {
                FoundFiles found = find(backup);
                isUsed = found instanceof Here;
                return found;
            } finally {
                if (!isUsed) {
                    backup.close();
                }
            }
        }

        private FoundFiles find(OnlineBackup backup) throws IOException {
            try {
                if (!backup.isAllowed()) {
                    return unreadable(
                            "the role may not execute PostgreSQL's functions that start and stop a backup",
                            grant(backup.neededRight()));
                }
                Optional<OnlineBackup.Place> place = backup.place();
                if (place.isEmpty()) {
                    return unreadable(
                            "the role is not a member of pg_read_all_settings", grant("pg_read_all_settings"));
                }
                DataDirectory directory = new RunningServer(host)
                        .find(place.get(), connection.identifySystem().system());
                return new Here(new FilesSource(
                        connection, backup, host, host.readAt(directory.path()), directory, checkpoint, clock));
            } catch (RunningServer.Elsewhere e) {
                return unreadable(e.reason(), asOwner());
            } catch (HostLostException e) {
                return new NotHere(
                        ExitCode.BACKUP_FAILED,
                        String.valueOf(e.getMessage()),
                        e.hint()
                                .orElse("See whether ssh reaches " + host.name())
                                .replaceFirst("\\.$", ""));
            } catch (UserFacingException e) {
                return unreadable(e);
            }
        }

        private String grant(String right) {
            return "Let a superuser run: GRANT " + right + " TO \"" + settings.user() + "\"";
        }

        private String asOwner() {
            return host.isThis()
                    ? "Run this command on PostgreSQL's host as the owner of the data directory"
                    : "Let ssh-host name PostgreSQL's host, and the owner of the data directory as its user";
        }

        private NotHere unreadable(UserFacingException e) {
            if (e.exitCode() == ExitCode.INTERRUPTED) {
                throw e;
            }
            return unreadable(String.valueOf(e.getMessage()), asOwner());
        }

        private static NotHere unreadable(String reason, String hint) {
            return new NotHere(ExitCode.USAGE, reason, hint);
        }
    }
}
