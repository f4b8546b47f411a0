// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.LongWaits;
import org.tidemark.core.LongWaits.Wait;
import org.tidemark.postgres.internal.Login;

/**
 * An ordinary connection for SQL. Each statement is its own transaction and has a time limit; when the limit is
 * reached, the statement is cancelled and TIMED_OUT is thrown. Names without a schema are those of pg_catalog, and no
 * timeout of the server ends it, whatever its settings and those of the role are. Not thread-safe.
 */
public final class SqlConnection implements AutoCloseable {
    // The additional time after which a server that does not answer a cancel request is abandoned.
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(10);

    private final Login.Session login;

    private SqlConnection(Login.Session login) {
        this.login = login;
    }

    /** Converts one row to a value. */
    @FunctionalInterface
    public interface RowReader<R> {
        R read(ResultSet row) throws SQLException;
    }

    /** Logs in; the caller closes the connection. */
    public static SqlConnection open(ConnectionSettings settings) {
        return new SqlConnection(Login.open(settings, Login.Purpose.QUERIES));
    }

    /**
     * Runs a query and reads every row.
     *
     * @param limit at least one second; rounded up to whole seconds
     * @param parameters for the question marks in {@code sql}
     */
    public <R> List<R> query(Duration limit, RowReader<R> reader, String sql, Object... parameters) {
        try (Wait _ = waiting();
                PreparedStatement statement = prepare(limit, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            List<R> values = new ArrayList<>();
            while (rows.next()) {
                values.add(reader.read(rows));
            }
            return values;
        } catch (SQLException e) {
            throw login.errors().query("a query", e);
        }
    }

    /** The first column of the first row as text; empty if there is no row, or if the value is NULL. */
    public Optional<String> text(Duration limit, String sql, Object... parameters) {
        return query(limit, row -> Optional.ofNullable(row.getString(1)), sql, parameters).stream()
                .findFirst()
                .flatMap(value -> value);
    }

    /** Runs a statement and ignores its result. */
    public void execute(Duration limit, String sql, Object... parameters) {
        try (Wait _ = waiting();
                PreparedStatement statement = prepare(limit, sql, parameters)) {
            statement.execute();
        } catch (SQLException e) {
            throw login.errors().query("a statement", e);
        }
    }

    /** The server's version as a number: 130023 for 13.23. */
    public int serverVersionNum() {
        return Integer.parseInt(
                text(Duration.ofSeconds(30), "SHOW server_version_num").orElse("0"));
    }

    @Override
    public void close() {
        try {
            login.driver().close();
        } catch (SQLException e) {
            System.getLogger(SqlConnection.class.getName())
                    .log(System.Logger.Level.DEBUG, "closing a connection failed", e);
        }
    }

    private Wait waiting() {
        return LongWaits.on("PostgreSQL at " + login.address());
    }

    private PreparedStatement prepare(Duration limit, String sql, Object... parameters) throws SQLException {
        Connection driver = login.driver();
        int seconds = Math.toIntExact(limit.plusMillis(999).toSeconds());
        driver.setNetworkTimeout(
                Runnable::run, Math.toIntExact(limit.plus(CANCEL_GRACE).toMillis()));
        PreparedStatement statement = driver.prepareStatement(sql);
        try {
            statement.setQueryTimeout(seconds);
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement;
        } catch (SQLException e) {
            statement.close();
            throw e;
        }
    }
}
