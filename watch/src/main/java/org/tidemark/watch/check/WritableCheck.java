// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.List;
import java.util.UUID;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** Whether a repository is there, and as far as its store can tell without writing, can be written. */
final class WritableCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.REPOSITORY;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        try {
            at.repository().store().requireWritable(next(at));
            return at.findings(subject()
                    .ok("'" + at.name() + "' answers; its id is "
                            + at.repository().id()));
        } catch (IOException e) {
            UserFacingException explained = StorageErrors.explain(e);
            return at.findings(subject()
                    .critical("'" + at.name() + "' cannot be written: " + explained.getMessage(), explained.hint()));
        }
    }

    /** Where the server's current segment will be stored; near it, if that cannot be told. */
    private static ObjectKey next(CheckedRepository at) {
        if (at.archive().isEmpty()) {
            return ObjectName.Scratch.of(UUID.randomUUID()).key();
        }
        ClusterArchive archive = at.archive().get();
        WalSegmentSize size = archive.identity().walSegmentSize();
        return at.server()
                .flatMap(ServerState::archiver)
                .flatMap(ArchiverStatus::lastArchivedSegment)
                .map(last -> archive.wal().key(Segment.of(last.timeline(), last.index(size) + 1, size)))
                .orElseGet(() -> archive.identity().keys().identity());
    }
}
