// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres.internal;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.ServerAddress;
import org.tidemark.postgres.ServerMessage;

/**
 * Translates the errors of one connection for an operator. Immutable.
 *
 * @param passwordRemark the source of the password, or the reason why there was none
 * @see <a href="https://www.postgresql.org/docs/current/errcodes-appendix.html">SQLSTATE codes</a>
 */
public record PostgresErrors(ServerAddress server, String user, Login.Purpose purpose, String passwordRemark) {
    private static final String QUERY_CANCELED = "57014";
    private static final String WRONG_PASSWORD = "28P01";
    // The driver rejects the connection, for lack of a password or of TLS for example. A retry does not help.
    private static final String REJECTED_BY_DRIVER = "08004";

    /** The server answered with an error instead of {@code awaited}. */
    public PostgresException refused(String awaited, ServerMessage message) {
        String hint = message.hint().isEmpty() ? hint(message.sqlState(), false) : message.hint();
        return failure(awaited, message.sqlState(), message.toString(), hint, null);
    }

    /** A query failed. */
    public PostgresException query(String what, SQLException failure) {
        if (Thread.currentThread().isInterrupted()) {
            return stopped(what, failure);
        }
        String state = String.valueOf(failure.getSQLState());
        if (state.equals(QUERY_CANCELED)) {
            return new PostgresException(
                    ExitCode.TIMED_OUT,
                    what + " on PostgreSQL at " + server + " took too long and was cancelled: " + text(failure),
                    "Is the server overloaded, or does it wait for a lock? See pg_stat_activity.",
                    state,
                    failure);
        }
        return failure(what, state, text(failure), hint(state, false), failure);
    }

    /** The login failed, perhaps after the start of a TLS handshake. */
    public PostgresException login(SQLException failure, boolean handshakeBegun) {
        if (Thread.currentThread().isInterrupted()) {
            return stopped("a connection", failure);
        }
        String state = String.valueOf(failure.getSQLState());
        // If the server's name does not match its certificate, the driver reports a connection failure without a
        // cause.
        boolean tlsFailed = hasTlsCause(failure)
                || (handshakeBegun && state.equals("08006") && failure.getCause() == null && !fromServer(failure));
        if (tlsFailed) {
            return new PostgresException(
                    ExitCode.POSTGRES_REFUSED,
                    "cannot connect to PostgreSQL at " + server + " over TLS: " + text(failure),
                    "Does the server's certificate name this host, and is it signed by what sslrootcert holds? sslmode"
                            + " says how much is checked.",
                    state,
                    failure);
        }
        return new PostgresException(
                exitCode(state),
                "cannot connect to PostgreSQL at " + server + " as '" + user + "': " + text(failure),
                hint(state, true),
                state,
                failure);
    }

    /** The socket failed or reached its time limit while the caller waited for {@code what}. */
    public PostgresException lost(String what, IOException failure, boolean cancelled) {
        if (cancelled || Thread.currentThread().isInterrupted()) {
            return stopped(what, failure);
        }
        if (failure instanceof SocketTimeoutException) {
            return new PostgresException(
                    ExitCode.TIMED_OUT,
                    "PostgreSQL at " + server + " was silent for too long while we waited for " + what,
                    "Does pg_stat_activity show the WAL sender waiting? Is the network path alive?",
                    null,
                    failure);
        }
        return new PostgresException(
                ExitCode.POSTGRES_UNAVAILABLE,
                "the connection to PostgreSQL at " + server + " was lost while we waited for " + what + ": "
                        + Objects.requireNonNullElse(
                                failure.getMessage(), failure.getClass().getSimpleName()),
                "Did the server stop or restart? Its log says why.",
                null,
                failure);
    }

    /** The thread was interrupted, which closes a socket that it waits for. */
    private static PostgresException stopped(String what, Exception failure) {
        return new PostgresException(
                ExitCode.INTERRUPTED,
                "stopped while waiting for " + what,
                "Nothing of it is kept; start it again when you are ready.",
                null,
                failure);
    }

    /** The server sent a message that violates the protocol. */
    public PostgresException violated(String what) {
        return new PostgresException(
                ExitCode.POSTGRES_UNAVAILABLE,
                "PostgreSQL at " + server + " sent what its protocol does not allow: " + what,
                "Is there a proxy or connection pooler in between? Connect to the server itself.",
                null,
                null);
    }

    private PostgresException failure(String what, String state, String text, String hint, @Nullable Throwable cause) {
        ExitCode code = exitCode(state);
        String verb = code == ExitCode.POSTGRES_UNAVAILABLE ? " cannot serve " : " refused ";
        return new PostgresException(code, "PostgreSQL at " + server + verb + what + ": " + text, hint, state, cause);
    }

    private static ExitCode exitCode(String state) {
        boolean unavailable = (state.startsWith("08") && !state.equals(REJECTED_BY_DRIVER))
                || state.startsWith("57")
                || state.startsWith("53");
        return unavailable ? ExitCode.POSTGRES_UNAVAILABLE : ExitCode.POSTGRES_REFUSED;
    }

    private String hint(String state, boolean atLogin) {
        return switch (state.substring(0, Math.min(2, state.length()))) {
            case "28" ->
                state.equals(WRONG_PASSWORD)
                        ? "Is the password of the role '" + user + "' right? About the password: " + passwordRemark
                                + "."
                        : loginHint();
            case "08" ->
                state.equals(REJECTED_BY_DRIVER)
                        ? loginHint() + " Does sslmode fit the server?"
                        : "Check that the server runs, and that it listens at this address.";
            case "3D" -> "Name a database that exists with dbname=.";
            case "57" -> "Is the server starting or stopping, or did somebody cancel this? Its log says.";
            default ->
                switch (state) {
                    case "42501" -> atLogin ? rightToLogIn() : rightsToGrant();
                    case "53300" ->
                        "Are all connections in use? See max_connections, max_wal_senders and pg_stat_activity.";
                    default -> "The server's log has the details.";
                };
        };
    }

    /** PostgreSQL has already accepted the role's password. */
    private String rightToLogIn() {
        return purpose == Login.Purpose.REPLICATION
                ? "Allow it to this role, as a superuser: ALTER ROLE \"" + user + "\" REPLICATION"
                : loginHint();
    }

    /** The message of the server names the function or the parameter, in the server's language. */
    private String rightsToGrant() {
        String role = "\"" + user.replace("\"", "\"\"") + "\"";
        return "Let a superuser run the lines that apply. For check and switch-wal: GRANT pg_monitor TO " + role
                + "; GRANT EXECUTE ON FUNCTION pg_switch_wal() TO " + role
                + "; for setup primary, on 15 and later: GRANT ALTER SYSTEM ON PARAMETER wal_level, archive_mode,"
                + " archive_command, archive_timeout TO " + role + "; GRANT EXECUTE ON FUNCTION pg_reload_conf() TO "
                + role + ";";
    }

    private String loginHint() {
        if (SystemUser.currentName().isEmpty() && user.equals(SystemUser.current())) {
            return "The user of this process has no name, only the number " + user
                    + ". Name the role in conninfo, as in \"host=db1 user=tidemark dbname=postgres\", or in PGUSER.";
        }
        String line = String.format(
                Locale.ROOT,
                "%s  %s  %s  %s",
                server.isUnixSocket() ? "local" : "host",
                purpose == Login.Purpose.REPLICATION ? "replication" : "all,replication",
                user,
                server.isUnixSocket() ? localMethod() : "ADDRESS  scram-sha-256");
        return "The role '" + user + "' needs LOGIN" + (purpose == Login.Purpose.REPLICATION ? " and REPLICATION" : "")
                + ", and pg_hba.conf a line such as \"" + line + "\", followed by SELECT pg_reload_conf(). About the"
                + " password: " + passwordRemark + ".";
    }

    /** With peer, only the OS user with the role's name can log in. */
    private String localMethod() {
        return SystemUser.currentName().equals(Optional.of(user)) ? "peer" : "scram-sha-256";
    }

    private static boolean fromServer(SQLException failure) {
        return failure instanceof PSQLException driver && driver.getServerErrorMessage() != null;
    }

    private static boolean hasTlsCause(SQLException failure) {
        for (Throwable each = failure; each != null; each = each.getCause()) {
            if (each instanceof SSLException) {
                return true;
            }
        }
        return false;
    }

    private static String text(SQLException failure) {
        ServerErrorMessage message = failure instanceof PSQLException driver ? driver.getServerErrorMessage() : null;
        if (message != null) {
            return new ServerMessage(
                            String.valueOf(message.getSeverity()),
                            String.valueOf(message.getSQLState()),
                            String.valueOf(message.getMessage()),
                            Objects.requireNonNullElse(message.getDetail(), ""),
                            Objects.requireNonNullElse(message.getHint(), ""),
                            Objects.requireNonNullElse(message.getRoutine(), ""))
                    .toString();
        }
        String text = String.valueOf(failure.getMessage());
        // The driver's "The connection attempt failed." gives no reason; its cause does.
        Throwable reason = failure.getCause();
        String cause = reason == null
                ? ""
                : Objects.requireNonNullElse(
                        reason.getMessage(), reason.getClass().getSimpleName());
        return text + (cause.isEmpty() || text.contains(cause) ? "" : " " + cause) + " (SQLSTATE "
                + failure.getSQLState() + ")";
    }
}
