// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.Amounts;
import org.tidemark.postgres.SqlConnection;

/**
 * The synchronous standbys of a primary, and whether commits wait for them. A receiver of WAL may be such a standby. No
 * timeout of PostgreSQL ends that wait. Immutable.
 *
 * @param names synchronous_standby_names
 * @param commit synchronous_commit of this role; others may have another
 * @param connected the standbys that commits may wait for, and that are connected
 * @param hidden the standbys of which the role may see nothing
 * @param waiting the sessions whose commit waits, as far as the role may see them
 */
public record SynchronousStandbys(String names, String commit, long connected, long hidden, long waiting) {
    /** What lets commits go on without them. */
    public static final String SWITCH_OFF =
            "To let commits go on without it: ALTER SYSTEM SET synchronous_standby_names = ''; SELECT pg_reload_conf();";

    /** A role without pg_monitor sees that a standby is connected, but not whether it is synchronous. */
    private static final String QUESTION = """
            SELECT (SELECT setting FROM pg_settings WHERE name = 'synchronous_standby_names'),
                   (SELECT setting FROM pg_settings WHERE name = 'synchronous_commit'),
                   count(*) FILTER (WHERE sync_state IN ('sync', 'quorum')),
                   count(*) FILTER (WHERE sync_state IS NULL),
                   (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep')
            FROM pg_stat_replication""";

    /** See syncrep_gram.y: FIRST 2 (a, b), ANY 2 (a, b), 2 (a, b); a list alone needs one. */
    private static final Pattern COUNT = Pattern.compile(
            "\\s*(?:(?:FIRST|ANY)\\s+)?'?([0-9]{1,9})'?\\s*\\(.*", Pattern.CASE_INSENSITIVE | Pattern.DOTALL);

    /** Asks a primary. */
    public static SynchronousStandbys of(SqlConnection connection) {
        return connection
                .query(
                        ServerSettings.LIMIT,
                        row -> new SynchronousStandbys(
                                row.getString(1), row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5)),
                        QUESTION)
                .getFirst();
    }

    private long needed() {
        Matcher count = COUNT.matcher(names);
        return count.matches() ? Long.parseLong(count.group(1)) : 1;
    }

    /** Whether commits wait for a standby that is not connected. */
    public boolean commitsWait() {
        return lack().isPresent() && (waiting > 0 || !(commit.equals("off") || commit.equals("local")));
    }

    /** For people: what is set, and which standbys it lacks; empty if none, as far as that can be seen. */
    public Optional<String> lack() {
        if (names.isBlank() || connected + hidden >= needed()) {
            return Optional.empty();
        }
        return Optional.of(inWords()
                + (needed() == 1
                        ? ", and no such standby is connected"
                        : ", which needs " + Amounts.count(needed(), "standby", "standbys") + ", and " + count()
                                + " connected"));
    }

    /** For people: what is set. */
    public String inWords() {
        return "synchronous_standby_names is '" + names + "'";
    }

    /** For people: how many are connected. */
    public String count() {
        return Amounts.count(connected, "such standby is", "such standbys are");
    }
}
