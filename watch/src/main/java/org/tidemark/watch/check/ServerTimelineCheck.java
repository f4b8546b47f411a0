// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.watch.check.CheckedCluster.ServerState;

/** Whether another server was promoted from this one, and archives to the same place. */
final class ServerTimelineCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.TIMELINE;
    }

    @Override
    public List<Finding> look(CheckedCluster at) {
        Optional<Timeline> own = at.server().flatMap(ServerState::timeline);
        List<Finding> findings = new ArrayList<>();
        if (own.isEmpty()) {
            return findings;
        }
        for (CheckedRepository each : at.repositories()) {
            each.held().stream()
                    .flatMap(held -> held.inventory().timelines().stream())
                    .filter(timeline -> !timeline.runs().isEmpty())
                    .filter(timeline -> descends(timeline, own.get()))
                    .reduce((first, last) -> last)
                    .ifPresent(later -> findings.add(Subject.TIMELINE
                            .warning(
                                    "the server is on timeline " + own.get() + ", but '" + each.name()
                                            + "' has WAL of timeline " + later.timeline()
                                            + ", which began on it: another server was promoted",
                                    "If the promoted server is the primary now, name it in the cluster's conninfo, and"
                                            + " stop the server on timeline " + own.get()
                                            + ". If the promoted server was a test, let it archive elsewhere:"
                                            + " docs/archive/second-cluster.md")
                            .of(each.name())));
        }
        return findings;
    }

    private static boolean descends(TimelineInventory timeline, Timeline from) {
        return timeline.timeline().compareTo(from) > 0
                && timeline.history().filter(history -> history.includes(from)).isPresent();
    }
}
