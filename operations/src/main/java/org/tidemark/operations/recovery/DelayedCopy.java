// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.Session;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ServerPrograms;
import org.tidemark.restore.RecoverySettings;
import org.tidemark.restore.Role;
import org.tidemark.restore.ServerStart;

/**
 * A standby of this host that replays with a delay, and is to stop just before an accident. Its replay is paused first,
 * so nothing is lost while the rest is done; a target can only be set at a start (recovery_target_* are settings of the
 * postmaster), so the server is started again, and pauses at the target. Used by one thread.
 */
public final class DelayedCopy {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static final String LOOK = """
            SELECT pg_is_in_recovery(), coalesce(pg_last_wal_replay_lsn(), '0/0')::text, pg_last_xact_replay_timestamp(),
                CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
                (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay')\
            """;

    private final Session session;
    private final Path directory;
    private final ControlFile control;
    private final Clock clock;

    private DelayedCopy(Session session, Path directory, ControlFile control, Clock clock) {
        this.session = session;
        this.directory = directory;
        this.control = control;
        this.clock = clock;
    }

    /**
     * The standby in a data directory, which need not run.
     *
     * @throws UserFacingException LOCAL_FILES if there is no cluster; RESTORE_REFUSED if it is no standby
     */
    public static DelayedCopy in(Session session, Path directory, Clock clock) throws IOException {
        ControlFile control;
        try {
            control = ControlFile.read(directory);
        } catch (IOException e) {
            throw new UserFacingException(
                    ExitCode.LOCAL_FILES,
                    "there is no cluster in '" + directory + "': " + e.getMessage(),
                    "Name the data directory of the delayed standby, on this host.",
                    e);
        }
        boolean recovers =
                Files.exists(directory.resolve("standby.signal")) || Files.exists(directory.resolve("recovery.signal"));
        if (!recovers) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "the cluster in '" + directory + "' is no standby",
                    "Recover from a backup into another directory, with: recover --to.");
        }
        return new DelayedCopy(session, directory, control, clock);
    }

    /** The timeline that it replays. */
    public Timeline timeline() {
        return control.reachedTimeline();
    }

    /** What it has replayed now; nothing is changed. */
    public DelayedPlan plan(Role.Recovery role) {
        return DelayedPlan.of(facts(), role, clock.instant());
    }

    /**
     * Stops it at a target.
     *
     * @param restoreCommand with {@code %f} and {@code %p}
     * @return the server, to be followed
     * @throws UserFacingException TARGET_UNREACHABLE if it has replayed the target already: then it replays on
     */
    public StartedServer stopAt(Role.Recovery role, String restoreCommand) throws IOException, InterruptedException {
        DelayedPlan before = plan(role);
        before.orThrow();
        if (before.facts().isRunning() && !before.facts().isPaused()) {
            execute("SELECT pg_wal_replay_pause()");
        }
        try {
            // Something may have been replayed between the look and the pause.
            plan(role).orThrow();
        } catch (UserFacingException e) {
            if (!before.facts().isPaused()) {
                execute("SELECT pg_wal_replay_resume()");
            }
            throw e;
        }
        RecoverySettings.ofStandby(role, timeline(), control.postgresMajor(), restoreCommand)
                .writeIntoStandby(directory);
        return StartedServer.start(
                directory,
                restart(),
                session.connection().user(),
                session.clientEnvironment(),
                List.of(),
                clock.instant());
    }

    /** With the command line of its last start, which postmaster.opts keeps. */
    private String restart() {
        String program = ServerPrograms.find(Path.of("/"), control.postgresMajor(), "pg_ctl")
                .map(Path::toString)
                .orElse("pg_ctl");
        return ShellWord.quote(program) + " -D " + ShellWord.quote(directory.toString()) + " -m fast -l "
                + ShellWord.quote(directory.resolve(ServerStart.LOG).toString()) + " restart";
    }

    private DelayedPlan.Facts facts() {
        Optional<ConnectionSettings> server = server();
        if (server.isEmpty()) {
            return new DelayedPlan.Facts(
                    directory, timeline(), false, true, true, Duration.ZERO, new Lsn(0), Optional.empty());
        }
        try (SqlConnection connection = SqlConnection.open(server.get())) {
            return connection.query(LIMIT, this::facts, LOOK).getFirst();
        }
    }

    private DelayedPlan.Facts facts(ResultSet row) throws SQLException {
        return new DelayedPlan.Facts(
                directory,
                timeline(),
                true,
                row.getBoolean(1),
                row.getBoolean(4),
                Duration.ofMillis(row.getLong(5)),
                Lsn.parse(row.getString(2)),
                Optional.ofNullable(row.getObject(3, OffsetDateTime.class)).map(OffsetDateTime::toInstant));
    }

    private void execute(String sql) {
        server().ifPresent(settings -> {
            try (SqlConnection connection = SqlConnection.open(settings)) {
                connection.text(LIMIT, sql);
            }
        });
    }

    /** Empty if it does not run. */
    private Optional<ConnectionSettings> server() {
        return ServerRun.in(directory)
                .map(run -> run.socket()
                        .orElseThrow(() -> new UserFacingException(
                                ExitCode.POSTGRES_UNAVAILABLE,
                                "the server in '" + directory + "' does not accept connections on a socket yet",
                                "Run the same command again when it does.")))
                .map(session::connection);
    }
}
