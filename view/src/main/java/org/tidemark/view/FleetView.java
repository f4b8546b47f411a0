// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.Finding;
import org.tidemark.core.Finding.Severity;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.watch.fleet.FleetLine;

/** Many clusters in JSON, the worst first. */
public record FleetView(List<Line> clusters, Optional<List<UnreadView>> unreadable) {
    private record Line(
            ClusterName cluster,
            Severity severity,
            boolean serverAsked,
            Optional<Worst> worst,
            long otherFindings,
            Optional<Instant> reachableUntil,
            Optional<Instant> newestCommit,
            Optional<Instant> lastBackupEnded,
            Optional<Long> lastBackupAgeSeconds,
            Optional<Long> restoreForecastSeconds,
            Optional<Long> rtoSeconds,
            Optional<Instant> lastProvenDrillEnded,
            Optional<Long> holes,
            Optional<Long> queuedObjects,
            Optional<Long> freeBytes,
            Optional<Next> nextTask,
            Optional<Instant> asOf) {
        static Line of(FleetLine line, Instant now) {
            return new Line(
                    line.cluster(),
                    line.severity(),
                    line.isServerAsked(),
                    line.worst().map(worst -> Worst.of(line.cluster(), worst)),
                    line.others(),
                    line.reachable(),
                    line.commit(),
                    line.backup(),
                    line.backup()
                            .map(ended ->
                                    Math.max(0, Duration.between(ended, now).toSeconds())),
                    line.forecast().map(Duration::toSeconds),
                    line.rto().map(Duration::toSeconds),
                    line.drilled(),
                    line.holes(),
                    line.queued(),
                    line.freeBytes(),
                    line.next().map(next -> new Next(next.task().toString(), next.at())),
                    line.asOf());
        }
    }

    private record Next(String task, Instant due) {}

    private record Worst(String subject, Optional<String> repository, String message, String hint) {
        static Worst of(ClusterName cluster, Finding finding) {
            return new Worst(
                    finding.subject(),
                    finding.repository(),
                    finding.message(),
                    CopyableLines.of(Optional.of(cluster), Optional.empty()).complete(finding.hint()));
        }
    }

    /**
     * Of a reading.
     *
     * @param repositories of which the clusters were listed; empty if those of the configuration were read
     */
    public static FleetView of(List<FleetLine> lines, Optional<RepositoryReadings> repositories, Instant now) {
        return new FleetView(Json.list(lines, each -> Line.of(each, now)), repositories.flatMap(UnreadView::of));
    }
}
