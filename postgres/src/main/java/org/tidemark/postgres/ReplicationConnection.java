// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.util.Optional;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.internal.PhysicalReplicationConnection;

/**
 * A connection to PostgreSQL's WAL sender: what pg_basebackup and pg_receivewal use. Every method throws
 * {@link PostgresException} when the server refuses, and when the connection is lost or silent for too long. Not
 * thread-safe, except {@link #cancel}. Interrupting the thread that waits ends the connection.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">streaming replication protocol</a>
 */
public interface ReplicationConnection extends AutoCloseable {
    /** Logs in; the caller closes. The role needs LOGIN and REPLICATION, and pg_hba.conf a line for "replication". */
    static ReplicationConnection open(ConnectionSettings settings) {
        return PhysicalReplicationConnection.open(settings);
    }

    /** Who serves this connection: another connection can ask its server whether it is the same. */
    WalSender walSender();

    SystemIdentity identifySystem();

    /** A setting as SHOW prints it, with its unit ({@code 16MB}); some need the role pg_read_all_settings. */
    String show(String name);

    /** The server's version as a number: 130023 for 13.23. */
    int serverVersionNum();

    /** The bytes of the timeline's history file; empty where the server has none, as always for timeline 1. */
    Optional<byte[]> timelineHistory(Timeline timeline);

    /**
     * Takes a base backup. When this returns, every archive and the manifest passed through {@code receiver} whole, and
     * the connection can be used again. When it throws, the connection is closed, and the server leaves backup mode.
     *
     * @throws IOException only what {@code receiver} throws
     */
    BaseBackupResult baseBackup(BaseBackupOptions options, BaseBackupReceiver receiver) throws IOException;

    /**
     * Ends whatever runs, from any thread: asks the server to cancel and closes the connection. The method that ran
     * throws. May be called again, and after {@link #close}.
     */
    void cancel();

    @Override
    void close();
}
