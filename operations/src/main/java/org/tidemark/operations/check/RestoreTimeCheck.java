// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.operations.reading.IncarnationReading;
import org.tidemark.operations.reading.RestoreForecast;
import org.tidemark.recoverability.CatalogSnapshot;

/** Whether a restore to the newest WAL would take longer than it may. */
final class RestoreTimeCheck implements Check<CheckedCluster> {
    @Override
    public Subject subject() {
        return Subject.RESTORE_TIME;
    }

    @Override
    public List<Finding> look(CheckedCluster whole) {
        Optional<Duration> rto = whole.cluster().rto();
        if (rto.isEmpty()) {
            return List.of();
        }
        return whole.incarnations().stream()
                .max(Comparator.comparing(held -> held.getFirst().identity().system()))
                .map(held -> List.of(look(held, rto.get())))
                .orElse(List.of());
    }

    private Finding look(List<IncarnationReading> held, Duration rto) {
        ClusterIdentity identity = held.getFirst().identity();
        Optional<RestoreForecast> found = RestoreForecast.of(
                held,
                CatalogSnapshot.union(
                        identity.walSegmentSize(),
                        held.stream().map(IncarnationReading::snapshot).toList()));
        if (found.isEmpty()) {
            return subject()
                    .warning(
                            "nobody knows whether a restore takes longer than rto (" + Amounts.duration(rto)
                                    + "): none was measured",
                            "Restore once with credentials that may write to a repository, on a host like the one for"
                                    + " the emergency: tidemark recover --to DIR --start");
        }
        RestoreForecast forecast = found.get();
        Finding finding = forecast.total().compareTo(rto) <= 0
                ? subject().ok(forecast.text())
                : subject()
                        .warning(
                                forecast.text() + "; rto is " + Amounts.duration(rto),
                                forecast.atBest().compareTo(rto) < 0
                                        ? "Take a backup with: tidemark backup"
                                        : "A new backup would not be restored in time either: restore from a nearer repository, with more jobs (host.jobs),"
                                                + " or keep a standby.");
        return finding.with(Measure.FORECAST, forecast.total().toSeconds(), Threshold.warnAbove(rto.toSeconds()));
    }
}
