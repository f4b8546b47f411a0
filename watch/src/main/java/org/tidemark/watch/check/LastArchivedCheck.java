// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.core.WalFile;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Whether a repository has the last segment that PostgreSQL believes to be archived, and may remove. WAL that is queued
 * on this host is safe.
 */
final class LastArchivedCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.WAL;
    }

    @Override
    public List<Finding> look(CheckedRepository at) throws IOException {
        Optional<String> last = at.server()
                .filter(server -> server.receiver().isEmpty())
                .flatMap(ServerState::archiver)
                .flatMap(ArchiverStatus::lastArchived);
        if (at.held().isEmpty()
                || last.isEmpty()
                || !(WalFile.parse(last.get()) instanceof WalFile.Segment segment)
                || at.queued().contains(segment.name())
                || at.held().get().archive().wal().contains(segment)) {
            return List.of();
        }
        return at.findings(subject()
                .critical(
                        "PostgreSQL reports '" + segment.name() + "' as archived, but '" + at.name()
                                + "' does not have it",
                        "Check that archive_command archives to this repository. If another repository has"
                                + " the file, copy it with: tidemark sync --quick. Otherwise take a new backup"
                                + " with: tidemark backup"));
    }
}
