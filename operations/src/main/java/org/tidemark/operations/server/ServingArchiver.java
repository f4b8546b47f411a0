// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.server;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tidemark.archiver.ahead.ResidentService;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.operations.Session;

/** Finds what archives the WAL of a cluster ahead of PostgreSQL. */
public final class ServingArchiver {
    private ServingArchiver() {}

    /** That of the server that runs in the cluster's data directory on this host; empty if none is used. */
    public static Optional<ResidentService> of(Session session) {
        return inSpool(session, ResidentService::of);
    }

    /** Why wal-push archives nothing ahead for that server; empty if it does, or has not had to. */
    public static Optional<UnusedNotes> unusedNotes(Session session) {
        return inSpool(session, UnusedNotes::of);
    }

    private static <T> Optional<T> inSpool(Session session, BiFunction<Path, Path, Optional<T>> what) {
        Optional<Path> dataDirectory = session.cluster().flatMap(ClusterSettings::dataDirectory);
        return dataDirectory.flatMap(directory ->
                what.apply(SpoolDirectory.archived(session.spool(), dataDirectory, session.environment()), directory));
    }
}
