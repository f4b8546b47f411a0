// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tidemark.archiver.queue.GivenUpNotes;
import org.tidemark.catalog.wal.GivenUpWal;
import org.tidemark.catalog.wal.WalInventory.WalHole;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.ControlFile;

/** WAL that this host has dropped, until every repository says so. */
final class GivenUpCheck implements Check<CheckedHost> {
    @Override
    public Subject subject() {
        return Subject.GIVEN_UP;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        Path spool = host.session().spool();
        return host.server()
                .map(each -> each.settings().identity(host.cluster().name()))
                .map(identity -> notes(spool, identity.cluster(), identity.system(), identity.walSegmentSize()))
                .orElseGet(() -> notes(spool, host.cluster()));
    }

    /** What was dropped, and is known to this host alone, or not yet to each repository. */
    private static List<Finding> notes(Path spool, ClusterName cluster, SystemIdentifier system, WalSegmentSize size) {
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
    private static List<Finding> notes(Path spool, ClusterSettings cluster) {
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
}
