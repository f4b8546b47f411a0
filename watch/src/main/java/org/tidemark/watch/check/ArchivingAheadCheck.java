// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.server.ArchivedAhead;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** How often archive_command had to start Java, and why it cannot use what is archived ahead. */
final class ArchivingAheadCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.ARCHIVING_AHEAD;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        return ArchivedAhead.unusedNotes(host.session())
                .map(unused -> subject().warning(unused.problem(), unused.hint()))
                .or(() -> host.server().flatMap(server -> startedJava(host, server)))
                .stream()
                .toList();
    }

    private Optional<Finding> startedJava(CheckedHost host, ServerState server) {
        return server.archiver()
                .flatMap(ArchiverStatus::lastArchivedSegment)
                .flatMap(newest -> ArchivedAhead.startedJava(
                        host.session(),
                        newest,
                        server.settings().identity(host.cluster().name()).walSegmentSize()))
                .map(started -> subject().ok(started.text()));
    }
}
