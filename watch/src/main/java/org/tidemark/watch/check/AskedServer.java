// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Clock;
import java.util.Optional;
import org.tidemark.config.ClusterSettings;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;

/**
 * A server that answers, and what is configured for it. Not thread-safe.
 *
 * @param connection how it was reached, for its other databases
 */
record AskedServer(
        SqlConnection sql,
        ConnectionSettings connection,
        ServerSettings settings,
        ClusterSettings cluster,
        Clock clock) {
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** Runs a query; empty if the role may not. */
    <R> Optional<R> ifAllowed(SqlConnection.RowReader<R> reader, String sql) {
        try {
            return this.sql.query(ServerSettings.LIMIT, reader, sql).stream().findFirst();
        } catch (PostgresException e) {
            if (e.hasState(INSUFFICIENT_PRIVILEGE)) {
                return Optional.empty();
            }
            throw e;
        }
    }
}
