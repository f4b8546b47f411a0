// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Clock;
import java.util.Optional;
import org.tidemark.config.ClusterSettings;
import org.tidemark.session.Session;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * The host on which check runs. Its files say most where it is that of the server.
 *
 * @param server empty if it did not answer
 */
record CheckedHost(Session session, ClusterSettings cluster, Optional<ServerState> server, Clock clock) {}
