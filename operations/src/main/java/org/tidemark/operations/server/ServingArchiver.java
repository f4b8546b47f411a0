// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.server;

import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.archiver.ahead.ResidentService;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.operations.Session;

/** Finds the resident archiver of a cluster. */
public final class ServingArchiver {
    private ServingArchiver() {}

    /** That of the server that runs in the cluster's data directory on this host; empty if none is used. */
    public static Optional<ResidentService> of(Session session) {
        Optional<Path> dataDirectory = session.cluster().flatMap(ClusterSettings::dataDirectory);
        return dataDirectory.flatMap(directory -> ResidentService.of(
                SpoolDirectory.archived(session.spool(), dataDirectory, session.environment()), directory));
    }
}
