// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.server;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;

/**
 * How far a standby has replayed. A backup from it has the content of that time. Immutable.
 *
 * @param newest when the primary made the last commit or checkpoint that was replayed; by the primary's clock
 * @param now by the standby's clock
 * @param replayed the end of the WAL that was replayed
 * @param received the end of the WAL that was received; empty if the standby reads only an archive
 * @param isStreaming whether it receives WAL now, so that it would have anything later
 * @param delay recovery_min_apply_delay
 * @param isPreferred whether a standby was only preferred to the primary
 */
public record StandbyReplay(
        Instant newest,
        Instant now,
        Lsn replayed,
        Optional<Lsn> received,
        boolean isStreaming,
        boolean isPaused,
        Duration delay,
        boolean isPreferred) {
    /**
     * An array of texts; empty on a primary. A role that may not see the status of the WAL receiver sees that there is
     * one.
     */
    public static final String QUESTION = "CASE WHEN pg_is_in_recovery() THEN ARRAY["
            + "(1000 * extract(epoch FROM greatest(pg_last_xact_replay_timestamp(),"
            + " (SELECT checkpoint_time FROM pg_control_checkpoint()))))::bigint::text,"
            + " (1000 * extract(epoch FROM clock_timestamp()))::bigint::text, pg_last_wal_replay_lsn()::text,"
            + " pg_last_wal_receive_lsn()::text,"
            + " (SELECT coalesce(status = 'streaming', true) FROM pg_stat_wal_receiver)::text,"
            + " pg_is_wal_replay_paused()::text,"
            + " (SELECT setting FROM pg_settings WHERE name = 'recovery_min_apply_delay')]"
            + " ELSE ARRAY[]::text[] END";

    /** The content of any backup is so old by the time somebody reads of it. */
    private static final Duration OLD = Duration.ofMinutes(1);

    /** Reads the answer to {@link #QUESTION}. */
    public static Optional<StandbyReplay> read(ResultSet row, boolean isPreferred) throws SQLException {
        String[] answer = (String[]) row.getArray(1).getArray();
        if (answer.length == 0 || answer[0] == null || answer[2] == null) {
            return Optional.empty();
        }
        return Optional.of(new StandbyReplay(
                Instant.ofEpochMilli(Long.parseLong(answer[0])),
                Instant.ofEpochMilli(Long.parseLong(answer[1])),
                Lsn.parse(answer[2]),
                Optional.ofNullable(answer[3]).map(Lsn::parse),
                "true".equals(answer[4]),
                "true".equals(answer[5]),
                Duration.ofMillis(Long.parseLong(answer[6])),
                isPreferred));
    }

    /** The same, when it has replayed what it had received. */
    public StandbyReplay caughtUp() {
        return new StandbyReplay(
                newest, now, received.orElse(replayed), received, isStreaming, isPaused, delay, isPreferred);
    }

    /** Whether something keeps it from replaying what it receives. */
    public boolean isHeldBack() {
        return isPaused || delay.isPositive();
    }

    /** Whether it knows of WAL that it has not replayed. */
    private boolean isBehind() {
        return received.filter(replayed::isBefore).isPresent();
    }

    /** Whether its content may be older than a minute: not if it has replayed all that a primary sends. */
    public boolean isLate() {
        return (isBehind() || !isStreaming) && age().compareTo(OLD) > 0;
    }

    /** The maximum: the next commit may have been made much later. */
    private Duration age() {
        return Duration.between(newest, now);
    }

    /** The time of its content if that is old. */
    public Optional<Instant> contentTime() {
        return isLate() ? Optional.of(newest) : Optional.empty();
    }

    /** What is said when a backup begins. */
    public List<String> warnings() {
        List<String> warnings = new ArrayList<>();
        if (isLate()) {
            String content = "the standby has replayed its WAL up to " + Amounts.second(newest)
                    + ": the content of this backup is at most " + Amounts.duration(age()) + " old";
            warnings.add(
                    isPaused
                            ? content + ". Its replay is paused: SELECT pg_wal_replay_resume()"
                            : delay.isPositive()
                                    ? content + ". Its recovery_min_apply_delay is " + Amounts.duration(delay)
                                    : isBehind()
                                            ? content + ". It has received WAL that it has not replayed"
                                            : content
                                                    + ". It receives no WAL now, so it cannot tell whether its primary"
                                                    + " has committed anything since");
        }
        if (isPreferred && delay.isPositive()) {
            warnings.add("the standby was chosen by prefer-standby, and its recovery_min_apply_delay is "
                    + Amounts.duration(delay) + ": each backup from it has content of that age. Leave its host out of"
                    + " conninfo, or set backup-from = 'primary'");
        }
        return warnings;
    }
}
