// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerSettings;

/** Whether a restored server is in use on which the subscriptions are still switched off, as recover leaves them. */
final class SubscriptionCheck implements Check<AskedServer> {
    private static final String QUESTION = """
            SELECT count(*) FROM (SELECT subname FROM pg_subscription WHERE subenabled) s
            WHERE current_setting('max_logical_replication_workers') = '0' AND NOT pg_is_in_recovery()""";

    @Override
    public Subject subject() {
        return Subject.SETTINGS;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        long idle = at.sql()
                .query(ServerSettings.LIMIT, row -> row.getLong(1), QUESTION)
                .getFirst();
        return idle == 0
                ? List.of()
                : List.of(Subject.SETTINGS.warning(
                        "max_logical_replication_workers is 0, as recover sets it: nothing arrives by "
                                + Amounts.count(idle, "subscription", "subscriptions")
                                + ", and the publishers keep WAL",
                        "ALTER SYSTEM RESET max_logical_replication_workers, and restart PostgreSQL. What a publisher had"
                                + " sent after the restored moment is not sent again: copy these tables once more."));
    }
}
