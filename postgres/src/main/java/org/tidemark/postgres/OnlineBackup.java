// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.BaseBackupOptions.Checkpoint;

/**
 * A session that keeps PostgreSQL in backup mode while the caller copies the files: pg_backup_start() and
 * pg_backup_stop(), before version 15 the non-exclusive pg_start_backup() and pg_stop_backup(). The backup belongs to
 * the session: this class never reconnects, and closing it ends backup mode. Thread-safe.
 *
 * @see <a href="https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP">Making a
 *     Base Backup Using the Low Level API</a>
 */
public final class OnlineBackup implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(1);
    // A backup of hours must survive a server that is stalled for a minute.
    private static final Duration LONG_LIMIT = BaseBackupOptions.SILENCE_LIMIT;
    private static final int FIRST_WITH_SHORT_NAMES = 150_000;

    /** The comment is for readers of pg_stat_activity. */
    private static final String SESSION =
            "/* a base backup is under way */ SELECT concat_ws(' ', pg_backend_pid(), pg_postmaster_start_time(),"
                    + " (SELECT system_identifier FROM pg_control_system()),"
                    + " CASE WHEN pg_is_in_recovery() THEN 'standby' ELSE 'primary' END)";

    private final SqlConnection connection;
    private final int version;
    private final String session;
    private Optional<Lsn> start = Optional.empty();

    /**
     * The places of the running server's files, according to the server. Immutable.
     *
     * @param dataDirectory an absolute path on the server's host
     * @param processId of the server process of the session
     * @param postmasterStarted when it became ready; postmaster.pid has an earlier time
     * @param temporaryStatistics stats_temp_directory, before version 15
     */
    public record Place(
            String dataDirectory,
            int processId,
            Instant postmasterStarted,
            int port,
            Optional<String> temporaryStatistics) {}

    /**
     * The end of the backup. Immutable.
     *
     * @param timeline the one of {@code end}
     * @param label the content of {@code backup_label}
     * @param tablespaceMap the content of {@code tablespace_map}; empty without tablespaces
     */
    @SuppressWarnings("ArrayRecordComponent") // Written to files, never compared.
    public record Stopped(Lsn end, Timeline timeline, byte[] label, byte[] tablespaceMap) {}

    @SuppressWarnings("ArrayRecordComponent") // Read once, never compared.
    private record Answer(Lsn end, byte[] label, byte[] tablespaceMap) {}

    private OnlineBackup(SqlConnection connection) {
        this.connection = connection;
        this.version = connection.serverVersionNum();
        this.session = session();
    }

    /**
     * Opens the session, without a backup yet.
     *
     * @param source a replication connection; the session must reach the same server
     * @throws UserFacingException {@link ExitCode#POSTGRES_REFUSED} if the session reaches another server
     */
    public static OnlineBackup open(ConnectionSettings settings, WalSender source) {
        SqlConnection connection = SqlConnection.open(settings.at(source.address()));
        try {
            Optional<String> same = connection.text(
                    LIMIT,
                    "SELECT 1 FROM pg_stat_activity"
                            + " WHERE pid = ? AND backend_type = 'walsender' AND usename = session_user",
                    source.processId());
            if (same.isEmpty()) {
                throw new UserFacingException(
                        ExitCode.POSTGRES_REFUSED,
                        "the SQL session at " + source.address()
                                + " reached another server than the replication connection",
                        "Is there a proxy or connection pooler in between? Name the server itself in conninfo.");
            }
            return new OnlineBackup(connection);
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    /** Whether the role may start and stop a backup by SQL. */
    public synchronized boolean isAllowed() {
        return connection
                .text(
                        LIMIT,
                        "SELECT has_function_privilege(?, 'execute') AND has_function_privilege(?, 'execute')",
                        isShort() ? "pg_backup_start(text,boolean)" : "pg_start_backup(text,boolean,boolean)",
                        isShort() ? "pg_backup_stop(boolean)" : "pg_stop_backup(boolean,boolean)")
                .equals(Optional.of("t"));
    }

    /** Names the right that {@link #isAllowed} needs, in the form that GRANT takes. */
    public String neededRight() {
        return "EXECUTE ON FUNCTION "
                + (isShort()
                        ? "pg_backup_start(text, boolean), pg_backup_stop(boolean)"
                        : "pg_start_backup(text, boolean, boolean), pg_stop_backup(boolean, boolean)");
    }

    /** Empty if the role is not a member of pg_read_all_settings. */
    public synchronized Optional<Place> place() {
        List<Place> places = connection.query(
                LIMIT,
                row -> new Place(
                        row.getString(1),
                        row.getInt(2),
                        Instant.ofEpochSecond(row.getLong(3)),
                        row.getInt(4),
                        Optional.ofNullable(row.getString(5))),
                "SELECT setting, pg_backend_pid(), floor(extract(epoch FROM pg_postmaster_start_time()))::bigint,"
                        + " (SELECT setting::int FROM pg_settings WHERE name = 'port'),"
                        + " (SELECT setting FROM pg_settings WHERE name = 'stats_temp_directory')"
                        + " FROM pg_settings WHERE name = 'data_directory'");
        return places.stream().findFirst();
    }

    /**
     * Starts the backup, after a checkpoint.
     *
     * @param limit the maximum time of both
     */
    public synchronized Lsn start(String label, Checkpoint checkpoint, Duration limit) {
        Lsn lsn = connection
                .text(
                        limit,
                        isShort() ? "SELECT pg_backup_start(?, ?)" : "SELECT pg_start_backup(?, ?, false)",
                        label,
                        checkpoint == Checkpoint.FAST)
                .map(Lsn::parse)
                .orElseThrow();
        start = Optional.of(lsn);
        return lsn;
    }

    /**
     * Requires that the session is alive and still the one that started the backup.
     *
     * @throws UserFacingException if not: the backup is lost
     */
    public synchronized void requireAlive() {
        String now = session();
        if (!now.equals(session)) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "the session of the backup was '" + session + "' (server process, start of the server, system"
                            + " identifier, role), and is '" + now + "' now; there is no backup",
                    "Was the standby promoted? Is there a connection pooler in between? Take the backup again, with"
                            + " the server itself in conninfo.");
        }
    }

    /**
     * Ends the backup, in the session that started it.
     *
     * @throws UserFacingException if the session changed, or PostgreSQL refuses; it refuses after a promotion, for
     *     example
     * @throws CorruptFileException if backup_label cannot be read
     */
    public synchronized Stopped stop() throws CorruptFileException {
        requireAlive();
        Answer answer = connection
                .query(
                        LONG_LIMIT,
                        row -> new Answer(Lsn.parse(row.getString(1)), row.getBytes(2), row.getBytes(3)),
                        // As bytes: the path of a tablespace may be invalid in the client encoding.
                        "SELECT lsn, convert_to(labelfile, current_setting('server_encoding')),"
                                + " convert_to(spcmapfile, current_setting('server_encoding')) FROM "
                                + (isShort() ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)"))
                .getFirst();
        requireAlive();
        BackupLabel label = BackupLabel.parse(new String(answer.label(), StandardCharsets.UTF_8), "backup_label");
        if (!start.equals(Optional.of(label.start()))) {
            throw new UserFacingException(
                    ExitCode.BACKUP_FAILED,
                    "PostgreSQL ended a backup that started at " + label.start() + ", but this one started at "
                            + start.map(Lsn::toString).orElse("no position") + "; there is no backup",
                    "Is there a connection pooler in between? Name the server itself in conninfo.");
        }
        // A standby may have followed another timeline. This query comes after the end, so it misses no switch.
        Timeline timeline = connection
                .text(
                        LIMIT,
                        "SELECT nullif(min_recovery_end_timeline, 0) FROM pg_control_recovery()"
                                + " WHERE pg_is_in_recovery()")
                .map(text -> new Timeline(Integer.parseInt(text)))
                .orElse(label.timeline());
        return new Stopped(answer.end(), timeline, answer.label(), answer.tablespaceMap());
    }

    private boolean isShort() {
        return version >= FIRST_WITH_SHORT_NAMES;
    }

    private String session() {
        return connection.text(LONG_LIMIT, SESSION).orElse("");
    }

    @Override
    public synchronized void close() {
        connection.close();
    }
}
