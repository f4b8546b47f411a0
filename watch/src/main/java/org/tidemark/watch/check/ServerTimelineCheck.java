// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.wal.WalInventory.TimelineInventory;
import org.tidemark.core.Finding;
import org.tidemark.core.Timeline;
import org.tidemark.postgres.ControlFile;
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
            if (at.server().isEmpty()) {
                stopped(at).ifPresent(findings::add);
            }
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

    /** A server that is down may have been replaced: started again, it would write beside the promoted one. */
    private static Optional<Finding> stopped(CheckedCluster at) {
        Optional<ControlFile> control = at.cluster().dataDirectory().flatMap(ServerTimelineCheck::ofPrimary);
        return control.flatMap(stopped -> at.repositories().stream()
                .flatMap(each -> each.held().stream())
                .filter(held -> held.identity().system().equals(stopped.system()))
                .flatMap(held -> held.inventory().timelines().stream())
                .filter(timeline -> descends(timeline, stopped.reachedTimeline()))
                .max(Comparator.comparing(TimelineInventory::timeline))
                .map(later -> Subject.TIMELINE.critical(
                        "the server does not answer; its data directory is on timeline " + stopped.reachedTimeline()
                                + ", and timeline " + later.timeline() + " has begun on it: another server was promoted"
                                + (later.runs().isEmpty() ? ", and nothing that it wrote is archived yet" : ""),
                        "If the promoted server is the primary now, do NOT start the old one: name the new one in"
                                + " conninfo and data-directory (docs/restore/standby.md). If it was a test, let it archive"
                                + " elsewhere: docs/archive/second-cluster.md")));
    }

    /** Empty for a server that will follow another one, and where it cannot be read: this host may not be its own. */
    private static Optional<ControlFile> ofPrimary(Path directory) {
        try {
            return Files.exists(directory.resolve("standby.signal"))
                            || Files.exists(directory.resolve("recovery.signal"))
                    ? Optional.empty()
                    : Optional.of(ControlFile.read(directory));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean descends(TimelineInventory timeline, Timeline from) {
        return timeline.timeline().compareTo(from) > 0
                && timeline.history().filter(history -> history.includes(from)).isPresent();
    }
}
