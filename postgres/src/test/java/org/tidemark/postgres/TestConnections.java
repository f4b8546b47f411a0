// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.nio.file.Path;
import java.util.Map;

/** Opens connections as a user would whose home directory and environment are empty. */
record TestConnections(Path home) {
    ConnectionSettings settings(String conninfo) {
        return ConnectionSettings.parse(conninfo, new ClientEnvironment(Map.of(), home, "nobody"));
    }

    ReplicationConnection replication(String conninfo) {
        return ReplicationConnection.open(settings(conninfo));
    }

    SqlConnection sql(String conninfo) {
        return SqlConnection.open(settings(conninfo));
    }
}
