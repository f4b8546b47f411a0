// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Clock;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.DrillSettings;
import org.tidemark.core.Timeline;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.reading.IncarnationReading;

/**
 * What answered of everything that protects a cluster. Immutable.
 *
 * @param server empty if it did not answer
 * @param repositories those that answered
 */
record CheckedCluster(
        ClusterSettings cluster,
        DrillSettings drill,
        Optional<ServerState> server,
        List<CheckedRepository> repositories,
        Clock clock) {
    /**
     * What the server said of itself. Immutable.
     *
     * @param archiver empty if it does not archive
     * @param receiver which archives in place of archive_command; empty if that is wal-push, or no receiver is
     *     connected
     * @param timeline empty for a standby
     */
    record ServerState(
            ServerSettings settings,
            Optional<ArchiverStatus> archiver,
            Optional<ReceiverStatus> receiver,
            Optional<Timeline> timeline) {}

    CheckedCluster {
        repositories = List.copyOf(repositories);
    }

    /** What was read, by incarnation. */
    Collection<List<IncarnationReading>> incarnations() {
        Map<ClusterIdentity, List<IncarnationReading>> incarnations = new LinkedHashMap<>();
        for (CheckedRepository each : repositories) {
            each.held()
                    .ifPresent(held -> incarnations
                            .computeIfAbsent(held.identity(), any -> new ArrayList<>())
                            .add(held));
        }
        return incarnations.values();
    }

    /** Names of the files that this host has queued for a repository. */
    Set<String> queued(String repository) {
        return repositories.stream()
                .filter(each -> each.name().equals(repository))
                .findFirst()
                .map(CheckedRepository::queued)
                .orElse(Set.of());
    }
}
