// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.archiver.spool.GivenUpNotes;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.DiskSpace;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;

/** WAL that this host has dropped, until every repository says so; and whether the next segment would be dropped. */
final class GivenUpCheck {
    private GivenUpCheck() {}

    /** What was dropped, and is known to this host alone, or not yet to each repository. */
    static List<Finding> notes(Path spool, ClusterName cluster, SystemIdentifier system, WalSegmentSize size) {
        List<Finding> findings = new ArrayList<>();
        try {
            for (GivenUpWal each : GivenUpNotes.of(spool, cluster, system).list()) {
                long count = each.last().index(size) - each.first().index(size) + 1;
                findings.add(Subject.GIVEN_UP
                        .critical(
                                new WalHole(each.first(), each.last(), count).inWords() + (count == 1 ? " is" : " are")
                                        + " not archived: " + each.story(),
                                "Repair the repositories, then take a backup: tidemark backup. No moment between "
                                        + each.first().name() + " and that backup can be restored.")
                        .with(Measure.SEGMENTS, count));
            }
        } catch (IOException e) {
            findings.add(BacklogCheck.unreadable(e));
        }
        return findings;
    }

    /**
     * The same, of a server that does not answer: its data directory says which one it is. Nothing if none is
     * configured, or if it cannot be read.
     */
    static List<Finding> notes(Path spool, ClusterSettings cluster) {
        if (cluster.dataDirectory().isEmpty()) {
            return List.of();
        }
        try {
            ControlFile control = ControlFile.read(cluster.dataDirectory().get());
            return notes(spool, cluster.name(), control.system(), control.walSegmentSize());
        } catch (IOException e) {
            return List.of(); // on another host
        }
    }

    /** A warning while less is free than host.pg-wal-full allows. */
    static Optional<Finding> open(DiskSpace space, long dropBelowBytes) {
        return space.freeBytes() >= dropBelowBytes
                ? Optional.empty()
                : Optional.of(Subject.GIVEN_UP.warning(
                        "only " + Amounts.size(space.freeBytes()) + " is free for pg_wal: the next segment that no"
                                + " repository takes is dropped (host.pg-wal-full is: drop at "
                                + Amounts.size(dropBelowBytes) + " free)",
                        "Make room on the disk of pg_wal."));
    }
}
