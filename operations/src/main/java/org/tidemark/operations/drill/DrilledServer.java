// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.drill;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.DrillEvidence.Answer;
import org.tidemark.config.DrillSettings.Expected;
import org.tidemark.config.DrillSettings.Question;
import org.tidemark.core.Amounts;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.drill.Judgement.Fault;
import org.tidemark.operations.drill.ReachedMoment.Status;
import org.tidemark.postgres.ClientEnvironment;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerRun;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.session.Session;

/** Asks the server of a drill, as one of its superusers. Used by one thread. */
final class DrilledServer {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Duration QUESTION_LIMIT = Duration.ofMinutes(5);

    /** No other session holds a lock for long; a prepared transaction of the original holds its own forever. */
    static final Duration LOCK_LIMIT = Duration.ofSeconds(10);

    private static final int MOST_CHARACTERS = 200;

    /** The class of SQLSTATEs of damaged data. */
    static final String DAMAGE = "XX";

    /** The class of SQLSTATEs of files that cannot be read. */
    static final String FILES = "58";

    private static final String STATUS = """
            SELECT CASE WHEN xid >= next THEN 'in progress' ELSE coalesce(txid_status(xid), 'forgotten') END
            FROM (SELECT next, next + ((((?::bigint - next) % 4294967296) + 6442450944) % 4294967296 - 2147483648) AS xid
                FROM (SELECT txid_snapshot_xmax(txid_current_snapshot()) AS next) AS snapshot) AS whole\
            """;

    private final ConnectionSettings settings;

    /**
     * A server that takes connections.
     *
     * @throws UserFacingException POSTGRES_REFUSED if it lets none of the known roles in, or has no superuser
     */
    DrilledServer(Path data, Session session) {
        ServerAddress address = ServerRun.in(data)
                .flatMap(ServerRun::socket)
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.POSTGRES_UNAVAILABLE,
                        "the server in '" + data + "' has ended",
                        "See its log with: drill --keep"));
        ClientEnvironment bare = bare(session);
        Optional<UserFacingException> refused = Optional.empty();
        Optional<ConnectionSettings> found = Optional.empty();
        for (String role : new LinkedHashSet<>(
                List.of(session.connection().user(), session.clientEnvironment().userName(), "postgres"))) {
            ConnectionSettings as = ConnectionSettings.parse(address.conninfo(role), bare);
            try (SqlConnection connection = SqlConnection.open(as)) {
                found = connection
                        .text(LIMIT, "SELECT rolname FROM pg_roles WHERE rolsuper AND rolcanlogin ORDER BY oid LIMIT 1")
                        .map(superuser -> ConnectionSettings.parse(address.conninfo(superuser), bare));
                break;
            } catch (UserFacingException e) {
                refused = Optional.of(e);
            }
        }
        Optional<UserFacingException> why = refused;
        settings = found.orElseThrow(() -> why.orElseGet(() -> new UserFacingException(
                ExitCode.POSTGRES_REFUSED,
                "no superuser of the copy may log in",
                "Is there one that may, in the original?")));
    }

    /** Without the operator's variables: PGTARGETSESSIONATTRS, PGOPTIONS and others are for other servers. */
    static ClientEnvironment bare(Session session) {
        ClientEnvironment own = session.clientEnvironment();
        return new ClientEnvironment(Map.of(), own.home(), own.userName());
    }

    /** What it says of a transaction, which is within two thousand million of its newest. */
    Status status(int xid) {
        String text = ask(STATUS, Integer.toUnsignedLong(xid));
        return switch (text) {
            case "committed" -> Status.COMMITTED;
            case "forgotten" -> Status.FORGOTTEN;
            default -> Status.NOT_COMMITTED;
        };
    }

    /** The time of the last commit that was replayed; empty if there was none. */
    Optional<Instant> replayed() {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection
                    .query(
                            LIMIT,
                            row -> Optional.ofNullable(row.getObject(1, OffsetDateTime.class)),
                            "SELECT pg_last_xact_replay_timestamp()")
                    .getFirst()
                    .map(OffsetDateTime::toInstant);
        }
    }

    /** Up to where it has replayed; a server that has ended its recovery still knows it. */
    Lsn position() {
        return Lsn.parse(ask("SELECT pg_last_wal_replay_lsn()::text"));
    }

    /** The size of its pages of WAL. */
    long walPageBytes() {
        return Long.parseLong(ask("SHOW wal_block_size"));
    }

    /** Its version as {@code server_version_num}. */
    Optional<Integer> version() {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection.text(LIMIT, "SHOW server_version_num").map(Integer::valueOf);
        }
    }

    /** Ends the recovery, which waits at its target. */
    void resume() {
        ask("SELECT pg_wal_replay_resume()::text");
    }

    private String ask(String sql, Object... parameters) {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection.text(LIMIT, sql, parameters).orElse("");
        }
    }

    /** The caller closes the connection. */
    SqlConnection connect(String database) {
        return SqlConnection.open(settings.withDatabase(database));
    }

    /** Those that allow connections. */
    List<String> databases() {
        try (SqlConnection connection = SqlConnection.open(settings)) {
            return connection.query(
                    LIMIT,
                    row -> row.getString(1),
                    "SELECT datname FROM pg_database WHERE datallowconn AND datconnlimit <> -2 ORDER BY datname");
        }
    }

    /** Writes into a catalog, and connects to each database that allows it. */
    List<Judgement> opens() {
        List<Judgement> judgements = new ArrayList<>();
        List<String> databases;
        try (SqlConnection connection = SqlConnection.open(settings)) {
            connection.execute(LIMIT, "SET default_transaction_read_only = off");
            connection.execute(LIMIT, "SELECT lo_unlink(lo_creat(-1))");
            judgements.add(Judgement.passed("writable", "a transaction that writes was committed"));
            databases = databases();
        } catch (UserFacingException e) {
            return List.of(Judgement.of("writable", e).orElseThrow(() -> e));
        }
        for (String database : databases) {
            try (SqlConnection connection = connect(database)) {
                connection.execute(LIMIT, "SELECT count(*) FROM pg_class");
            } catch (UserFacingException e) {
                Judgement why = Judgement.of("databases", e).orElseThrow(() -> e);
                judgements.add(Judgement.failed(
                        why.name(),
                        why.fault().orElseThrow(),
                        "nobody can use database '" + database + "': " + why.detail()));
                return judgements;
            }
        }
        judgements.add(
                Judgement.passed("databases", Amounts.count(databases.size(), "database answers", "databases answer")));
        return judgements;
    }

    /** Asks one question in a transaction that cannot write. */
    Judgement answer(Question question, EarlierAnswers earlier) {
        String name = Judgement.QUESTION + question.name();
        try (SqlConnection connection = connect(question.database())) {
            connection.execute(LIMIT, "SET default_transaction_read_only = on");
            connection.execute(LIMIT, "SET statement_timeout = '" + QUESTION_LIMIT.toSeconds() + "s'");
            connection.execute(LIMIT, "SET lock_timeout = '" + LOCK_LIMIT.toSeconds() + "s'");
            connection.execute(LIMIT, "SET search_path = pg_catalog");
            // Another host, or another number of processors, must not answer otherwise.
            connection.execute(LIMIT, "SET TimeZone = 'UTC'");
            connection.execute(LIMIT, "SET bytea_output = hex");
            connection.execute(LIMIT, "SET max_parallel_workers_per_gather = 0");
            Optional<String> answer = connection.text(QUESTION_LIMIT, question.sql());
            String shown = answer.map(DrilledServer::shortened).orElse("no value");
            if (question.expected() instanceof Expected.Unchanged) {
                return unchanged(name, shown, earlier.digests(question, answer.orElse("")), earlier);
            }
            return answer.filter(question.expected()::accepts).isPresent()
                    ? Judgement.passed(name, "the answer is " + shown)
                    : Judgement.failed(
                            name,
                            Fault.QUESTION,
                            "the answer is " + shown + ", and expected is " + question.expected());
        } catch (UserFacingException e) {
            return Judgement.failed(name, fault(e), shortened(e.getMessage()));
        }
    }

    private static Judgement unchanged(String name, String shown, Answer answer, EarlierAnswers earlier) {
        Optional<DrillEvidence> before = earlier.lastOf(answer);
        if (before.isEmpty()) {
            return Judgement.passed(name, "the answer is " + shown + "; the next drill compares", answer);
        }
        String drill = "the drill of " + Amounts.minute(before.get().ended()) + " UTC on "
                + before.get().host();
        return EarlierAnswers.isSame(before.get(), answer)
                ? Judgement.passed(name, "the answer is " + shown + ", as in " + drill, answer)
                : Judgement.failed(
                        name, Fault.QUESTION, "the answer is " + shown + ", and was another one in " + drill);
    }

    private static Fault fault(UserFacingException failure) {
        if (failure.exitCode() == ExitCode.TIMED_OUT) {
            return Fault.TIME_LIMIT;
        }
        return failure instanceof PostgresException refused && (hasClass(refused, DAMAGE) || hasClass(refused, FILES))
                ? Judgement.ofFiles(failure.getMessage())
                : Fault.QUESTION;
    }

    /** Whether the SQLSTATE is of this class, its first two characters. */
    static boolean hasClass(PostgresException e, String states) {
        return e.sqlState().filter(state -> state.startsWith(states)).isPresent();
    }

    static String shortened(String text) {
        return text.length() <= MOST_CHARACTERS ? text : text.substring(0, MOST_CHARACTERS) + " ...";
    }
}
