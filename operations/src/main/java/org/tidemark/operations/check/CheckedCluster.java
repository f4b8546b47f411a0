// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Timeline;
import org.tidemark.operations.server.ServerSettings;

/**
 * What answered of everything that protects a cluster. Immutable.
 *
 * @param server empty if it did not answer
 * @param repositories those that answered
 */
record CheckedCluster(
        ClusterSettings cluster, Optional<ServerState> server, List<CheckedRepository> repositories, Clock clock) {
    /**
     * What the server said of itself. Immutable.
     *
     * @param archiver empty if it does not archive
     * @param receiver which archives in place of archive_command; empty if that is wal-push, or no receiver is
     *     connected
     * @param timeline empty for a standby
     */
    record ServerState(
            ServerSettings settings,
            Optional<ArchiverStatus> archiver,
            Optional<ReceiverStatus> receiver,
            Optional<Timeline> timeline) {}

    CheckedCluster {
        repositories = List.copyOf(repositories);
    }
}
