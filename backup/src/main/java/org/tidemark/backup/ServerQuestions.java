// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup;

import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.tidemark.core.UserFacingException;
import org.tidemark.postgres.ConnectionSettings;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.postgres.WalSender;

/** What only SQL can tell. A role that may not use SQL still gets its backup, with less in it. */
interface ServerQuestions {
    /** Only where the process runs that sends the data; a role sees its own processes whole. */
    String FROM_SOURCE =
            " FROM pg_stat_activity WHERE pid = ? AND backend_type = 'walsender' AND usename = session_user";

    /** The time on PostgreSQL's host, never before a commit that it has; empty if it could not be asked. */
    Optional<Instant> now();

    /** A transaction id that no transaction has yet, 64 bits; empty if it could not be asked. */
    Optional<Long> nextXid();

    /** A database, and the tablespace that it has its directory in, both by OID. Immutable. */
    record Database(long oid, long tablespace, String name) {}

    /** Without those that DROP DATABASE could not finish. Empty if it could not be asked. */
    Optional<List<Database>> databases();

    /**
     * Asks by a connection of its own each time: a backup takes longer than an idle connection may live. Only the
     * server that the data comes from is believed: of several in the connection string, or behind one name or address,
     * another may answer, whose clock or transaction ids are behind.
     *
     * @param source who sends the data; its process runs until all is asked
     */
    static ServerQuestions of(ConnectionSettings settings, WalSender source, Consumer<String> warning) {
        return new ServerQuestions() {
            @Override
            public Optional<Instant> now() {
                // Commits carry the primary's time, which may be ahead of a standby's clock.
                return ask(
                        "greatest(clock_timestamp(), pg_last_xact_replay_timestamp())",
                        row -> row.getObject(1, OffsetDateTime.class).toInstant());
            }

            @Override
            public Optional<Long> nextXid() {
                return ask(
                        "pg_snapshot_xmax(pg_current_snapshot())::text",
                        row -> Long.parseUnsignedLong(row.getString(1)));
            }

            @Override
            public Optional<List<Database>> databases() {
                return ask(
                        "ARRAY(SELECT concat_ws(' ', oid, dattablespace, datname)"
                                + " FROM pg_database WHERE datconnlimit <> -2 ORDER BY oid)",
                        row -> Stream.of((String[]) row.getArray(1).getArray())
                                .map(line -> line.split(" ", 3))
                                .map(word -> new Database(Long.parseLong(word[0]), Long.parseLong(word[1]), word[2]))
                                .toList());
            }

            private <T> Optional<T> ask(String value, SqlConnection.RowReader<T> reader) {
                try (SqlConnection connection = SqlConnection.open(settings.at(source.address()))) {
                    List<T> rows = connection.query(
                            Duration.ofSeconds(30), reader, "SELECT " + value + FROM_SOURCE, source.processId());
                    if (rows.isEmpty()) {
                        warning.accept("at " + source.address() + " another server answers than the one that sends the"
                                + " data, so it was not asked by SQL, and the backup is taken without;"
                                + " name that server itself in conninfo");
                    }
                    return rows.stream().findFirst();
                } catch (UserFacingException e) {
                    warning.accept(
                            "PostgreSQL could not be asked by SQL, the backup is taken without: " + e.getMessage());
                    return Optional.empty();
                }
            }
        };
    }
}
