// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.postgres.PostgresException;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;

/**
 * The files that PostgreSQL has marked {@code .ready} and not yet archived. Immutable.
 *
 * @param late how many of them have waited for longer than {@link #LATE_AFTER}
 * @param oldest since when the oldest one has been waiting, by the server's clock
 */
record ReadyFiles(long count, long late, Optional<Instant> oldest) {
    /** How long a file may wait before it counts as late: a retry comes after a minute. */
    static final Duration LATE_AFTER = Duration.ofMinutes(2);

    private static final String QUESTION = """
            SELECT count(*), count(*) FILTER (WHERE modification < clock_timestamp() - interval '2 minutes'),
                   min(modification)
            FROM pg_ls_archive_statusdir() WHERE name LIKE '%.ready'""";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** How their number has changed since an earlier check. */
    enum Trend {
        GROWING(", more than before"),
        SHRINKING(", fewer than before"),
        UNKNOWN("");

        private final String words;

        Trend(String words) {
            this.words = words;
        }
    }

    /** Empty if the role may not see them. */
    static Optional<ReadyFiles> ask(SqlConnection connection) {
        try {
            return Optional.of(connection
                    .query(
                            ServerSettings.LIMIT,
                            row -> new ReadyFiles(
                                    row.getLong(1),
                                    row.getLong(2),
                                    Optional.ofNullable(row.getTimestamp(3)).map(Timestamp::toInstant)),
                            QUESTION)
                    .getFirst());
        } catch (PostgresException e) {
            if (e.hasState(INSUFFICIENT_PRIVILEGE)) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /** How long the oldest one has waited. */
    Duration age(Instant now) {
        return oldest.map(since -> Duration.between(since, now)).orElse(Duration.ZERO);
    }

    String describe(Instant now, Trend trend) {
        return Amounts.count(count, "file waits", "files wait") + " to be archived, the oldest for "
                + Amounts.duration(age(now)) + trend.words;
    }
}
