// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.core.Sha256;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Whether a segment cannot be archived because a repository holds other content under its name: only PostgreSQL's log
 * has the exit status.
 */
final class ConflictCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.CONFLICT;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        Optional<Segment> failing = at.server().flatMap(ServerState::archiver).flatMap(ArchiverStatus::failingSegment);
        Optional<LocalPgWal> kept = LocalPgWal.of(at.cluster());
        if (at.held().isEmpty() || failing.isEmpty() || kept.isEmpty()) {
            return List.of();
        }
        IncarnationReading held = at.held().get();
        Segment segment = failing.get();
        Optional<Sha256> own = kept.get().digest(segment, held.identity().walSegmentSize());
        Optional<Sha256> stored = own.isEmpty() ? own : held.archive().wal().digest(segment);
        return stored.isEmpty() || stored.equals(own)
                ? List.of()
                : at.findings(subject()
                        .critical(
                                "'" + at.name() + "' holds different content under '" + segment.name()
                                        + "', so this server cannot archive it",
                                "Another server with this system identifier stored it, or this server was set back to"
                                        + " an older state. Decide which content is right: docs/repair/conflict.md."
                                        + " If it is that of this server: tidemark wal-resolve " + segment.name()
                                        + " --later. Until then, do not let this server recover from the archive."));
    }
}
