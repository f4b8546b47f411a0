// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.server;

import java.nio.file.Path;
import java.util.Optional;
import java.util.function.BiFunction;
import org.tidemark.archiver.queue.JavaStarts;
import org.tidemark.archiver.resident.ResidentService;
import org.tidemark.archiver.resident.UnusedNotes;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.Amounts;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
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

    /**
     * How many of the segments that were archived last needed a start of Java, and why. Immutable.
     *
     * @param why empty if a resident archiver serves
     */
    public record StartedJava(JavaStarts.Share share, Optional<String> why) {
        /** In words. */
        public String text() {
            return "archive_command started Java for " + share.starts() + " of the last "
                    + Amounts.count(share.segments(), "segment", "segments")
                    + why.filter(any -> share.starts() > 0)
                            .map(reason -> ": " + reason)
                            .orElse("");
        }
    }

    /**
     * How often archive_command started Java on this host; empty if that is unknown.
     *
     * @param newest the segment that was archived last
     */
    public static Optional<StartedJava> startedJava(Session session, Segment newest, WalSegmentSize size) {
        return session.cluster()
                .flatMap(cluster -> new JavaStarts(session.spool(), cluster.name()).upTo(newest, size))
                .map(share -> new StartedJava(share, why(session)));
    }

    private static Optional<String> why(Session session) {
        if (unusedNotes(session).isPresent()) {
            return Optional.of("it cannot use what is archived ahead, see 'archiving-ahead' of check");
        }
        return of(session)
                .map(service -> switch (service.condition()) {
                    case SERVING -> Optional.<String>empty();
                    case WAITING -> Optional.of("the resident archiver waits for a call");
                    case GONE, STOPPED, HINDERED, LATE ->
                        Optional.of("the resident archiver does not serve, see 'resident-archiver' of check");
                })
                .orElseGet(() -> Optional.of("no resident archiver runs for this server"));
    }

    private static <T> Optional<T> inSpool(Session session, BiFunction<Path, Path, Optional<T>> what) {
        Optional<Path> dataDirectory = session.cluster().flatMap(ClusterSettings::dataDirectory);
        return dataDirectory.flatMap(directory ->
                what.apply(SpoolDirectory.archived(session.spool(), dataDirectory, session.environment()), directory));
    }
}
