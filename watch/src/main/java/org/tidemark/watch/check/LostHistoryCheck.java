// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile.TimelineHistoryFile;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/**
 * Whether the server cannot archive since the history of its timeline is neither in a repository nor in its pg_wal.
 * Only where the data directory is on this host.
 */
final class LostHistoryCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.HISTORY;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        Optional<Timeline> failing = whole.server()
                .flatMap(ServerState::archiver)
                .flatMap(ArchiverStatus::failingSegment)
                .map(segment -> segment.timeline())
                .filter(timeline -> !timeline.equals(Timeline.FIRST));
        Optional<Path> walDirectory = whole.cluster()
                .dataDirectory()
                .map(data -> data.resolve("pg_wal"))
                .filter(Files::isReadable);
        if (failing.isEmpty() || walDirectory.isEmpty()) {
            return List.of();
        }
        String file = new TimelineHistoryFile(failing.get()).name();
        if (Files.exists(walDirectory.get().resolve(file))) {
            return List.of();
        }
        return whole.repositories().stream()
                .filter(each -> each.held()
                        .filter(held -> held.inventory()
                                .timeline(failing.get())
                                .filter(timeline -> timeline.history().isPresent())
                                .isEmpty())
                        .isPresent())
                .map(each -> Subject.HISTORY
                        .critical(
                                "no WAL of timeline " + failing.get() + " can be archived in '" + each.name() + "': '"
                                        + file + "' is neither there nor in pg_wal of the server",
                                "Is it in pg_wal of a standby or of the former primary, or in another repository? Copy"
                                        + " it into pg_wal. If nobody has it any more, run here: tidemark wal-resolve "
                                        + file + " --lost")
                        .of(each.name()))
                .toList();
    }
}
