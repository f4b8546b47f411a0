// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.status;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;

/**
 * Who follows a server, how far each is, and what its slots hold, at one moment. Lags are in bytes of WAL, because
 * PostgreSQL's own times keep their last value while nothing is replayed. Immutable.
 *
 * @param followers in the order of their names
 * @param slots in the order of their names
 */
public record ReplicationStatus(Role role, List<Follower> followers, List<Slot> slots) {
    private static final String IN_RECOVERY = "SELECT pg_is_in_recovery()";

    private static final String PRIMARY = "SELECT pg_walfile_name(pg_current_wal_lsn()), pg_current_wal_flush_lsn()";

    private static final String STANDBY = """
            SELECT receiver.sender_host, receiver.sender_port, receiver.status, receiver.slot_name,
                   coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), pg_last_wal_replay_lsn(),
                   pg_last_xact_replay_timestamp(), pg_is_wal_replay_paused(),
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay')
            FROM (SELECT 1) AS one LEFT JOIN pg_stat_wal_receiver AS receiver ON true""";

    /** A standby sends what it has received. */
    private static final String END = """
            CASE WHEN pg_is_in_recovery() THEN coalesce(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn())
                 ELSE pg_current_wal_flush_lsn() END""";

    private static final String FOLLOWERS = """
            SELECT coalesce(nullif(sender.application_name, ''), 'pid ' || sender.pid), host(sender.client_addr),
                   sender.state, sender.sync_state, slot.slot_name, slot.slot_type,
                   pg_wal_lsn_diff(reached.lsn, sender.sent_lsn)::bigint,
                   pg_wal_lsn_diff(reached.lsn, sender.flush_lsn)::bigint,
                   pg_wal_lsn_diff(reached.lsn, sender.replay_lsn)::bigint,
                   (extract(epoch FROM sender.replay_lag) * 1000)::bigint
            FROM (SELECT %s AS lsn) AS reached, pg_stat_replication AS sender
            LEFT JOIN pg_replication_slots AS slot ON slot.active_pid = sender.pid
            ORDER BY 1, sender.pid""".formatted(END);

    private static final String SLOTS = """
            SELECT slot_name, slot_type, active, wal_status,
                   pg_wal_lsn_diff(reached.lsn, restart_lsn)::bigint, safe_wal_size
            FROM (SELECT %s AS lsn) AS reached, pg_replication_slots ORDER BY 1""".formatted(END);

    public ReplicationStatus {
        followers = List.copyOf(followers);
        slots = List.copyOf(slots);
    }

    /** What the server is. */
    public sealed interface Role {
        /**
         * A server that takes writes.
         *
         * @param flushed up to where its WAL is on its disk
         */
        record Primary(Timeline timeline, Lsn flushed) implements Role {}

        /**
         * A server in recovery.
         *
         * @param upstream the server that it streams from; empty if it does not stream
         * @param received up to where; empty before it has replayed anything
         * @param commit the time of the last commit that it has replayed
         * @param delay how long it waits before it replays a commit
         */
        record Standby(
                Optional<Upstream> upstream,
                Optional<Lsn> received,
                Optional<Lsn> replayed,
                Optional<Instant> commit,
                boolean isPaused,
                Duration delay)
                implements Role {}
    }

    /**
     * The server that a standby streams from.
     *
     * @param address empty if the role may not see it
     */
    public record Upstream(Optional<String> address, String state, Optional<String> slot) {}

    /**
     * One that the server sends WAL to. What the role may not see is empty.
     *
     * @param kind standby, receiver (of WAL alone), subscriber, backup; empty if that cannot be seen
     * @param host empty on the server's own host, over a socket
     * @param state as in pg_stat_replication: streaming, catchup, backup
     * @param sync as there: async, potential, sync, quorum
     * @param unsentBytes of WAL that it was not sent yet
     * @param unflushedBytes of WAL that it has not reported as durable
     * @param unreplayedBytes of WAL that it has not replayed; empty for a receiver
     * @param replayLag replay_lag of PostgreSQL; empty while nothing is written
     */
    public record Follower(
            String name,
            Optional<String> kind,
            Optional<String> host,
            Optional<String> state,
            Optional<String> sync,
            Optional<String> slot,
            OptionalLong unsentBytes,
            OptionalLong unflushedBytes,
            OptionalLong unreplayedBytes,
            Optional<Duration> replayLag) {
        private static Follower of(ResultSet row) throws SQLException {
            Optional<String> state = Optional.ofNullable(row.getString(3));
            OptionalLong unreplayed = number(row, 9);
            boolean logical = "logical".equals(row.getString(6));
            return new Follower(
                    row.getString(1),
                    state.map(each -> each.equals("backup")
                            ? "backup"
                            : logical ? "subscriber" : unreplayed.isPresent() ? "standby" : "receiver"),
                    Optional.ofNullable(row.getString(2)),
                    state,
                    Optional.ofNullable(row.getString(4)),
                    Optional.ofNullable(row.getString(5)),
                    number(row, 7),
                    number(row, 8),
                    unreplayed,
                    number(row, 10).stream().mapToObj(Duration::ofMillis).findFirst());
        }
    }

    /**
     * A replication slot.
     *
     * @param type physical or logical
     * @param status as wal_status: reserved, extended, unreserved, lost; empty before it was used
     * @param heldBytes of WAL that stay in pg_wal for it; empty before it was used
     * @param safeBytes that may still be written before it may be lost; empty without max_slot_wal_keep_size, and once
     *     it is lost
     */
    public record Slot(
            String name,
            String type,
            boolean isActive,
            Optional<String> status,
            OptionalLong heldBytes,
            OptionalLong safeBytes) {}

    /** Asks the server of the session's cluster. */
    public static ReplicationStatus ask(Session session) {
        try (SqlConnection connection = SqlConnection.open(session.connection())) {
            boolean recovers = connection
                    .query(ServerSettings.LIMIT, row -> row.getBoolean(1), IN_RECOVERY)
                    .getFirst();
            return new ReplicationStatus(
                    recovers ? standby(connection) : primary(connection),
                    connection.query(ServerSettings.LIMIT, Follower::of, FOLLOWERS),
                    connection.query(
                            ServerSettings.LIMIT,
                            row -> new Slot(
                                    row.getString(1),
                                    row.getString(2),
                                    row.getBoolean(3),
                                    Optional.ofNullable(row.getString(4)),
                                    number(row, 5),
                                    number(row, 6)),
                            SLOTS));
        }
    }

    private static Role primary(SqlConnection connection) {
        return connection
                .query(
                        ServerSettings.LIMIT,
                        row -> new Role.Primary(
                                Timeline.parseHex(row.getString(1).substring(0, 8)), Lsn.parse(row.getString(2))),
                        PRIMARY)
                .getFirst();
    }

    private static Role standby(SqlConnection connection) {
        return connection
                .query(
                        ServerSettings.LIMIT,
                        row -> new Role.Standby(
                                upstream(row),
                                lsn(row, 5),
                                lsn(row, 6),
                                Optional.ofNullable(row.getObject(7, OffsetDateTime.class))
                                        .map(OffsetDateTime::toInstant),
                                row.getBoolean(8),
                                Duration.ofMillis(row.getLong(9))),
                        STANDBY)
                .getFirst();
    }

    private static Optional<Upstream> upstream(ResultSet row) throws SQLException {
        String state = row.getString(3);
        if (state == null) {
            return Optional.empty();
        }
        String host = row.getString(1);
        String port = row.getString(2);
        return Optional.of(new Upstream(
                host == null ? Optional.empty() : Optional.of(host + ":" + port),
                state,
                Optional.ofNullable(row.getString(4))));
    }

    private static Optional<Lsn> lsn(ResultSet row, int column) throws SQLException {
        return Optional.ofNullable(row.getString(column)).map(Lsn::parse);
    }

    /** What is sent while it is asked for may be beyond what the server had a moment before. */
    private static OptionalLong number(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? OptionalLong.empty() : OptionalLong.of(Math.max(0, value));
    }
}
