// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.recovery;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.ShellWord;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.ClosedSegment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ServerPrograms;
import org.tidemark.recoverability.LaterTimeline;
import org.tidemark.restore.recovery.RecoverySettings;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ServerStart;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.WalReading;

/**
 * A standby of this host that replays with a delay, and is to stop just before an accident. Its replay is paused first,
 * so nothing is lost while the rest is done; a target can only be set at a start (recovery_target_* are settings of the
 * postmaster), so the server is started again, and pauses at the target. Used by one thread.
 */
public final class DelayedCopy {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    /** How long the primary may take to archive a segment. */
    private static final Duration ARCHIVING = Duration.ofMinutes(1);

    private static final Duration PAUSE = Duration.ofMillis(300);

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

    /** What it has replayed now, and along which timeline it would go; reads the repositories. Nothing is changed. */
    public DelayedPlan plan(Role.Recovery role) throws IOException {
        ControlFile now = ControlFile.read(directory);
        return DelayedPlan.of(facts(now, newest(now)), role, clock.instant());
    }

    /** What it has replayed now, as far as this host knows: there may be no time to read repositories. */
    public DelayedPlan look(Role.Recovery role) throws IOException {
        ControlFile now = ControlFile.read(directory);
        return DelayedPlan.of(
                facts(now, LaterTimeline.newest(List.of(), now.reachedTimeline())), role, clock.instant());
    }

    /**
     * Stops it at a target.
     *
     * @param restoreCommand makes the command with {@code %f} and {@code %p} for a timeline
     * @param progress is told what is waited for
     * @return the server, to be followed
     * @throws UserFacingException TARGET_UNREACHABLE if it has replayed the target already: then it replays on
     */
    public StartedServer stopAt(
            Role.Recovery role, Function<Timeline, String> restoreCommand, Consumer<String> progress)
            throws IOException, InterruptedException {
        DelayedPlan before = look(role);
        before.orThrow();
        if (before.facts().isRunning() && !before.facts().isPaused()) {
            execute("SELECT pg_wal_replay_pause()");
        }
        Timeline along;
        try {
            // Something may have been replayed between the look and the pause.
            look(role).orThrow();
            archiveCurrentSegment(progress);
            // After that: it may have been the history of a timeline.
            DelayedPlan last = plan(role);
            last.orThrow();
            along = last.facts().newest().timeline();
            if (!last.facts().newest().isOwn()) {
                progress.accept("the recovery goes along timeline " + along);
            }
        } catch (UserFacingException e) {
            if (!before.facts().isPaused()) {
                execute("SELECT pg_wal_replay_resume()");
            }
            throw e;
        }
        RecoverySettings.ofStandby(role, along, control.postgresMajor(), restoreCommand.apply(along))
                .writeIntoStandby(directory);
        return StartedServer.start(
                directory,
                restart(),
                session.connection().user(),
                session.clientEnvironment(),
                List.of(),
                clock.instant(),
                "The standby has replayed nothing after the target. If recovery ended before the target was reached,"
                        + " the WAL with the target is not archived yet: archive it, on the primary with"
                        + " 'tidemark switch-wal', and run the same command again.");
    }

    /** A recovery to a target does not stream: what only the primary has must be in the archive. */
    private void archiveCurrentSegment(Consumer<String> progress) throws InterruptedException {
        try (SqlConnection primary = SqlConnection.open(session.connection())) {
            boolean isOurs = primary.text(
                            LIMIT,
                            "SELECT system_identifier::text FROM pg_control_system() WHERE NOT pg_is_in_recovery()")
                    .filter(control.system().toString()::equals)
                    .isPresent();
            if (!isOurs) {
                return;
            }
            Segment closed = primary.text(LIMIT, "SELECT " + ClosedSegment.CLOSE)
                    .map(ClosedSegment::parse)
                    .orElseThrow();
            progress.accept("waiting until the primary has archived " + closed.name());
            long begun = System.nanoTime();
            while (!isArchived(primary, closed) && System.nanoTime() - begun < ARCHIVING.toNanos()) {
                Thread.sleep(PAUSE);
            }
        } catch (UserFacingException e) {
            progress.accept("the primary was not asked to archive its current segment: " + e.getMessage());
        }
    }

    /** Names of one timeline ascend. */
    private static boolean isArchived(SqlConnection primary, Segment segment) {
        return primary.text(LIMIT, "SELECT last_archived_wal FROM pg_stat_archiver")
                .filter(last -> last.compareTo(segment.name()) >= 0)
                .isPresent();
    }

    /** With the command line of its last start, which postmaster.opts keeps. */
    private String restart() {
        String program = ServerPrograms.find(Path.of("/"), control.postgresMajor(), "pg_ctl")
                .map(Path::toString)
                .orElse("pg_ctl");
        return ShellWord.quote(program) + " -D " + ShellWord.quote(directory.toString()) + " -m fast -l "
                + ShellWord.quote(directory.resolve(ServerStart.LOG).toString()) + " restart";
    }

    private DelayedPlan.Facts facts(ControlFile now, LaterTimeline newest) {
        Optional<ConnectionSettings> server = server();
        if (server.isEmpty()) {
            Lsn reached = now.recovery().minRecoveryPoint();
            Lsn checkpoint = now.checkpoint().redo();
            Lsn replayed = reached.compareTo(checkpoint) > 0 ? reached : checkpoint;
            return new DelayedPlan.Facts(
                    directory,
                    now.reachedTimeline(),
                    newest,
                    false,
                    true,
                    true,
                    Duration.ZERO,
                    replayed,
                    Optional.empty(),
                    now.checkpoint().time());
        }
        Looked looked;
        try (SqlConnection connection = SqlConnection.open(server.get())) {
            looked = connection.query(LIMIT, Looked::of, LOOK).getFirst();
        }
        return new DelayedPlan.Facts(
                directory,
                now.reachedTimeline(),
                newest,
                true,
                looked.recovers(),
                looked.isPaused(),
                looked.delay(),
                looked.replayed(),
                looked.commit(),
                now.checkpoint().time());
    }

    private record Looked(boolean recovers, Lsn replayed, Optional<Instant> commit, boolean isPaused, Duration delay) {
        static Looked of(ResultSet row) throws SQLException {
            return new Looked(
                    row.getBoolean(1),
                    Lsn.parse(row.getString(2)),
                    Optional.ofNullable(row.getObject(3, OffsetDateTime.class)).map(OffsetDateTime::toInstant),
                    row.getBoolean(4),
                    Duration.ofMillis(row.getLong(5)));
        }
    }

    /** The newest timeline that comes from that of the standby, as {@code latest} means it. */
    private LaterTimeline newest(ControlFile now) throws IOException {
        Timeline own = now.reachedTimeline();
        List<TimelineHistory> known = new ArrayList<>(historiesHere());
        for (IncarnationReading each :
                ClusterReading.of(session, WalReading.WHOLE, clock.instant()).all()) {
            if (each.identity().system().equals(now.system())) {
                for (Timeline timeline : each.snapshot().timelines().tailSet(own, false)) {
                    each.archive().wal().history(timeline).ifPresent(known::add);
                }
            }
        }
        return LaterTimeline.newest(known, own);
    }

    /** Those that it has received. */
    private List<TimelineHistory> historiesHere() throws IOException {
        List<TimelineHistory> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("pg_wal"), "*.history")) {
            for (Path file : files) {
                Timeline timeline =
                        Timeline.parseHex(file.getFileName().toString().substring(0, 8));
                found.add(TimelineHistory.parse(timeline, Files.readString(file, StandardCharsets.ISO_8859_1)));
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        } catch (IllegalArgumentException e) {
            return List.of(); // PostgreSQL would read none of them either
        }
        return found;
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
