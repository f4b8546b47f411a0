// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal;

import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.postgres.ClosedSegment;
import org.tidemark.postgres.SqlConnection;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;

/** Has the primary close its current WAL segment, so that it archives the segment now. */
public final class WalSwitch {
    private WalSwitch() {}

    /**
     * The segment that was closed; if nothing was written since, the one that was closed last.
     *
     * @throws UserFacingException POSTGRES_REFUSED on a standby
     */
    public static WalFile.Segment run(Session session) {
        try (SqlConnection connection = SqlConnection.open(session.connection())) {
            if (ServerSettings.ask(connection).inRecovery()) {
                throw new UserFacingException(
                        ExitCode.POSTGRES_REFUSED,
                        "the server is a standby; only a primary can close a segment",
                        "Name the primary in the cluster's conninfo; see it with: tidemark config");
            }
            return connection
                    .text(ServerSettings.LIMIT, "SELECT " + ClosedSegment.CLOSE)
                    .map(ClosedSegment::parse)
                    .orElseThrow(() -> new IllegalStateException("pg_switch_wal() returned nothing"));
        }
    }
}
