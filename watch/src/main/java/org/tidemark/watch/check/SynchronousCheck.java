// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.server.ServerSettings;

/**
 * Whether commits wait for synchronous standbys that are not connected. A receiver of WAL may be such a standby. No
 * timeout of PostgreSQL ends that wait.
 */
final class SynchronousCheck implements Check<AskedServer> {
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

    /**
     * What the server says.
     *
     * @param commit synchronous_commit of this role; others may have another
     * @param synchronous the standbys that commits may wait for, and that are connected
     * @param hidden the standbys of which the role may see nothing
     * @param waiting the sessions whose commit waits, as far as the role may see them
     */
    record State(String names, String commit, long synchronous, long hidden, long waiting) {
        long needed() {
            Matcher count = COUNT.matcher(names);
            return count.matches() ? Long.parseLong(count.group(1)) : 1;
        }

        boolean commitsWait() {
            return waiting > 0 || !(commit.equals("off") || commit.equals("local"));
        }
    }

    @Override
    public Subject subject() {
        return Subject.SYNCHRONOUS;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        if (at.settings().inRecovery()) {
            return List.of();
        }
        return of(at.sql()
                .query(
                        ServerSettings.LIMIT,
                        row -> new State(
                                row.getString(1), row.getString(2), row.getLong(3), row.getLong(4), row.getLong(5)),
                        QUESTION)
                .getFirst());
    }

    /** Pure. */
    static List<Finding> of(State state) {
        if (state.names().isBlank()) {
            return List.of();
        }
        String set = "synchronous_standby_names is '" + state.names() + "'";
        if (state.synchronous() + state.hidden() >= state.needed()) {
            return state.hidden() > 0
                    ? List.of()
                    : List.of(Subject.SYNCHRONOUS.ok(set + ", and " + standbys(state.synchronous()) + " connected"));
        }
        String lack = state.needed() == 1
                ? ", and no such standby is connected"
                : ", which needs " + Amounts.count(state.needed(), "standby", "standbys") + ", and "
                        + standbys(state.synchronous()) + " connected";
        if (!state.commitsWait()) {
            return List.of(Subject.SYNCHRONOUS.ok(
                    set + lack + "; commits do not wait, because synchronous_commit is " + state.commit()));
        }
        return List.of(Subject.SYNCHRONOUS
                .critical(
                        set + lack + ": commits wait"
                                + (state.waiting() == 0
                                        ? ""
                                        : ", currently in " + Amounts.count(state.waiting(), "session", "sessions")),
                        "Start the standby, or the receiver (tidemark wal-receive --synchronous). To let commits go on"
                                + " without it: ALTER SYSTEM SET synchronous_standby_names = ''; SELECT"
                                + " pg_reload_conf();")
                .with(Measure.WAITING, state.waiting()));
    }

    private static String standbys(long count) {
        return Amounts.count(count, "such standby is", "such standbys are");
    }
}
