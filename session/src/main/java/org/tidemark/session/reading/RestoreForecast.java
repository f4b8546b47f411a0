// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session.reading;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.backup.Mark.Restored;
import org.tidemark.catalog.backup.Mark.Restored.Pace;
import org.tidemark.core.Amounts;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.recoverability.BackupCandidate;
import org.tidemark.recoverability.CatalogSnapshot;
import org.tidemark.recoverability.RecoveryPlan;
import org.tidemark.recoverability.RecoveryPlanner;
import org.tidemark.recoverability.RecoveryRequest;

/**
 * How long a restore to the newest WAL would take, by what the last restores took. Nothing is assumed: without a
 * restore that was noted, there is no forecast. Immutable.
 *
 * @param backup that the restore would begin with
 * @param files for the files of the backup
 * @param replay of the WAL since it began; empty if no replay was ever followed
 * @param atBest all of it, if the backup had just ended; empty as {@code replay}
 * @param last the newest restore that it is computed from
 */
public record RestoreForecast(
        BackupCandidate backup, Duration files, Optional<Duration> replay, Optional<Duration> atBest, Restored last) {
    /** The slowest of so many of the newest restores counts: the next one may be on the slowest host. */
    private static final int MOST = 3;

    /** An older one tells of other hardware. */
    private static final Duration OLDEST = Duration.ofDays(365);

    /** The clocks of hosts may differ so much. */
    private static final Duration AHEAD = Duration.ofMinutes(5);

    /**
     * Computes it for the restore that {@code recover} would plan.
     *
     * @param readings of one incarnation
     * @param together what they hold together
     * @return empty if it would refuse, or nothing was measured
     */
    public static Optional<RestoreForecast> of(Collection<IncarnationReading> readings, CatalogSnapshot together) {
        return isMeasured(readings)
                ? planned(together)
                        .flatMap(plan -> of(readings, plan, together.wal().segmentSize()))
                : Optional.empty();
    }

    /**
     * The same of a plan that is known.
     *
     * @param plan of {@link #planned}
     */
    public static Optional<RestoreForecast> of(
            Collection<IncarnationReading> readings, RecoveryPlan.Chosen plan, WalSegmentSize size) {
        // A restore over several repositories is noted in one of them; a copy of a repository has the same note.
        List<Restored> newestFirst = measured(readings);
        Optional<Restored> newest =
                newestFirst.stream().filter(each -> each.files().isPresent()).findFirst();
        if (newest.isEmpty()) {
            return Optional.empty();
        }
        BackupCandidate backup = plan.backup();
        long wal = plan.wal().segments() * size.bytes();
        long own = backup.stopLsn().minus(backup.startLsn());
        Duration files =
                time(backup.dataSizeBytes(), newestFirst, Restored::files).orElseThrow();
        return Optional.of(new RestoreForecast(
                backup,
                files,
                time(wal, newestFirst, Restored::wal),
                time(own, newestFirst, Restored::wal).map(files::plus),
                newest.get()));
    }

    /**
     * What a restore takes at most that is planned, as far as one drill tells: more files and more WAL take longer in
     * proportion, though a part of the time went into the start of the server.
     *
     * @param drill that has passed
     * @param plan of {@link #planned}
     * @return empty if the drill tells nothing: it was too long ago
     */
    public static Optional<Duration> byDrill(
            DrillEvidence drill, RecoveryPlan.Chosen plan, WalSegmentSize size, Instant now) {
        if (drill.ended().isBefore(now.minus(OLDEST))
                || drill.ended().isAfter(now.plus(AHEAD))
                || drill.took().bytes() <= 0) {
            return Optional.empty();
        }
        return drill.restored()
                .flatMap(restored -> restored.first()
                        .flatMap(first -> restored.last().map(last -> last.index(size) + 1 - first.index(size))))
                .filter(segments -> segments > 0)
                .map(segments -> inProportion(
                                drill.took().files(),
                                plan.backup().dataSizeBytes(),
                                drill.took().bytes())
                        .plus(inProportion(drill.took().replay(), plan.wal().segments(), segments)));
    }

    /** The restore of the newest state, as the catalog tells; empty if {@code recover} would refuse it. */
    public static Optional<RecoveryPlan.Chosen> planned(CatalogSnapshot together) {
        return new RecoveryPlanner().plan(RecoveryRequest.LATEST, together) instanceof RecoveryPlan.Chosen plan
                        && plan.problems().isEmpty()
                ? Optional.of(plan)
                : Optional.empty();
    }

    /** What more of it takes; less of it is not counted as faster. */
    private static Duration inProportion(Duration took, long now, long then) {
        return now <= then ? took : Duration.ofMillis(Math.round((double) took.toMillis() * now / then));
    }

    /** Those that were measured, the newest first. */
    private static List<Restored> measured(Collection<IncarnationReading> readings) {
        return readings.stream()
                .flatMap(each -> each.marks().restored().stream()
                        .filter(mark -> mark.files().isPresent() || mark.wal().isPresent())
                        .filter(mark -> mark.at().isAfter(each.asOf().minus(OLDEST))
                                && mark.at().isBefore(each.asOf().plus(AHEAD))))
                .distinct()
                .sorted(Comparator.comparing(Restored::at).reversed())
                .toList();
    }

    /** Whether there is anything to compute a forecast from. */
    private static boolean isMeasured(Collection<IncarnationReading> readings) {
        return measured(readings).stream().anyMatch(each -> each.files().isPresent());
    }

    private static Optional<Duration> time(
            long bytes, List<Restored> newestFirst, Function<Restored, Optional<Pace>> pace) {
        return newestFirst.stream()
                .flatMap(each -> pace.apply(each).stream())
                .limit(MOST)
                .map(Pace::bytesPerSecond)
                .min(Comparator.naturalOrder())
                .map(slowest -> Duration.ofMillis(Math.round(bytes / slowest * 1e3)));
    }

    /** All of it; empty if no replay was ever followed. */
    public Optional<Duration> total() {
        return replay.map(files::plus);
    }

    /** For people: a sentence without its end. */
    public String text() {
        return "a restore to the newest WAL takes about "
                + replay.map(wal -> Amounts.duration(files.plus(wal)) + ": " + Amounts.duration(files)
                                + " for the files, " + Amounts.duration(wal) + " for the replay")
                        .orElse(Amounts.duration(files)
                                + " for the files, and more for the replay, which was not measured")
                + "; computed from the slowest of the last restores, the newest on '" + last.host() + "' at "
                + Amounts.minute(last.at())
                + " UTC";
    }
}
