// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.server.ServerSettings;

/**
 * The standbys of a primary, or a standby itself. In bytes: PostgreSQL's replay_lag keeps its last value while a
 * standby replays nothing at all.
 */
final class ReplicationLagCheck implements Check<AskedServer> {
    private static final String OF_STANDBYS = """
            SELECT coalesce(nullif(application_name, ''), host(client_addr), 'of pid ' || pid),
                   coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0)::bigint
            FROM pg_stat_replication WHERE state IN ('streaming', 'catchup') ORDER BY 1""";

    private static final String OF_ITSELF = """
            SELECT coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)::bigint,
                   pg_is_wal_replay_paused(),
                   EXISTS (SELECT FROM pg_stat_wal_receiver),
                   EXISTS (SELECT FROM pg_settings WHERE name = 'primary_conninfo' AND setting <> '')""";

    private record Standby(String name, long lagBytes) {}

    @Override
    public Subject subject() {
        return Subject.REPLICATION_LAG;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        return at.settings().inRecovery() ? itself(at) : standbys(at);
    }

    private List<Finding> standbys(AskedServer at) {
        long limit = at.cluster().check().replicationLagBytes();
        List<Standby> standbys = at.sql()
                .query(
                        ServerSettings.LIMIT,
                        row -> new Standby(row.getString(1), Math.max(0, row.getLong(2))),
                        OF_STANDBYS);
        if (standbys.isEmpty()) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        for (Standby each : standbys) {
            if (each.lagBytes() > limit) {
                findings.add(subject()
                        .warning(
                                "standby '" + each.name() + "' has " + Amounts.size(each.lagBytes())
                                        + " of WAL to replay",
                                "Find out in pg_stat_replication whether its replay is paused, or the standby"
                                        + " or the network is too slow."));
            }
        }
        long most = standbys.stream().mapToLong(Standby::lagBytes).max().orElse(0);
        if (findings.isEmpty()) {
            findings.add(subject()
                    .ok(Amounts.count(standbys.size(), "standby has", "standbys have") + " at most "
                            + Amounts.size(most) + " of WAL to replay"));
        }
        return findings.stream()
                .map(each -> each.with(Measure.LAG, most, Threshold.warnAbove(limit)))
                .toList();
    }

    private List<Finding> itself(AskedServer at) {
        record State(long lagBytes, boolean paused, boolean receives, boolean hasPrimary) {}
        State state = at.sql()
                .query(
                        ServerSettings.LIMIT,
                        row -> new State(
                                Math.max(0, row.getLong(1)), row.getBoolean(2), row.getBoolean(3), row.getBoolean(4)),
                        OF_ITSELF)
                .getFirst();
        long limit = at.cluster().check().replicationLagBytes();
        return List.of(itself(state.lagBytes(), state.paused(), state.hasPrimary() && !state.receives(), limit)
                .with(Measure.LAG, state.lagBytes(), Threshold.warnAbove(limit)));
    }

    private Finding itself(long lagBytes, boolean paused, boolean cutOff, long limit) {
        if (paused) {
            return subject()
                    .warning(
                            "this standby replays no WAL: its replay is paused",
                            "Continue with: SELECT pg_wal_replay_resume()");
        }
        if (cutOff) {
            return subject()
                    .warning(
                            "this standby receives no WAL from the server that primary_conninfo names",
                            "Read in PostgreSQL's log of this standby whether the primary answers, and still has the"
                                    + " WAL.");
        }
        String message = "this standby has " + Amounts.size(lagBytes) + " of WAL to replay";
        return lagBytes > limit
                ? subject().warning(message, "Find out whether a query here blocks replay: pg_stat_activity")
                : subject().ok(message);
    }
}
