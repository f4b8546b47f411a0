// SPDX-License-Identifier: Apache-2.0
package org.tidemark.server;

import java.nio.file.Path;
import java.util.Optional;
import org.tidemark.archiver.ahead.UnusedNotes;
import org.tidemark.archiver.queue.JavaStarts;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.Amounts;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.session.Session;

/** How the segments of a cluster's server are archived before PostgreSQL hands them over. */
public final class ArchivedAhead {
    private ArchivedAhead() {}

    /**
     * Why wal-push archives nothing ahead for the server that runs in the cluster's data directory on this host; empty
     * if it does, or has not had to.
     */
    public static Optional<UnusedNotes> unusedNotes(Session session) {
        Optional<Path> dataDirectory = session.cluster().flatMap(ClusterSettings::dataDirectory);
        return dataDirectory.flatMap(directory -> UnusedNotes.of(
                SpoolDirectory.archived(session.spool(), dataDirectory, session.environment()), directory));
    }

    /**
     * How many of the segments that were archived last needed a start of Java, and why. Immutable.
     *
     * @param why empty if nothing prevents that segments are archived ahead
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
                .map(share -> new StartedJava(
                        share,
                        unusedNotes(session)
                                .map(_ -> "it cannot use what is archived ahead, see 'archiving-ahead' of check")));
    }
}
