// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.core.ExitCode;
import org.tidemark.core.HostName;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.PrimaryConninfo;
import org.tidemark.postgres.ReplicationConnection;
import org.tidemark.postgres.ReplicationConnection.SystemIdentity;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.Primary;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;

/** A standby of this host that is to follow another server, across the change to its timeline. Used by one thread. */
public final class Following {
    /** PostgreSQL starts another receiver within five seconds. */
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private static final Duration PAUSE = Duration.ofMillis(300);

    /** A receiver that still runs after this was not refused. */
    private static final Duration PROVEN = Duration.ofSeconds(3);

    private static final String LOOK = """
            SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(),
                   current_setting('recovery_target_timeline'), current_setting('primary_slot_name'),
                   current_setting('primary_conninfo'),
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay')""";

    private static final String RECEIVER = """
            SELECT pid, received_tli, latest_end_lsn IS NOT NULL FROM pg_stat_wal_receiver
            WHERE status = 'streaming'""";

    private final Session session;
    private final Path directory;
    private final ConnectionSettings standby;
    private final String primary;

    private Following(Session session, Path directory, ConnectionSettings standby, String primary) {
        this.session = session;
        this.directory = directory;
        this.standby = standby;
        this.primary = primary;
    }

    /** @param pid 0 if none streams */
    private record Receiver(int pid, int timeline, boolean heard) {}

    /** What was found out. */
    private record Looked(FollowPlan.Standby server, String conninfo) {}

    /**
     * A standby that runs.
     *
     * @param primary how it is to reach the server that it follows, without a password
     * @throws UserFacingException POSTGRES_UNAVAILABLE if none runs there
     */
    public static Following of(Session session, Path directory, String primary) {
        ServerAddress address = ServerRun.in(directory)
                .flatMap(ServerRun::socket)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.POSTGRES_UNAVAILABLE,
                        "no server runs in '" + directory + "', or it listens on no socket",
                        "Name the data directory of a standby that runs on this host. One that is stopped can be made"
                                + " again with: clone."));
        return new Following(session, directory, session.connection(address), primary);
    }

    /** The plan for the facts of now; nothing is changed. */
    public FollowPlan plan() throws IOException {
        return of(look().server());
    }

    private Looked look() throws IOException {
        ControlFile control = ControlFile.read(directory);
        Timeline timeline = timeline(control);
        try (SqlConnection connection = SqlConnection.open(standby)) {
            return connection
                    .query(ServerSettings.LIMIT, row -> looked(row, control, timeline), LOOK)
                    .getFirst();
        }
    }

    /** A walsender knows it at once; pg_control says it after the next restartpoint. */
    private Timeline timeline(ControlFile control) {
        try (ReplicationConnection connection = ReplicationConnection.open(standby)) {
            return connection.identifySystem().timeline();
        } catch (UserFacingException e) {
            return control.reachedTimeline();
        }
    }

    private static Looked looked(ResultSet row, ControlFile control, Timeline timeline) throws SQLException {
        Lsn at = Stream.of(Optional.ofNullable(row.getString(2)), Optional.ofNullable(row.getString(3)))
                .flatMap(Optional::stream)
                .map(Lsn::parse)
                .max(Lsn::compareTo)
                .orElse(new Lsn(0));
        return new Looked(
                new FollowPlan.Standby(
                        control.system(),
                        row.getBoolean(1),
                        timeline,
                        at,
                        row.getString(4),
                        row.getString(5),
                        Duration.ofMillis(row.getLong(7))),
                row.getString(6));
    }

    private FollowPlan of(FollowPlan.Standby server) {
        return FollowPlan.of(server, upstream(server.slot()));
    }

    /** Asks by the protocol by which it will be followed. */
    private FollowPlan.Upstream upstream(String slot) {
        ConnectionSettings settings = ConnectionSettings.parse(primary, session.clientEnvironment());
        try (ReplicationConnection connection = ReplicationConnection.open(settings)) {
            SystemIdentity identity = connection.identifySystem();
            TimelineHistory history = connection
                    .timelineHistory(identity.timeline())
                    .map(content ->
                            TimelineHistory.parse(identity.timeline(), new String(content, StandardCharsets.UTF_8)))
                    .orElseGet(() -> TimelineHistory.root(identity.timeline()));
            return new FollowPlan.Upstream(
                    connection.walSender().address().toString(),
                    identity.system(),
                    isItself(connection.walSender().processId()),
                    Primary.recovers(settings),
                    identity.timeline(),
                    identity.flushed(),
                    history,
                    slot.isEmpty() ? Optional.empty() : hasSlot(settings, slot));
        }
    }

    /** Empty if the server does not say. */
    private static Optional<Boolean> hasSlot(ConnectionSettings settings, String slot) {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection
                    .query(
                            ServerSettings.LIMIT,
                            row -> row.getBoolean(1),
                            "SELECT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = ?)",
                            slot)
                    .stream()
                    .findFirst();
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }

    /** Whether a process that serves this program is one of the standby's. */
    private boolean isItself(int walSender) {
        try (SqlConnection connection = SqlConnection.open(standby)) {
            return connection
                    .query(
                            ServerSettings.LIMIT,
                            row -> row.getBoolean(1),
                            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE pid = ? AND backend_type = 'walsender')",
                            walSender)
                    .getFirst();
        }
    }

    /**
     * Lets it follow, and waits until it streams. One that replays with a delay is not waited for: it streams when it
     * has replayed what is archived.
     *
     * @return the timeline that it streams; empty for a delayed one
     * @throws UserFacingException TIMED_OUT if it does not stream; POSTGRES_REFUSED if the role may not change a
     *     setting
     */
    public Optional<Timeline> run() throws IOException, InterruptedException {
        Looked before = look();
        String conninfo = PrimaryConninfo.of(primary, name(before.conninfo()), session.clientEnvironment())
                .text();
        int pid = receiver().pid();
        boolean isNew = !conninfo.equals(before.conninfo());
        try (SqlConnection connection = SqlConnection.open(standby)) {
            connection.execute(
                    ServerSettings.LIMIT, "ALTER SYSTEM SET primary_conninfo = '" + conninfo.replace("'", "''") + "'");
            connection.text(ServerSettings.LIMIT, "SELECT pg_reload_conf()");
        }
        return before.server().delay().isPositive() ? Optional.empty() : Optional.of(awaitStream(isNew ? pid : 0));
    }

    /** Its name in synchronous_standby_names stays what it is. */
    private String name(String conninfo) throws IOException {
        try {
            String known = conninfo.isEmpty()
                    ? ""
                    : ConnectionSettings.parse(conninfo, session.clientEnvironment())
                            .applicationName();
            return known.isEmpty() || known.equals("tidemark") ? HostName.ofThisMachine() : known;
        } catch (UserFacingException e) {
            return HostName.ofThisMachine();
        }
    }

    private Receiver receiver() {
        try (SqlConnection connection = SqlConnection.open(standby)) {
            return connection
                    .query(
                            ServerSettings.LIMIT,
                            row -> new Receiver(row.getInt(1), row.getInt(2), row.getBoolean(3)),
                            RECEIVER)
                    .stream()
                    .findFirst()
                    .orElse(new Receiver(0, 0, false));
        }
    }

    /** @param old the receiver that streams from the old primary; 0 if none does */
    private Timeline awaitStream(int old) throws InterruptedException {
        long begun = System.nanoTime();
        long since = begun;
        Receiver last = new Receiver(0, 0, false);
        try (Wait _ = LongWaits.on("the primary that the standby is to stream from")) {
            while (System.nanoTime() - begun < LIMIT.toNanos()) {
                Receiver seen = receiver();
                if (seen.pid() != last.pid()) {
                    since = System.nanoTime();
                }
                last = seen;
                boolean isProven = seen.heard() || System.nanoTime() - since > PROVEN.toNanos();
                if (seen.pid() != 0 && seen.pid() != old && isProven) {
                    return new Timeline(seen.timeline());
                }
                Thread.sleep(PAUSE);
            }
        }
        throw new UserFacingException(
                ExitCode.TIMED_OUT,
                "the standby has its new primary_conninfo, but does not stream after " + LIMIT.toSeconds() + " s",
                "It tries again every few seconds. Its log says why it is rejected: a line of pg_hba.conf, a password in"
                        + " ~/.pgpass, or a slot may be missing.");
    }
}
