// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.time.Clock;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.OnlineBackup;
import org.tidemark.postgres.ReplicationConnection;

/** Finds out whether the files of a server can be read on this host, so that {@link FilesSource} can copy them. */
public final class LocalSource {
    private static final String AS_OWNER = "Run this command on PostgreSQL's host as the owner of the data directory";

    /** The source, or the reason why there is none. */
    public sealed interface Availability {
        /** This host has the files of the server. */
        record Here(FilesSource source) implements Availability {}

        /** The reason is a part of a sentence, the hint a sentence without its end. */
        record NotHere(String reason, String hint) implements Availability {}
    }

    private LocalSource() {}

    /**
     * Checks whether this host has the data directory, and whether the role and the user may read it.
     *
     * @param connection to the same server
     */
    public static Availability find(
            ConnectionSettings settings, ReplicationConnection connection, Checkpoint checkpoint, Clock clock) {
        OnlineBackup backup;
        try {
            backup = OnlineBackup.open(settings, connection.walSender());
        } catch (UserFacingException e) {
            return notHere(e);
        }
        Availability availability = find(backup, settings, connection, checkpoint, clock);
        if (availability instanceof Availability.NotHere) {
            backup.close();
        }
        return availability;
    }

    private static String grant(ConnectionSettings settings, String right) {
        return "Let a superuser run: GRANT " + right + " TO \"" + settings.user() + "\"";
    }

    private static Availability find(
            OnlineBackup backup,
            ConnectionSettings settings,
            ReplicationConnection connection,
            Checkpoint checkpoint,
            Clock clock) {
        try {
            if (!backup.isAllowed()) {
                return new Availability.NotHere(
                        "the role may not execute PostgreSQL's functions that start and stop a backup",
                        grant(settings, backup.neededRight()));
            }
            Optional<OnlineBackup.Place> place = backup.place();
            if (place.isEmpty()) {
                return new Availability.NotHere(
                        "the role is not a member of pg_read_all_settings", grant(settings, "pg_read_all_settings"));
            }
            DataDirectory directory =
                    LocalServer.find(place.get(), connection.identifySystem().system());
            return new Availability.Here(new FilesSource(connection, backup, directory, checkpoint, clock));
        } catch (LocalServer.Elsewhere e) {
            return new Availability.NotHere(e.reason(), AS_OWNER);
        } catch (UserFacingException e) {
            return notHere(e);
        }
    }

    private static Availability notHere(UserFacingException e) {
        if (e.exitCode() == ExitCode.INTERRUPTED) {
            throw e;
        }
        return new Availability.NotHere(String.valueOf(e.getMessage()), AS_OWNER);
    }
}
