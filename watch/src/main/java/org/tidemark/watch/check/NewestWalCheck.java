// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** Whether WAL arrives. */
final class NewestWalCheck implements Check<CheckedRepository> {
    @Override
    public Subject subject() {
        return Subject.WAL;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        return at.held().map(held -> at.findings(finding(at, held))).orElse(List.of());
    }

    private Finding finding(CheckedRepository at, IncarnationReading held) {
        Optional<WalRun> newest = held.newestWal();
        if (newest.isEmpty()) {
            return subject()
                    .critical(
                            "no WAL is archived in '" + at.name() + "'",
                            "Archive a segment with: tidemark switch-wal. If another repository has WAL, copy it with:"
                                    + " tidemark sync --quick");
        }
        Duration age = Duration.between(newest.get().lastStored(), at.clock().instant());
        Duration limit = at.cluster().check().walAge();
        String message = "the newest WAL in '" + at.name() + "' arrived " + Amounts.duration(age) + " ago";
        boolean isLate = age.compareTo(limit) > 0
                && at.server()
                        .flatMap(ServerState::archiver)
                        .map(status -> status.hasUnarchived(held.identity().walSegmentSize()))
                        .orElse(true);
        return (isLate
                        ? subject()
                                .warning(
                                        message,
                                        "Check that archive_timeout is set and the archiver runs. Archive the current"
                                                + " segment with: tidemark switch-wal")
                        : subject().ok(message))
                .with(Measure.AGE, Math.max(0, age.toSeconds()), Threshold.warnAbove(limit.toSeconds()));
    }
}
