// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.Measure;
import org.tidemark.core.Threshold;
import org.tidemark.core.UserFacingException;
import org.tidemark.recoverability.RecoveryPlan;
import org.tidemark.session.reading.HeldDrills;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.session.reading.RestoreForecast;

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
                .map(held -> look(whole, held, rto.get()))
                .orElse(List.of());
    }

    private List<Finding> look(CheckedCluster whole, List<IncarnationReading> held, Duration rto) {
        // Without a plan, recover would refuse, and another finding says why.
        return RestoreForecast.planned(IncarnationReading.together(held))
                .map(plan -> look(plan, whole, held, rto))
                .stream()
                .toList();
    }

    private Finding look(RecoveryPlan.Chosen plan, CheckedCluster whole, List<IncarnationReading> held, Duration rto) {
        Optional<RestoreForecast> measured =
                RestoreForecast.of(held, plan, held.getFirst().identity().walSegmentSize());
        if (measured.isEmpty()) {
            return unknown("no restore was measured", plan, whole, held, rto);
        }
        RestoreForecast forecast = measured.get();
        if (forecast.replay().isEmpty() && forecast.files().compareTo(rto) <= 0) {
            return unknown("no replay of WAL was measured", plan, whole, held, rto);
        }
        Duration least = forecast.total().orElse(forecast.files());
        boolean helps =
                forecast.atBest().filter(each -> each.compareTo(rto) < 0).isPresent();
        Finding finding = least.compareTo(rto) <= 0
                ? subject().ok(forecast.text())
                : subject()
                        .warning(
                                forecast.text() + "; rto is " + Amounts.duration(rto),
                                helps
                                        ? "Take a backup with: tidemark backup"
                                        : "A new backup would not be restored in time either: restore from a nearer"
                                                + " repository, with more jobs (host.jobs), or keep a standby.");
        return finding.with(Measure.FORECAST, least.toSeconds(), Threshold.warnAbove(rto.toSeconds()));
    }

    /** A drill is a restore, though its replay may be too short to compute a pace from. */
    private Finding unknown(
            String why, RecoveryPlan.Chosen plan, CheckedCluster whole, List<IncarnationReading> held, Duration rto) {
        Optional<DrillEvidence> drill = drill(whole, held);
        Optional<Duration> atMost = drill.flatMap(each -> RestoreForecast.byDrill(
                        each,
                        plan,
                        held.getFirst().identity().walSegmentSize(),
                        whole.clock().instant()))
                .filter(each -> each.compareTo(rto) <= 0);
        if (drill.isPresent() && atMost.isPresent()) {
            DrillEvidence last = drill.get();
            return subject()
                    .ok("the restore of the last drill that passed took "
                            + Amounts.duration(last.took().restore()) + ", on " + last.host() + " at "
                            + Amounts.minute(last.ended()) + " UTC; by that, one to the newest WAL takes at most "
                            + Amounts.duration(atMost.get()) + ", within rto (" + Amounts.duration(rto) + ")");
        }
        return subject()
                .warning(
                        why + ", so it is not known whether a restore takes longer than rto (" + Amounts.duration(rto)
                                + ")",
                        "Restore once, with credentials that may write to a repository, on a host like the one for the"
                                + " emergency, some hours after a backup: tidemark recover --to DIR --start");
    }

    /** Where the own key cannot be read, nothing counts. */
    private static Optional<DrillEvidence> drill(CheckedCluster whole, List<IncarnationReading> held) {
        try {
            return HeldDrills.counted(
                            held.stream()
                                    .flatMap(each -> each.drills().stream())
                                    .toList(),
                            whole.drill().knownKeys(),
                            whole.clock().instant())
                    .lastProven();
        } catch (UserFacingException e) {
            return Optional.empty();
        }
    }
}
