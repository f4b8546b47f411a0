// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server.promotion;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.backup.archiving.HistoryCopy;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.wal.WalInventory;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.wal.Commits;
import org.tidemark.server.ServerSettings;
import org.tidemark.server.SynchronousStandbys;
import org.tidemark.server.promotion.PromotionFacts.Archive;
import org.tidemark.server.promotion.PromotionFacts.LeftBehind;
import org.tidemark.server.promotion.PromotionFacts.OldPrimary;
import org.tidemark.server.promotion.PromotionFacts.Standby;
import org.tidemark.session.Session;
import org.tidemark.session.reading.ClusterReading;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.WalReading;

/** The promotion of a standby that runs on this host. Used by one thread, while the session is open. */
public final class Promotion {
    /** The maximum that PostgreSQL may take; it replays what is archived first. */
    private static final Duration LIMIT = Duration.ofMinutes(10);

    private static final String LOOK = """
            SELECT pg_is_in_recovery(), pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn(),
                   pg_last_xact_replay_timestamp(),
                   EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'),
                   CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
                   (SELECT setting::bigint FROM pg_settings WHERE name = 'recovery_min_apply_delay')""";

    /** The class of SQLSTATEs of connections that were not made. */
    private static final String OF_THE_DRIVER = "08";

    /** The same for one run of one server. */
    private static final String RUN = "SELECT pg_postmaster_start_time()::text, pg_is_in_recovery()";

    private final Session session;
    private final Path directory;
    private final ConnectionSettings standby;
    private final Clock clock;

    private Promotion(Session session, Path directory, ConnectionSettings standby, Clock clock) {
        this.session = session;
        this.directory = directory;
        this.standby = standby;
        this.clock = clock;
    }

    /**
     * The promotion of the server that runs in a data directory.
     *
     * @throws UserFacingException POSTGRES_UNAVAILABLE if none runs there
     */
    public static Promotion of(Session session, Path directory, Clock clock) {
        ServerAddress address = ServerRun.in(directory)
                .flatMap(ServerRun::socket)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.POSTGRES_UNAVAILABLE,
                        "no server runs in '" + directory + "', or it listens on no socket",
                        "Name the data directory of a standby that runs on this host."));
        return new Promotion(session, directory, session.connection(address), clock);
    }

    /** How the new primary is reached from this host. */
    public String conninfo() {
        return ServerRun.in(directory)
                .flatMap(ServerRun::socket)
                .map(address -> address.conninfo(session.connection().user()))
                .orElse("");
    }

    /** The plan for the facts of now; nothing is changed. */
    public PromotionPlan plan() throws IOException {
        return PromotionPlan.of(facts(), clock.instant());
    }

    /**
     * The plan after a wait: WAL that arrives meanwhile prevents the promotion.
     *
     * @param wait how long
     */
    public PromotionPlan planAfter(Duration wait) throws IOException, InterruptedException {
        PromotionFacts before = facts();
        PromotionPlan plan = PromotionPlan.of(before, clock.instant());
        if (!plan.isAllowed()) {
            return plan;
        }
        Thread.sleep(wait);
        PromotionFacts after = facts();
        return PromotionPlan.of(after, clock.instant()).after(before, after, wait);
    }

    private PromotionFacts facts() throws IOException {
        ControlFile control = ControlFile.read(directory);
        Timeline timeline = control.reachedTimeline();
        Standby server;
        String run;
        try (SqlConnection connection = SqlConnection.open(standby)) {
            server = connection
                    .query(ServerSettings.LIMIT, row -> standby(row, timeline), LOOK)
                    .getFirst();
            run = connection.text(ServerSettings.LIMIT, RUN).orElse("");
        }
        ClusterReading reading = ClusterReading.of(session, WalReading.WHOLE, clock.instant());
        Archive archive = archive(reading, control, server);
        return new PromotionFacts(
                server,
                primary(run),
                archive,
                left(control, server, archive),
                reading.repositories().warnings());
    }

    private LeftBehind left(ControlFile control, Standby server, Archive archive) {
        WalSegmentSize size = control.walSegmentSize();
        Lsn kept = Stream.of(
                        Optional.of(server.replayed()),
                        server.received(),
                        archive.newest().map(segment -> segment.end(size)))
                .flatMap(Optional::stream)
                .max(Comparator.naturalOrder())
                .orElse(server.replayed());
        return new LeftBehind(
                kept,
                session.cluster()
                        .flatMap(ClusterSettings::dataDirectory)
                        .flatMap(old -> commits(old, control, server.timeline(), kept)));
    }

    /** In the pg_wal of the old primary, where that is on this host; empty where it cannot be read. */
    private Optional<Commits> commits(Path old, ControlFile control, Timeline timeline, Lsn from) {
        try {
            if (Files.isSameFile(old, directory)
                    || !ControlFile.read(old).system().equals(control.system())) {
                return Optional.empty();
            }
            WalSegmentSize size = control.walSegmentSize();
            List<Path> files = new ArrayList<>();
            Segment segment = Segment.of(timeline, size.segmentNumber(from), size);
            for (Path file = wal(old, segment);
                    Files.exists(file) && files.size() <= Commits.MOST_FILES;
                    file = wal(old, segment)) {
                files.add(file);
                segment = segment.next(size);
            }
            return Commits.in(files, _ -> from, size);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static Path wal(Path directory, Segment segment) {
        return directory.resolve("pg_wal").resolve(segment.name());
    }

    /** What the new primary does not do, or waits for. */
    public List<Finding> afterwards() {
        List<Finding> findings = new ArrayList<>();
        try (SqlConnection connection = SqlConnection.open(standby)) {
            if (connection
                    .text(ServerSettings.LIMIT, "SHOW archive_mode")
                    .orElse("")
                    .equals("off")) {
                findings.add(Finding.warning(
                        "archive", "archive_mode is off: this server archives nothing", "Run: tidemark setup primary"));
            }
            SynchronousStandbys standbys = SynchronousStandbys.of(connection);
            if (standbys.commitsWait()) {
                findings.add(Finding.warning(
                        "synchronous",
                        standbys.lack().orElseThrow() + ": commits wait",
                        "Let a standby of that name follow this server. " + SynchronousStandbys.SWITCH_OFF));
            }
        } catch (UserFacingException e) {
            // It has answered a moment ago: check tells the same.
        }
        return findings;
    }

    private static Standby standby(ResultSet row, Timeline timeline) throws SQLException {
        return new Standby(
                row.getBoolean(1),
                timeline,
                row.getBoolean(5),
                Optional.ofNullable(row.getString(2)).map(Lsn::parse),
                Optional.ofNullable(row.getString(3)).map(Lsn::parse).orElse(new Lsn(0)),
                Optional.ofNullable(row.getObject(4, OffsetDateTime.class)).map(OffsetDateTime::toInstant),
                row.getBoolean(6),
                Duration.ofMillis(row.getLong(7)));
    }

    /** @param run what tells the standby from another server */
    private OldPrimary primary(String run) {
        record Answer(String run, boolean recovers) {}
        try (SqlConnection connection = SqlConnection.open(session.connection())) {
            Answer answer = connection
                    .query(ServerSettings.LIMIT, row -> new Answer(row.getString(1), row.getBoolean(2)), RUN)
                    .getFirst();
            if (answer.run().equals(run)) {
                return new OldPrimary.Itself();
            }
            return answer.recovers() ? new OldPrimary.Follower() : new OldPrimary.Open();
        } catch (UserFacingException e) {
            return e.exitCode() == ExitCode.POSTGRES_UNAVAILABLE && !isAnswer(e)
                    ? new OldPrimary.Silent(e.getMessage())
                    : new OldPrimary.Alive(e.getMessage());
        }
    }

    /** A server that starts up, or has no connection left, says so; what the driver says begins with 08. */
    private static boolean isAnswer(UserFacingException problem) {
        return problem instanceof PostgresException of
                && of.sqlState()
                        .filter(state -> !state.startsWith(OF_THE_DRIVER))
                        .isPresent();
    }

    private static Archive archive(ClusterReading reading, ControlFile control, Standby standby) {
        List<WalInventory> held = reading.all().stream()
                .filter(each -> each.identity().system().equals(control.system()))
                .map(IncarnationReading::inventory)
                .toList();
        List<TimelineInventory> timelines =
                held.stream().flatMap(each -> each.timelines().stream()).toList();
        Optional<Segment> newest = timelines.stream()
                .filter(each -> each.timeline().equals(standby.timeline()))
                .flatMap(each -> each.runs().stream())
                .map(WalRun::last)
                .max(Comparator.comparing(Segment::name));
        return new Archive(
                newest,
                timelines.stream().map(TimelineInventory::timeline).max(Comparator.naturalOrder()),
                newest.isEmpty() ? List.of() : ahead(held, control, standby));
    }

    /** What one repository lacks, another may have. */
    private static List<WalHole> ahead(List<WalInventory> held, ControlFile control, Standby standby) {
        return held.stream()
                .map(inventory -> inventory.holes().stream()
                        .filter(hole -> hole.timeline().equals(standby.timeline())
                                && hole.last().end(control.walSegmentSize()).compareTo(standby.replayed()) > 0)
                        .toList())
                .min(Comparator.comparingInt(List::size))
                .orElse(List.of());
    }

    /**
     * Archives the history of the timeline that has begun. PostgreSQL hands it to archive_command, which may not know
     * yet that this server is the primary; until it is archived, another standby may replay what the old primary still
     * archives.
     *
     * @return what could not be done
     */
    public List<Finding> archiveHistory(Timeline timeline) throws IOException {
        SystemIdentifier system = ControlFile.read(directory).system();
        Path file = directory.resolve("pg_wal").resolve(new WalFile.TimelineHistoryFile(timeline).name());
        Path work = Files.createTempDirectory("tidemark-promote");
        List<Finding> findings = new ArrayList<>();
        try {
            for (RepositorySettings settings : session.repositoriesOfTheCluster()) {
                try {
                    for (ClusterArchive archive : session.incarnations(session.repository(settings))) {
                        if (archive.identity().system().equals(system)) {
                            new HistoryCopy(archive, settings.encoding(), work)
                                    .ensure(timeline, _ -> Optional.of(Files.readAllBytes(file)));
                        }
                    }
                } catch (IOException | UserFacingException e) {
                    findings.add(Finding.warning(
                            "archive",
                            "the history of timeline " + timeline + " could not be archived in '" + settings.name()
                                    + "': " + StorageErrors.explain(e).getMessage(),
                            "It is archived with the first WAL of this server. Until then, a standby that replays the"
                                    + " archive may take WAL that the old primary archives."));
                }
            }
        } finally {
            Files.delete(work);
        }
        return findings;
    }

    /**
     * Promotes it. PostgreSQL replays first what is archived and what it has received.
     *
     * @return the timeline that it writes
     * @throws UserFacingException TIMED_OUT if it is not open after ten minutes; POSTGRES_REFUSED if the role may not
     */
    public Timeline run() {
        try (SqlConnection connection = SqlConnection.open(standby)) {
            boolean promoted = connection
                    .query(
                            LIMIT.plus(ServerSettings.LIMIT),
                            row -> row.getBoolean(1),
                            "SELECT pg_promote(true, " + LIMIT.toSeconds() + ")")
                    .getFirst();
            if (!promoted) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        "the standby does not accept writes after " + LIMIT.toMinutes() + " minutes",
                        "The promotion continues. See the log of the server, and how far it is: SELECT pg_last_wal_replay_lsn()");
            }
            return connection
                    .text(ServerSettings.LIMIT, "SELECT pg_walfile_name(pg_current_wal_lsn())")
                    .map(name -> Timeline.parseHex(name.substring(0, 8)))
                    .orElseThrow();
        }
    }
}
