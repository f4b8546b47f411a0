// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.WalRange;
import org.tidemark.postgres.internal.PhysicalReplicationConnection;

/**
 * A connection to PostgreSQL's WAL sender, the protocol of pg_basebackup and pg_receivewal. Every method throws
 * {@link PostgresException} if the server refuses a command, or if the connection is lost or silent for too long. Not
 * thread-safe, except {@link #cancel}. An interrupt of the waiting thread ends the connection.
 *
 * @see <a href="https://www.postgresql.org/docs/current/protocol-replication.html">streaming replication protocol</a>
 */
public interface ReplicationConnection extends AutoCloseable {
    /** The SQLSTATE for a slot of a name that is taken. */
    String DUPLICATE_OBJECT = "42710";

    /**
     * Logs in; the caller closes the connection. The role needs LOGIN and REPLICATION, and pg_hba.conf needs a line for
     * "replication".
     */
    static ReplicationConnection open(ConnectionSettings settings) {
        return PhysicalReplicationConnection.open(settings);
    }

    /**
     * The server process of this connection; another connection can compare it to know whether the server is the same.
     */
    WalSender walSender();

    SystemIdentity identifySystem();

    /** The output of SHOW for a setting, with its unit ({@code 16MB}); some settings need pg_read_all_settings. */
    String show(String name);

    /** The server's version as a number: 130023 for 13.23. */
    int serverVersionNum();

    /** The bytes of the timeline's history file; empty if the server has no such file, as for timeline 1. */
    Optional<byte[]> timelineHistory(Timeline timeline);

    /** A backup_manifest. */
    @FunctionalInterface
    interface EarlierManifest {
        void writeTo(OutputStream json) throws IOException;
    }

    /**
     * Tells PostgreSQL 17 and later which backup {@link BaseBackupOptions#incremental} refers to: of the files in it,
     * it may send only what has changed. It asks for WAL ranges, paths and sizes, not for checksums. The server keeps
     * the paths in memory until the connection ends.
     *
     * @throws IOException only if {@code manifest} throws it; the connection cannot be used after that
     */
    void uploadManifest(EarlierManifest manifest) throws IOException;

    /** Whether all of this WAL is in the history of the server's timeline. */
    default boolean descendsFrom(WalRange wal) {
        Timeline now = identifySystem().timeline();
        return wal.timeline().equals(now)
                || timelineHistory(now)
                        .map(content -> TimelineHistory.parse(now, new String(content, StandardCharsets.ISO_8859_1)))
                        .flatMap(history -> history.endOf(wal.timeline()))
                        .filter(end -> !wal.stop().isAfter(end))
                        .isPresent();
    }

    /**
     * Takes a base backup. When this method returns, {@code receiver} has received every archive and the manifest
     * completely, and the connection can be used again. It can be used as well if the server refuses before
     * {@link BaseBackupReceiver#started}. Otherwise, when this method throws, the connection is closed, and the server
     * leaves backup mode.
     *
     * @throws IOException only if {@code receiver} throws it
     */
    BaseBackupResult baseBackup(BaseBackupOptions options, BaseBackupReceiver receiver) throws IOException;

    /**
     * Creates a physical replication slot, which keeps WAL from the latest checkpoint on.
     *
     * @throws PostgresException with SQLSTATE {@link #DUPLICATE_OBJECT} if there is one of this name
     */
    void createSlot(String name, WalStream.SlotLife life);

    /**
     * Removes a replication slot.
     *
     * @throws PostgresException with SQLSTATE 42704 if there is none, and 55006 while it is in use
     */
    void dropSlot(String name);

    /**
     * The position from which on a slot keeps WAL. Empty if it keeps none, if there is no such slot, and always before
     * PostgreSQL 15: such a server does not tell on a replication connection.
     */
    Optional<Lsn> slotStart(String name);

    /**
     * Starts to receive WAL. The connection serves only the stream until that has ended.
     *
     * @throws PostgresException with SQLSTATE 42704 if there is no such slot, 55006 if it is in use. A removed segment
     *     (58P01) shows only when the stream is read
     */
    WalStream startReplication(WalStream.Start start);

    /**
     * Ends the running command, from any thread: asks the server to cancel, and closes the connection. The interrupted
     * method throws. A caller may call this method again, and after {@link #close}.
     */
    void cancel();

    @Override
    void close();

    /**
     * The answer to IDENTIFY_SYSTEM. Immutable.
     *
     * @param timeline the timeline that the server writes, or replays if it is a standby
     * @param flushed the flushed WAL position; on a standby, the replayed position
     */
    record SystemIdentity(SystemIdentifier system, Timeline timeline, Lsn flushed) {}
}
