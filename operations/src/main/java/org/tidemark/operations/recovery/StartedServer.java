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
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.RecoveryTarget.Action;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.ControlFile;
import org.tidemark.postgres.ControlFile.ClusterState;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.server.ProgramRun;
import org.tidemark.postgres.server.ServerUser;
import org.tidemark.restore.PreparedRestore;
import org.tidemark.restore.request.Role;
import org.tidemark.restore.settings.ServerStart;

/**
 * A restored server that was started, while it recovers: followed until it is what its role wants. It goes on when
 * nobody follows it any more. Used by one thread.
 */
public final class StartedServer {
    /** A server that was started writes its postmaster.pid within milliseconds, and may remove it as fast. */
    private static final Duration BEGIN_LIMIT = Duration.ofSeconds(5);

    /** One segment may be slow, and a checkpoint at the end of a recovery. */
    private static final Duration LONGEST_SILENCE = Duration.ofMinutes(10);

    /** PostgreSQL asks an archive and a primary again every five seconds. */
    private static final Duration LONGEST_WITHOUT_STREAM = Duration.ofMinutes(1);

    /** The class of SQLSTATEs of a login that is refused. */
    private static final String NOT_LET_IN = "28";

    /** A receiver that still runs after this was not refused. */
    private static final Duration PROVEN = Duration.ofSeconds(3);

    /** xlogrecovery.c: the WAL ended before a target that was given. */
    private static final String ENDED_EARLY = "recovery ended before configured recovery target was reached";

    /** What pg_ctl --version prints. */
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) ([0-9]+)");

    /** Of the message of ProcessBuilder: ENOENT. */
    private static final Pattern NO_SUCH_FILE = Pattern.compile("error[:=] ?2\\b");

    private static final Duration PAUSE = Duration.ofMillis(300);
    private static final Duration QUERY_LIMIT = Duration.ofSeconds(10);

    /** What the launcher gives to a command of its own, and no server of an operator has. */
    private static final Pattern OF_LAUNCHER = Pattern.compile("TIDEMARK_.*|LC_ALL");

    /** With these of the operator a standby would stream until it is started again, by its service, without them. */
    private static final Pattern OF_OPERATOR = Pattern.compile("PGPASSWORD|PGPASSFILE|PGSERVICE|PGSERVICEFILE|PGSSL.*");

    private static final String LOOK = """
        SELECT pg_is_in_recovery(), pg_last_wal_replay_lsn()::text, pg_last_xact_replay_timestamp(),
            CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE false END,
            coalesce((SELECT status FROM pg_stat_wal_receiver), ''),
            (SELECT pid FROM pg_stat_wal_receiver), (SELECT latest_end_lsn FROM pg_stat_wal_receiver) IS NOT NULL,
            CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_walfile_name(pg_current_wal_lsn()) END,
            current_setting('max_connections')::int, current_setting('max_worker_processes')::int,
            current_setting('max_wal_senders')::int, current_setting('max_prepared_transactions')::int,
            current_setting('max_locks_per_transaction')::int\
        """;

    private final Path directory;
    private final ClientEnvironment client;
    private final String user;
    private final Instant begun;
    private final String onFailure;

    /** The length of start.log before this start: an earlier server wrote that part, or the original one. */
    private final long logBefore;

    private @Nullable UserFacingException refused;
    private boolean hasRefused;

    /** The role that was let in; empty if none was yet. */
    private String looksAs = "";

    private int receiver;
    private long receivesSince;

    private StartedServer(
            Path directory, ClientEnvironment client, String user, Instant begun, String onFailure, long logBefore) {
        this.onFailure = onFailure;
        this.logBefore = logBefore;
        this.directory = directory;
        this.client = client;
        this.user = user;
        this.begun = begun;
    }

    /** Is told how far the recovery is. */
    public interface Observer {
        /**
         * So much was replayed.
         *
         * @param commit the newest commit of it; empty before the first
         */
        void replayed(Lsn upTo, Optional<Instant> commit);
    }

    /** What following it came to. */
    public sealed interface End {
        /** It is open for writing. */
        record Open(Timeline timeline) implements End {}

        /**
         * It has reached the target, and waits there, read-only.
         *
         * @param locked tables that no query can read until it goes on
         */
        record Paused(Lsn at, Optional<Instant> commit, List<String> locked) implements End {
            public Paused {
                locked = List.copyOf(locked);
            }
        }

        /** It has reached the target, and has stopped. */
        record Stopped() implements End {}

        /** It streams from its primary. */
        record Streaming(Lsn at) implements End {}

        /** It replays with a delay. */
        record Delayed(Lsn at, Optional<Instant> commit) implements End {}
    }

    /**
     * What one look shows.
     *
     * @param receiver the process that receives WAL; 0 if none does
     * @param heard whether the primary has sent it anything yet
     * @param settings in the order of {@link ControlFile.StandbySettings#minimums}
     */
    private record Seen(
            boolean recovers,
            Lsn at,
            Optional<Instant> commit,
            boolean paused,
            String stream,
            int receiver,
            boolean heard,
            String file,
            List<Integer> settings) {
        static Seen of(ResultSet row) throws SQLException {
            String at = row.getString(2);
            return new Seen(
                    row.getBoolean(1),
                    at == null ? new Lsn(0) : Lsn.parse(at),
                    Optional.ofNullable(row.getObject(3, OffsetDateTime.class)).map(OffsetDateTime::toInstant),
                    row.getBoolean(4),
                    row.getString(5),
                    row.getInt(6),
                    row.getBoolean(7),
                    row.getString(8),
                    List.of(row.getInt(9), row.getInt(10), row.getInt(11), row.getInt(12), row.getInt(13)));
        }

        /** Of a receiver that is refused at once, another one is seen every few seconds: that is no progress. */
        Seen withoutStream() {
            return new Seen(recovers, at, commit, paused, "", 0, false, file, settings);
        }
    }

    /** The same for a restore that can be carried out. */
    public static void requirePrograms(PreparedRestore prepared) throws InterruptedException {
        requirePrograms(prepared.pgCtl(), prepared.plan().orThrow().backup().postgresMajor());
    }

    /**
     * Refuses programs of another major version: after a restore that took hours it would be too late to learn it.
     *
     * @param pgCtl a path, or a name that is looked for on the PATH
     * @param major of the backup
     * @throws UserFacingException RESTORE_REFUSED also if there is no such program
     */
    public static void requirePrograms(String pgCtl, int major) throws InterruptedException {
        String found;
        try {
            found = ProgramRun.of(Path.of(System.getProperty("java.io.tmpdir")), Map.of(), List.of(pgCtl, "--version"))
                    .output()
                    .strip();
        } catch (IOException e) {
            found = String.valueOf(e.getMessage());
        }
        Matcher version = VERSION.matcher(found);
        // Another product's words are not judged.
        boolean isOther = version.find() && !version.group(1).equals(Integer.toString(major));
        if (isOther || NO_SUCH_FILE.matcher(found).find()) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "the backup is of PostgreSQL " + major + ", and '" + pgCtl + "', which would start it, is: "
                            + found,
                    "Install PostgreSQL " + major + ", or put the directory of its programs first in PATH; nothing was"
                            + " written. Only recover without --start does not need it.");
        }
    }

    /**
     * Starts a server as the owner of its data directory, in the environment of the operator without its passwords.
     *
     * @param command for a shell, which starts the server in {@code directory}
     * @param user the role to log in as
     * @param needed variables that its restore_command needs
     * @param now what is written into a log from now on is this server's
     * @param onFailure what to do if it does not come up: sentences, before one that names its log
     * @throws UserFacingException RESTORE_REFUSED with what the server says, if it does not start
     */
    public static StartedServer start(
            Path directory,
            String command,
            String user,
            ClientEnvironment client,
            Collection<String> needed,
            Instant now,
            String onFailure)
            throws IOException, InterruptedException {
        List<String> line = new ArrayList<>(List.of("env"));
        System.getenv().keySet().stream()
                .filter(name -> OF_OPERATOR.matcher(name).matches()
                        || (OF_LAUNCHER.matcher(name).matches() && !needed.contains(name)))
                .forEach(name -> line.addAll(List.of("-u", name)));
        // It is followed from here, and a recovery may take longer than pg_ctl waits.
        line.addAll(List.of("/bin/sh", "-c", command + " -W"));
        StartedServer server =
                new StartedServer(directory, client, user, now, onFailure, size(directory.resolve(ServerStart.LOG)));
        ProgramRun run = ProgramRun.of(
                Path.of(System.getProperty("java.io.tmpdir")),
                Map.of(),
                ServerUser.ownerOf(directory).running(line));
        if (run.status() != 0) {
            throw server.failed(run.output().strip());
        }
        return server;
    }

    /**
     * Follows it until it is what its role wants.
     *
     * @throws UserFacingException RESTORE_REFUSED if it ends before; TIMED_OUT if it does not go on, but still runs
     */
    public End follow(Role role, Observer observer) throws IOException, InterruptedException {
        Optional<Seen> before = Optional.empty();
        long logged = -1;
        long changed = System.nanoTime();
        boolean hasRun = false;
        while (true) {
            Optional<ServerRun> run = ServerRun.in(directory);
            if (run.isEmpty() && (hasRun || isLongerThan(BEGIN_LIMIT, changed))) {
                return ended(role);
            }
            hasRun |= run.isPresent();
            // It would write into its log that it takes no connections yet, each time.
            boolean isStarting = ServerRun.isStarting(directory);
            Optional<Seen> seen = isStarting ? Optional.empty() : run.flatMap(this::look);
            if (seen.filter(Seen::paused).isPresent()) {
                requireSettings(seen.orElseThrow());
            }
            Optional<End> end = seen.flatMap(each -> end(role, each));
            if (end.isPresent()) {
                return end.get();
            }
            seen.filter(each -> each.at().compareTo(new Lsn(0)) > 0)
                    .ifPresent(each -> observer.replayed(each.at(), each.commit()));
            // Before it takes connections, its log tells that it goes on; after that, it complains there forever, and
            // has the refusals of each look.
            long length = isStarting ? size(log()) : logged;
            if (!seen.map(Seen::withoutStream).equals(before) || length != logged) {
                changed = System.nanoTime();
            }
            before = seen.map(Seen::withoutStream);
            logged = length;
            boolean mayStream = seen.isPresent() && role instanceof Role.Standby;
            if (isLongerThan(mayStream ? LONGEST_WITHOUT_STREAM : LONGEST_SILENCE, changed)) {
                throw silent(mayStream);
            }
            Thread.sleep(PAUSE);
        }
    }

    private static boolean isLongerThan(Duration limit, long since) {
        return System.nanoTime() - since > limit.toNanos();
    }

    /** Empty while it takes no connections. */
    private Optional<Seen> look(ServerRun run) {
        Optional<ServerAddress> address = run.socket();
        if (address.isEmpty()) {
            return Optional.empty();
        }
        // On its socket only the user of the system may be let in, whatever the role of the conninfo; and it may begin
        // to take connections between the two.
        boolean rejected = true;
        Optional<UserFacingException> unanswered = Optional.empty();
        for (String role : new LinkedHashSet<>(List.of(user, client.userName()))) {
            try (SqlConnection connection = SqlConnection.open(as(role, address.get()))) {
                Optional<Seen> seen =
                        connection.query(QUERY_LIMIT, Seen::of, LOOK).stream().findFirst();
                hasRefused = false;
                looksAs = role;
                return seen;
            } catch (UserFacingException e) {
                refused = e;
                rejected &= isRejected(e);
                if (e.exitCode() == ExitCode.POSTGRES_REFUSED && !isRejected(e)) {
                    unanswered = Optional.of(e);
                }
            }
        }
        UserFacingException last = refused;
        if (rejected && last != null) {
            throw new UserFacingException(
                    ExitCode.POSTGRES_REFUSED,
                    "PostgreSQL runs, but rejects the login that looks at its recovery: " + last.getMessage(),
                    "The recovery continues. Look at it with the commands of the plan.",
                    last);
        }
        // Once, it may be that it has just ended its recovery between two functions.
        if (unanswered.isPresent() && hasRefused) {
            throw new UserFacingException(
                    ExitCode.POSTGRES_REFUSED,
                    "PostgreSQL runs, but does not say how far its recovery is: "
                            + unanswered.get().getMessage(),
                    "The recovery continues. Look at it with the commands of the plan.",
                    unanswered.get());
        }
        hasRefused = unanswered.isPresent();
        return Optional.empty();
    }

    private static boolean isRejected(UserFacingException refusal) {
        return refusal instanceof PostgresException denied
                && denied.sqlState()
                        .filter(state -> state.startsWith(NOT_LET_IN))
                        .isPresent();
    }

    private ConnectionSettings as(String role, ServerAddress address) {
        return ConnectionSettings.parse(address.conninfo(role), client);
    }

    /** From 14 on PostgreSQL also pauses where the original raised a setting that is lower here. */
    private void requireSettings(Seen seen) throws IOException {
        Iterator<Integer> own = seen.settings().iterator();
        List<String> raise = new ArrayList<>();
        ControlFile.read(directory).settings().minimums().forEach((name, least) -> {
            if (own.next() < least) {
                raise.add(name + " = " + least);
            }
        });
        if (!raise.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.RESTORE_REFUSED,
                    "PostgreSQL has paused at " + seen.at() + ", before the target: the original was given higher"
                            + " settings there",
                    "Add these lines to '" + directory.resolve("postgresql.auto.conf") + "', and restart it: "
                            + String.join(", ", raise));
        }
    }

    private Optional<End> end(Role role, Seen seen) {
        return switch (role) {
            case Role.Recovery recovery ->
                !seen.recovers()
                        ? Optional.of(new End.Open(Timeline.parseHex(seen.file().substring(0, 8))))
                        : Optional.of(seen)
                                .filter(each -> recovery.action() == Action.PAUSE && each.paused())
                                .map(each -> new End.Paused(each.at(), each.commit(), locked()));
            case Role.Standby standby
            when standby.isDelayed() -> Optional.of(new End.Delayed(seen.at(), seen.commit()));
            case Role.Standby _ -> Optional.of(seen).filter(this::streams).map(each -> new End.Streaming(each.at()));
        };
    }

    private List<String> locked() {
        Optional<ServerAddress> address = ServerRun.in(directory).flatMap(ServerRun::socket);
        if (address.isEmpty() || looksAs.isEmpty()) {
            return List.of();
        }
        ConnectionSettings settings = as(looksAs, address.get());
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return LockedTables.of(connection, name -> SqlConnection.open(settings.withDatabase(name)));
        } catch (UserFacingException e) {
            return List.of();
        }
    }

    /**
     * A receiver is shown as streaming before the primary has sent anything, also where it is about to be told that its
     * WAL is gone.
     */
    private boolean streams(Seen seen) {
        if (!seen.stream().equals("streaming")) {
            receiver = 0;
            return false;
        }
        if (seen.receiver() != receiver) {
            receiver = seen.receiver();
            receivesSince = System.nanoTime();
        }
        return seen.heard() || isLongerThan(PROVEN, receivesSince);
    }

    private End ended(Role role) throws IOException {
        boolean wanted = role instanceof Role.Recovery recovery && recovery.action() == Action.SHUTDOWN;
        if (wanted && ControlFile.read(directory).state() == ClusterState.SHUT_DOWN_IN_RECOVERY) {
            return new End.Stopped();
        }
        throw failed("");
    }

    private UserFacingException failed(String output) throws IOException {
        String reason = StartFailure.of(written()).or(() -> lastLine("")).orElse(output);
        return new UserFacingException(
                ExitCode.RESTORE_REFUSED,
                "PostgreSQL did not come up in '" + directory + "': " + reason,
                onFailure
                        + (reason.contains(ENDED_EARLY)
                                ? " No commit after the target is archived: let one be archived and start it again, or"
                                        + " restore without a target."
                                : "")
                        + " See its log: " + log());
    }

    private UserFacingException silent(boolean mayStream) {
        String said = lastLine("FATAL: ")
                .or(() -> Optional.ofNullable(refused).map(Throwable::getMessage))
                .orElse("its log has no error");
        return new UserFacingException(
                ExitCode.TIMED_OUT,
                mayStream
                        ? "the standby runs, but does not stream after " + LONGEST_WITHOUT_STREAM.toSeconds() + " s: "
                                + said
                        : "the server in '" + directory + "' has not advanced for " + LONGEST_SILENCE.toMinutes()
                                + " minutes: " + said,
                "The server still runs, and continues. See its log: " + log());
    }

    /** The file that pg_ctl gave it, or the newest one of its own logging collector. */
    private Path log() {
        Path newest = directory.resolve(ServerStart.LOG);
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory.resolve("log"), "*.log")) {
            for (Path file : files) {
                if (!modified(file).isBefore(begun) && modified(file).isAfter(modified(newest))) {
                    newest = file;
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            return newest; // there is no such directory, unless its logging collector runs
        }
        return newest;
    }

    private static long size(Path file) throws IOException {
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private static Instant modified(Path file) throws IOException {
        return Files.exists(file) ? Files.getLastModifiedTime(file).toInstant() : Instant.EPOCH;
    }

    /** The last line of its log with one of these in it, without its time. */
    private Optional<String> lastLine(String... parts) {
        return written().stream()
                .filter(line ->
                        Stream.of(parts).anyMatch(line::contains) && !line.contains(StartFailure.TAKES_NO_CLIENTS))
                .reduce((_, later) -> later)
                .map(String::strip);
    }

    /** The lines of its log since this start. */
    private List<String> written() {
        Path log = log();
        try {
            String text = Files.readString(log, StandardCharsets.ISO_8859_1);
            boolean isAppended = log.equals(directory.resolve(ServerStart.LOG)) && logBefore <= text.length();
            return text.substring(isAppended ? Math.toIntExact(logBefore) : 0)
                    .lines()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }
}
