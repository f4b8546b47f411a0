// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Instant;
import java.util.List;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerSettings;

/** The server's clock against this host's. */
final class ServerClockCheck implements Check<AskedServer> {
    @Override
    public Subject subject() {
        return Subject.CLOCK;
    }

    @Override
    public List<Finding> look(AskedServer at) {
        Instant server = at.sql()
                .query(ServerSettings.LIMIT, row -> row.getTimestamp(1).toInstant(), "SELECT clock_timestamp()")
                .getFirst();
        return List.of(ClockDifference.finding(
                "the clock of the server", server, at.clock().instant()));
    }
}
